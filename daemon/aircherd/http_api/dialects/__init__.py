"""What each API's requests, replies, streams and errors look like. Sans-I/O: bytes in and out.

- `dialect`: what all of them have in common.
- a package for each: `anthropic`, `openai_chat`, `openai_responses`, `gemini`, `ollama`.
"""
