"""The Gemini API, as google-genai, Gemini CLI, LangChain and LiteLLM speak it.

- `dialect`: its paths; calls the modules below.
- `request`: a request; `shapes`: its form; `spelling`: its names in snake case.
- `conversation`: the turns; `media`: pictures, documents and sound in them.
- `options`: `generationConfig`; `tools`: functions and hosted tools; `schemas`: their schemas.
- `signatures`: other vendors' signatures inside `thoughtSignature`.
- `reply`: replies, streamed and whole; `parts_out`: the parts in them.
- `errors`: errors; `lists`: models and counts.
"""

from aircherd.http_api.dialects.gemini.dialect import GeminiDialect

DIALECT = GeminiDialect()

__all__ = ["DIALECT"]
