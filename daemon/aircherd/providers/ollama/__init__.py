"""Ollama's own API (`/api/chat`).

- `adapter`: URLs, headers and the key check; calls the modules below.
- `request`: the body of a chat request; `messages`: the conversation inside it.
- `context_window`: the window size (`num_ctx`) to request.
- `reply`: streamed and whole replies to events.
- `models`: the list of installed models.
"""
