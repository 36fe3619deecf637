"""The chat completions format, shared by `openai_chat` and `openrouter`.

- `request`: the body of a chat request; `messages`: the conversation inside it; `request_parts`:
  files, tools, and what a model said before.
- `quirks`: in what servers differ: efforts, field names, tool call ids.
- `reply`: streamed and whole replies to events; `reply_state`: what is kept while one is read;
  `choices`: what a choice says; `chunks`: the schema; `plain`: the fast path for plain text;
  `parts`: what few replies have.
- `calls`: tool calls; `snapshots`, `usage`: further parts of replies.
- `thinking`, `reasoning_details`: how servers send thinking, and how it goes back to them.
- `models`: the list of models.
"""
