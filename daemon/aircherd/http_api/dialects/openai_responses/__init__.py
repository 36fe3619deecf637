"""OpenAI's Responses API, as its clients speak it: Codex, Copilot CLI, the SDKs, the AI SDK.

- `dialect`: the paths, and what they read and write.
- `request`: a body to a chat request: the conversation, the tools, what it cannot say.
- `reply`: a translated reply: the events of a stream, or a response in one piece.
- `kept`: what a model needs back, in reasoning items that clients keep.
- `failures`: errors, before a stream and in it. `codex_models`: the list of models for Codex.
"""

from aircherd.http_api.dialects.openai_responses.codex_models import codex_model_list
from aircherd.http_api.dialects.openai_responses.dialect import OpenAIResponses

DIALECT = OpenAIResponses()

__all__ = ["DIALECT", "OpenAIResponses", "codex_model_list"]
