"""OpenAI's Responses API (`POST /responses`).

- `adapter`: URL and headers; models and key checks are those of `chat_completions`.
- `request`: the body of a chat request; `tools`: its tools; `input_items`: the conversation inside
  it; `results`: what a client answers to calls.
- `signature`: what of a reply must be sent back unchanged, kept in our signatures.
- `reply`: streamed and whole replies to events; `schema`: the JSON that it reads; `events`: the
  events of a stream; `endings`: how a reply ended; `output`: the items of a reply; `citations`,
  `media`: the annotations, pictures and sound in it.
"""
