"""OpenAI's Responses API (`POST /responses`).

- `adapter`: URL and headers; models and key checks are those of `chat_completions`.
- `request`: the body of a chat request; `input_items`: the conversation inside it.
- `signature`: what of a reply must be sent back unchanged, kept in our signatures.
- `reply`: streamed and whole replies to events; `schema`: the JSON that it reads.
"""
