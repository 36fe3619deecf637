"""The Anthropic Messages API as a dialect; see `dialects.dialect`."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from aircherd.http_api.call import ApiCall, Headers
from aircherd.http_api.dialects.dialect import ChatRead, ListedModel, Route, StreamWriter
from aircherd.http_api.problem import Problem, invalid
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.verbatim import Dialect as DialectName

if TYPE_CHECKING:
    from aircherd.http_api.dialects.anthropic.reply.stream import MessageStream
    from aircherd.http_api.dialects.anthropic.request.reading import Style

ROUTES: Final = (
    Route("POST", "/v1/messages", "chat"),
    Route("POST", "/v1/messages/count_tokens", "count_tokens"),
    Route("GET", "/v1/models", "list_models"),
    Route("GET", "/v1/models/{model}", "show_model"),
)

# ruff: noqa: PLC0415 - the modules of a dialect are loaded with its first request


class AnthropicDialect:
    """What clients of the Anthropic Messages API send and expect."""

    name: DialectName = "anthropic"
    routes: Sequence[Route] = ROUTES
    stream_type = "text/event-stream"
    keep_alive: bytes | None = b": keep-alive\n\n"

    def read_chat(self, call: ApiCall) -> ChatRead:
        """Read a chat; see `request.reading`."""
        return _reader()(call)

    def read_count(self, call: ApiCall) -> ChatRead:
        """Read a request to count tokens: a chat without its options."""
        return self.read_chat(call)

    def read_embeddings(self, call: ApiCall) -> ChatRead:
        """Refuse: this API has no embeddings."""
        del call
        raise invalid("the Anthropic API has no embeddings")

    def stream_writer(self, read: ChatRead) -> StreamWriter:
        """Return what writes a translated stream."""
        style = _style(read)
        return _stream_class()(style.thinking, style.model, lists_sources=style.lists_sources)

    def whole_reply(self, read: ChatRead, result: ChatResult) -> bytes:
        """Return the body of a translated reply in one piece."""
        from aircherd.http_api.dialects.anthropic.reply.whole import whole_reply

        style = _style(read)
        return whole_reply(result, style.thinking, style.model)

    def stream_error(self, problem: Problem) -> bytes:
        """Return what ends a verbatim stream with an error, whatever it broke off in."""
        from aircherd.http_api.dialects.anthropic.reply.errors import error_event

        return b"\n\n" + error_event(problem)

    def stream_note(self, notes: Headers) -> bytes:
        """Return a comment: the clients of this API skip it."""
        from aircherd.http_api.dialects.common.writing import comment

        return comment(", ".join(f"{name}: {value}" for name, value in notes)) if notes else b""

    def error(self, problem: Problem) -> tuple[int, bytes]:
        """Return the status and the body of an error."""
        from aircherd.http_api.dialects.anthropic.reply.errors import error_reply

        return error_reply(problem)

    def count_reply(self, tokens: int) -> bytes:
        """Return the number of tokens of an input."""
        return b'{"input_tokens":%d}' % tokens

    def model_list(self, call: ApiCall, models: Sequence[ListedModel]) -> bytes:
        """Return a page of the list of models."""
        from aircherd.http_api.dialects.anthropic.reply.model_list import model_list

        return model_list(call.query, models)

    def model_entry(self, call: ApiCall, model: ListedModel) -> bytes:
        """Return what is known of one model."""
        from aircherd.http_api.dialects.anthropic.reply.model_list import model_entry

        del call
        return model_entry(model)

    def __repr__(self) -> str:
        return "<AnthropicDialect>"


# An import statement takes longer than reading a small request, even where it only looks.


@cache
def _reader() -> Callable[[ApiCall], ChatRead]:
    from aircherd.http_api.dialects.anthropic.request.reading import read_chat

    return read_chat


@cache
def _stream_class() -> "type[MessageStream]":
    from aircherd.http_api.dialects.anthropic.reply.stream import MessageStream

    return MessageStream


def _style(read: ChatRead) -> "Style":
    return cast("Style", read.style)
