"""A request as an HTTP client sent it, and a reply as the provider sent it.

A provider that speaks the client's own API gets the one, and the client the other, so nothing that
has no word of ours is lost. Every other provider gets the `ChatRequest` that was read from it.
"""

from typing import Literal

import msgspec

Dialect = Literal["anthropic", "openai_chat", "openai_responses", "gemini", "ollama"]
"""An API that clients and providers speak."""

Operation = Literal["chat", "embeddings", "count_tokens"]
"""What a request asks for. Embeddings are carried verbatim only; so are counts, free of charge."""


class VerbatimRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an HTTP client sent.

    - `body`: its JSON, unchanged.
    - `headers`: those with a meaning for the vendor, names in lower case; never a credential, or
      one of a connection.
    - `query`: what follows `?` in its URL, without credentials.
    - `reply_model`: the name that a streamed reply has to bear as its model's, for a client that
      would forget parts of it otherwise. None, as nearly always: the reply stays as it comes.
    - `unsaid`: what is in it that `ChatRequest` cannot say, for people: `tools[2].type
      "web_search"`. Then only a provider of the same API can answer. None if all of it is said.
    - `only_translated`: the provider's bytes would not be what the client asked for, such as one
      JSON list in place of events: the reply is translated, whichever provider answers.
    """

    dialect: Dialect
    body: bytes
    operation: Operation = "chat"
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    unsaid: str | None = None
    reply_model: str | None = None
    only_translated: bool = False


class VerbatimHead(msgspec.Struct, frozen=True):
    """A reply begins that is passed on as it comes: its type, and headers that carry a meaning."""

    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


class VerbatimDelta(msgspec.Struct, frozen=True):
    """Bytes of such a reply, decompressed; all of them if it does not stream."""

    data: bytes
