"""Ollama's API, for tools that have no other: editors, `llm`, Open WebUI.

- `dialect`: its paths; calls the modules below.
- `request`: requests for chats, completions and embeddings; `shapes`: their form.
- `conversation`: the messages in them.
- `reply`: replies, streamed and whole; `errors`: errors.
- `lists`: models and the version.
"""

from aircherd.http_api.dialects.ollama.dialect import OllamaDialect

DIALECT = OllamaDialect()

__all__ = ["DIALECT"]
