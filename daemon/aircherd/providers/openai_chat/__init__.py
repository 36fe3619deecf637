"""OpenAI's chat completions, and compatible servers.

- `adapter`: URL, headers, and which quirks each known server has.

The format itself is in `chat_completions`.
"""
