"""The protocol of a dialect: it reads requests of one API, and writes replies and errors in it.

Dialects are sans-I/O: no sockets, no clock, no waiting, as the providers' adapters are.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from aircherd.http_api.call import ApiCall, Headers
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.verbatim import Dialect as DialectName
from aircherd.vocabulary.verbatim import VerbatimRequest


class ListedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a client may name.

    - `id`: the name to send: an alias, `provider/model`, or a name that tools insist on.
    - `provider`, `model`: what answers first, as far as that is known.
    - `released`: an ISO date. `window`, `max_output`: tokens.
    - `abilities`: of `tools`, `images`, `documents`, `audio`, `reasoning`, `structured_output`,
      `embeddings`.
    """

    id: str
    provider: str | None = None
    model: str | None = None
    name: str | None = None
    released: str | None = None
    window: int | None = None
    max_output: int | None = None
    abilities: frozenset[str] = frozenset()


class ChatRead(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was read.

    `chat.model` is the name that the client sent, `chat.stream` whether it wants a stream. `style`
    is what the dialect's own writers need to know of it. `stream_type` is the content type of this
    stream, None for the dialect's own.
    """

    chat: ChatRequest
    verbatim: VerbatimRequest
    style: object = None
    stream_type: str | None = None


class Answering(NamedTuple):
    """What answers."""

    provider: str
    model: str


class StreamWriter(Protocol):
    """Writes the events of one translated reply as a stream of the dialect.

    All methods may return b"". The first of `write`, `end` and `fail` begins the stream as the
    dialect wants it begun.
    """

    def write(self, events: Sequence[ReplyEvent], answering: Answering) -> bytes:
        """Return the bytes that the events of one read make."""

    def end(self, result: ChatResult) -> bytes:
        """Return what ends the stream properly; `result` has the usage and the finish."""

    def fail(self, problem: Problem) -> bytes:
        """Return what ends the stream with an error, in the form that its clients raise."""


OperationName = Literal["chat", "count_tokens", "embeddings", "list_models", "show_model", "plain"]


class Route(NamedTuple):
    """A path of an API. Braces match one piece of it; a model's name may have slashes in it.

    `answer` is for `plain`: the status and the body, from the call and the models.
    """

    method: str
    path: str
    operation: OperationName
    answer: Callable[[ApiCall, Sequence[ListedModel]], tuple[int, bytes]] | None = None


class Dialect(Protocol):
    """One API. It must not import another one; what two share is in `dialects/common`."""

    @property
    def name(self) -> DialectName:
        """Its name."""

    @property
    def routes(self) -> Sequence[Route]:
        """Its paths."""

    @property
    def stream_type(self) -> str:
        """The content type of a stream."""

    @property
    def keep_alive(self) -> bytes | None:
        """What may be sent while the provider thinks, None if clients cannot bear anything."""

    def read_chat(self, call: ApiCall) -> ChatRead:
        """Read a chat. What `ChatRequest` cannot say is named in `verbatim.unsaid`, and left out.

        Raises:
            RequestProblem: it is no JSON, has wrong types, or asks for what nothing can do.
        """

    def read_count(self, call: ApiCall) -> ChatRead:
        """Read a request to count tokens: `chat` is the request whose input is counted.

        Raises:
            RequestProblem: likewise. Also where the API has no such call.
        """

    def read_embeddings(self, call: ApiCall) -> ChatRead:
        """Read a request for embeddings: `chat` has the model's name and the input as one message.

        Raises:
            RequestProblem: likewise.
        """

    def stream_writer(self, read: ChatRead) -> StreamWriter:
        """Return what writes a translated stream."""

    def whole_reply(self, read: ChatRead, result: ChatResult) -> bytes:
        """Return the body of a translated reply in one piece."""

    def stream_error(self, problem: Problem) -> bytes:
        """Return what ends a verbatim stream with an error: other bytes of it were sent."""

    def stream_note(self, notes: Headers) -> bytes:
        """Return a last comment with what no header could say any more, b"" if none is borne."""

    def error(self, problem: Problem) -> tuple[int, bytes]:
        """Return the status and the body of an error in one piece."""

    def count_reply(self, tokens: int) -> bytes:
        """Return the body that tells how many tokens the input has."""

    def model_list(self, call: ApiCall, models: Sequence[ListedModel]) -> bytes:
        """Return the body of the list of models."""

    def model_entry(self, call: ApiCall, model: ListedModel) -> bytes:
        """Return the body about one model."""
