"""OpenAI's chat completions: its paths, and the object with the protocol's methods.

What reads and writes is imported when it is first needed: the daemon starts without it. An import
statement takes longer than reading a small request, so it is not in the methods.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, Literal

from aircherd.http_api.call import ApiCall, Headers
from aircherd.http_api.dialects.dialect import ChatRead, ListedModel, Route, StreamWriter
from aircherd.http_api.dialects.openai_chat.errors import error_body, stream_error
from aircherd.http_api.dialects.openai_chat.model_list import model_entry, model_list
from aircherd.http_api.problem import Problem, RequestProblem
from aircherd.vocabulary.attempt import ChatResult

ROUTES: Final = (
    Route("POST", "/v1/chat/completions", "chat"),
    Route("POST", "/v1/embeddings", "embeddings"),
    Route("GET", "/v1/models", "list_models"),
    Route("GET", "/v1/models/{model}", "show_model"),
)
"""The router knows them in the other forms that tools make of them, too."""


@cache
def _chat_reader() -> Callable[[ApiCall], ChatRead]:
    from aircherd.http_api.dialects.openai_chat.request import read_chat  # noqa: PLC0415

    return read_chat


@cache
def _embeddings_reader() -> Callable[[ApiCall], ChatRead]:
    from aircherd.http_api.dialects.openai_chat.embeddings import read_embeddings  # noqa: PLC0415

    return read_embeddings


@cache
def _stream_writer() -> Callable[[ChatRead], StreamWriter]:
    from aircherd.http_api.dialects.openai_chat.stream import ChatStream  # noqa: PLC0415

    return ChatStream


@cache
def _reply_writer() -> Callable[[ChatRead, ChatResult], bytes]:
    from aircherd.http_api.dialects.openai_chat.whole_reply import whole_reply  # noqa: PLC0415

    return whole_reply


class OpenAIChatDialect:
    """See `Dialect`."""

    name: Literal["openai_chat"] = "openai_chat"
    routes: Sequence[Route] = ROUTES
    stream_type = "text/event-stream"
    keep_alive: bytes | None = b": keep-alive\n\n"

    def read_chat(self, call: ApiCall) -> ChatRead:
        """Read a chat; see `Dialect`."""
        return _chat_reader()(call)

    def read_count(self, call: ApiCall) -> ChatRead:
        """Refuse: this API has no such call."""
        problem = Problem(
            kind="not_found",
            status=404,
            code="bad_request",
            message=f"there is no {call.path} in this API",
        )
        raise RequestProblem(problem)

    def read_embeddings(self, call: ApiCall) -> ChatRead:
        """Read a request for embeddings; see `Dialect`."""
        return _embeddings_reader()(call)

    def stream_writer(self, read: ChatRead) -> StreamWriter:
        """Return what writes a translated stream."""
        return _stream_writer()(read)

    def whole_reply(self, read: ChatRead, result: ChatResult) -> bytes:
        """Return the body of a translated reply in one piece."""
        return _reply_writer()(read, result)

    def stream_error(self, problem: Problem) -> bytes:
        """Return what ends a verbatim stream with an error."""
        return stream_error(problem)

    def stream_note(self, notes: Headers) -> bytes:
        """Return a comment with what no header could say any more."""
        lines = [f": {name}: {value}\n".encode() for name, value in notes]
        return b"".join([*lines, b"\n"]) if lines else b""

    def error(self, problem: Problem) -> tuple[int, bytes]:
        """Return the status and the body of an error in one piece."""
        return error_body(problem)

    def count_reply(self, tokens: int) -> bytes:
        """Return a count; no path of this API asks for one."""
        return b'{"input_tokens":%d}' % tokens

    def model_list(self, call: ApiCall, models: Sequence[ListedModel]) -> bytes:
        """Return the body of the list of models."""
        del call
        return model_list(models)

    def model_entry(self, call: ApiCall, model: ListedModel) -> bytes:
        """Return the body about one model."""
        del call
        return model_entry(model)

    def __repr__(self) -> str:
        return "<OpenAIChatDialect>"
