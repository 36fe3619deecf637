"""The Anthropic Messages API, as its clients speak it: Claude Code, the SDKs, LangChain and others.

- `dialect`: all of it in one object, `DIALECT`.
- `request`: requests, read. `reply`: replies, streams, errors and lists, written.
"""

from aircherd.http_api.dialects.anthropic.dialect import AnthropicDialect

DIALECT = AnthropicDialect()
