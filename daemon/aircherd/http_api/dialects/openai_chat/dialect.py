"""OpenAI's chat completions: its paths, and the object with the protocol's methods.

Each method imports what it needs: the daemon starts without it.
"""

from collections.abc import Sequence
from typing import Final, Literal

from aircherd.http_api.call import ApiCall, Headers
from aircherd.http_api.dialects.dialect import ChatRead, ListedModel, Route, StreamWriter
from aircherd.http_api.problem import Problem, RequestProblem
from aircherd.vocabulary.attempt import ChatResult

_BASES: Final = ("/v1", "", "/v1/v1")
"""Base URLs have the version or not, and some tools add it to one that does."""

ROUTES: Final = (
    *(Route("POST", f"{base}/chat/completions", "chat") for base in _BASES),
    *(Route("POST", f"{base}/embeddings", "embeddings") for base in _BASES),
    *(Route("GET", f"{base}/models", "list_models") for base in _BASES),
    *(Route("GET", f"{base}/models/{{model}}", "show_model") for base in _BASES),
)


class OpenAIChatDialect:
    """See `Dialect`."""

    name: Literal["openai_chat"] = "openai_chat"
    routes: Sequence[Route] = ROUTES
    stream_type = "text/event-stream"
    keep_alive: bytes | None = b": keep-alive\n\n"

    def read_chat(self, call: ApiCall) -> ChatRead:
        """Read a chat; see `Dialect`."""
        from aircherd.http_api.dialects.openai_chat.request import read_chat  # noqa: PLC0415

        return read_chat(call)

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
        from aircherd.http_api.dialects.openai_chat.embeddings import (  # noqa: PLC0415
            read_embeddings,
        )

        return read_embeddings(call)

    def stream_writer(self, read: ChatRead) -> StreamWriter:
        """Return what writes a translated stream."""
        from aircherd.http_api.dialects.openai_chat.stream import ChatStream  # noqa: PLC0415

        return ChatStream(read)

    def whole_reply(self, read: ChatRead, result: ChatResult) -> bytes:
        """Return the body of a translated reply in one piece."""
        from aircherd.http_api.dialects.openai_chat.whole_reply import whole_reply  # noqa: PLC0415

        return whole_reply(read, result)

    def stream_error(self, problem: Problem) -> bytes:
        """Return what ends a verbatim stream with an error."""
        from aircherd.http_api.dialects.openai_chat.errors import stream_error  # noqa: PLC0415

        return stream_error(problem)

    def stream_note(self, notes: Headers) -> bytes:
        """Return a comment with what no header could say any more."""
        lines = [f": {name}: {value}\n".encode() for name, value in notes]
        return b"".join([*lines, b"\n"]) if lines else b""

    def error(self, problem: Problem) -> tuple[int, bytes]:
        """Return the status and the body of an error in one piece."""
        from aircherd.http_api.dialects.openai_chat.errors import error_body  # noqa: PLC0415

        return error_body(problem)

    def count_reply(self, tokens: int) -> bytes:
        """Return a count; no path of this API asks for one."""
        return b'{"input_tokens":%d}' % tokens

    def model_list(self, call: ApiCall, models: Sequence[ListedModel]) -> bytes:
        """Return the body of the list of models."""
        from aircherd.http_api.dialects.openai_chat.model_list import model_list  # noqa: PLC0415

        del call
        return model_list(models)

    def model_entry(self, call: ApiCall, model: ListedModel) -> bytes:
        """Return the body about one model."""
        from aircherd.http_api.dialects.openai_chat.model_list import model_entry  # noqa: PLC0415

        del call
        return model_entry(model)

    def __repr__(self) -> str:
        return "<OpenAIChatDialect>"
