"""OpenAI's chat completions, and compatible servers.

- `adapter`: URL and headers; `vendors`: which quirks each known server has.

The format itself is in `chat_completions`.
"""
