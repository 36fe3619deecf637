"""The Anthropic Messages API.

- `adapter`: URLs, headers and the key check; calls the modules below.
- `request`: the body of a chat request; `messages`: the conversation inside it.
- `thinking`: how each generation of models is asked to think, and its thinking in conversations.
- `reply`: streamed and whole replies to events; `usage`: token counts.
- `models`: the list of models.
"""
