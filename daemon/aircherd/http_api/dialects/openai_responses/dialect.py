"""The dialect: its paths, and what they read and write.

What reads and writes is imported when it is first needed: the daemon starts without it. The
statements are not in the methods, because they take longer than reading a small request.
"""

import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from aircherd.http_api.call import ApiCall, Headers
from aircherd.http_api.dialects.common.ids import new_id
from aircherd.http_api.dialects.common.writing import comment, json_bytes, named_event
from aircherd.http_api.dialects.dialect import ChatRead, ListedModel, Route, StreamWriter
from aircherd.http_api.dialects.openai_responses.codex_models import codex_model, codex_model_list
from aircherd.http_api.dialects.openai_responses.failures import error_of, failure_of
from aircherd.http_api.problem import Problem, RequestProblem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.verbatim import Dialect as DialectName

if TYPE_CHECKING:
    from aircherd.http_api.dialects.openai_responses.reply.stream import ResponsesWriter
    from aircherd.http_api.dialects.openai_responses.request.read import Style


Clock = Callable[[], float]


def _not_stored(call: ApiCall, models: Sequence[ListedModel]) -> tuple[int, bytes]:
    del call, models
    status, body = error_of(
        Problem(
            kind="not_found",
            status=404,
            code="not_found",
            message="no response is stored here: send the whole conversation as input",
        ),
        0,
    )
    return status, json_bytes(body)


_STORED: Final = (
    ("GET", "/v1/responses/{id}"),
    ("DELETE", "/v1/responses/{id}"),
    ("POST", "/v1/responses/{id}/cancel"),
    ("GET", "/v1/responses/{id}/input_items"),
)
"""What can be done with responses that OpenAI stores."""

_BEHIND_ALL: Final = 2**31 - 1
"""A number of an event, for one that stands behind events whose numbers are not known."""

_ROUTES: Final = (
    Route("POST", "/v1/responses", "chat"),
    Route("POST", "/v1/responses/input_tokens", "count_tokens"),
    Route("GET", "/v1/models", "list_models"),
    *(Route(method, path, "plain", _not_stored) for method, path in _STORED),
)


@cache
def _reader() -> Callable[[ApiCall], ChatRead]:
    from aircherd.http_api.dialects.openai_responses.request.read import (  # noqa: PLC0415
        read_request,
    )

    return read_request


@cache
def _stream_writer() -> "type[ResponsesWriter]":
    from aircherd.http_api.dialects.openai_responses.reply.stream import (  # noqa: PLC0415
        ResponsesWriter,
    )

    return ResponsesWriter


@cache
def _whole_writer() -> "Callable[[Style, ChatResult, Clock], bytes]":
    from aircherd.http_api.dialects.openai_responses.reply.whole import (  # noqa: PLC0415
        write_whole,
    )

    return write_whole


class OpenAIResponses:
    """OpenAI's Responses API; `clock` returns the Unix time."""

    name: DialectName = "openai_responses"
    routes: Sequence[Route] = _ROUTES
    stream_type = "text/event-stream; charset=utf-8"
    keep_alive: bytes | None = comment("keep-alive")

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock

    def read_chat(self, call: ApiCall) -> ChatRead:
        """Read a chat; see `Dialect`."""
        return _reader()(call)

    def read_count(self, call: ApiCall) -> ChatRead:
        """Read a request to count tokens; see `Dialect`."""
        return self.read_chat(call)

    def read_embeddings(self, call: ApiCall) -> ChatRead:
        """Refuse it: this API has no embeddings; see `Dialect`."""
        raise RequestProblem(
            Problem(
                kind="not_found",
                status=404,
                code="not_found",
                message=f"{call.path}: this API has no embeddings",
            )
        )

    def stream_writer(self, read: ChatRead) -> StreamWriter:
        """Return what writes a translated stream."""
        return _stream_writer()(cast("Style", read.style), read.chat.model or "", self._clock)

    def whole_reply(self, read: ChatRead, result: ChatResult) -> bytes:
        """Return the body of a translated reply in one piece."""
        return _whole_writer()(cast("Style", read.style), result, self._clock)

    def stream_error(self, problem: Problem) -> bytes:
        """Return what ends a verbatim stream with an error.

        Its name and numbers are not known here. The error stands beside the response too, because
        OpenAI's SDKs raise it then, where they would complain about another response's name.
        """
        error = failure_of(problem)
        response = {
            "id": new_id("resp_"),
            "object": "response",
            "created_at": int(self._clock()),
            "status": "failed",
            "error": error,
            "output": [],
        }
        fields = {
            "type": "response.failed",
            "sequence_number": _BEHIND_ALL,
            "error": error,
            "response": response,
        }
        return named_event(b"response.failed", json_bytes(fields))

    def stream_note(self, notes: Headers) -> bytes:
        """Return a last comment: all clients of this API skip it."""
        return b"".join(comment(f"{name}: {value}") for name, value in notes)

    def error(self, problem: Problem) -> tuple[int, bytes]:
        """Return the status and the body of an error in one piece."""
        status, body = error_of(problem, self._clock())
        return status, json_bytes(body)

    def count_reply(self, tokens: int) -> bytes:
        """Return the body that tells how many tokens the input has."""
        return json_bytes({"object": "response.input_tokens", "input_tokens": tokens})

    def model_list(self, call: ApiCall, models: Sequence[ListedModel]) -> bytes:
        """Return the list of models in Codex's form; other clients get that of chat completions."""
        del call
        return codex_model_list(models)

    def model_entry(self, call: ApiCall, model: ListedModel) -> bytes:
        """Return one model in Codex's form."""
        del call
        return json_bytes(codex_model(model))

    def __repr__(self) -> str:
        return "<OpenAIResponses /v1/responses>"
