"""The chat completions format, shared by `openai_chat` and `openrouter`.

- `request`: the body of a chat request; `messages`: the conversation inside it.
- `quirks`: in what servers differ: efforts, field names, tool call ids.
- `reply`: streamed and whole replies to events; `plain`: the fast path for plain text.
- `tool_calls`, `call_arguments`, `snapshots`, `usage`: parts of replies.
- `thinking`, `reasoning_details`: how servers send thinking, and how it goes back to them.
- `models`: the list of models.
"""
