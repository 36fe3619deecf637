"""Ollama's API as a dialect: its paths, and where each call is read and written.

What reads and writes is imported with the first request.
"""

from collections.abc import Callable, Sequence
from typing import Final

from aircherd.http_api.call import ApiCall, Headers
from aircherd.http_api.dialects.dialect import ChatRead, ListedModel, Route, StreamWriter
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.verbatim import Dialect as DialectName

# ruff: noqa: PLC0415 - see the docstring

Answer = Callable[[ApiCall, Sequence[ListedModel]], tuple[int, bytes]]

_COMPLETION: Final = "/api/generate"


def _plain(name: str) -> Answer:
    """Return an answer of `lists`, which is imported when it is asked for."""

    def answer(call: ApiCall, models: Sequence[ListedModel]) -> tuple[int, bytes]:
        from aircherd.http_api.dialects.ollama import lists

        made: tuple[int, bytes] = getattr(lists, name)(call, models)
        return made

    return answer


_REFUSE: Final = _plain("refuse")


class OllamaDialect:
    """The protocol's methods; see `Dialect`."""

    name: DialectName = "ollama"
    routes: Sequence[Route] = (
        Route("POST", "/api/chat", "chat"),
        Route("POST", _COMPLETION, "chat"),
        Route("GET", "/api/tags", "list_models"),
        Route("POST", "/api/show", "show_model"),
        Route("GET", "/api/version", "plain", _plain("version")),
        Route("GET", "/api/ps", "plain", _plain("running")),
        Route("POST", "/api/embed", "embeddings"),
        Route("POST", "/api/embeddings", "embeddings"),
        Route("POST", "/api/pull", "plain", _plain("pull")),
        Route("POST", "/api/push", "plain", _REFUSE),
        Route("POST", "/api/create", "plain", _REFUSE),
        Route("POST", "/api/copy", "plain", _REFUSE),
        Route("DELETE", "/api/delete", "plain", _REFUSE),
    )
    stream_type = "application/x-ndjson"

    @property
    def keep_alive(self) -> bytes:
        """A line that adds nothing."""
        from aircherd.http_api.dialects.ollama.reply import KEEP_ALIVE

        return KEEP_ALIVE

    def read_chat(self, call: ApiCall) -> ChatRead:
        """Read a chat, or a completion."""
        from aircherd.http_api.dialects.ollama.request import read_chat, read_completion

        return read_completion(call) if call.path.endswith(_COMPLETION) else read_chat(call)

    def read_count(self, call: ApiCall) -> ChatRead:
        """Refuse: this API does not count tokens."""
        from aircherd.http_api.problem import RequestProblem

        message = f"there is no {call.path} in Ollama's API"
        raise RequestProblem(
            Problem(kind="not_found", status=404, code="unknown_method", message=message)
        )

    def read_embeddings(self, call: ApiCall) -> ChatRead:
        """Read a request for embeddings."""
        from aircherd.http_api.dialects.ollama.request import read_embeddings

        return read_embeddings(call)

    def stream_writer(self, read: ChatRead) -> StreamWriter:
        """Return what writes a translated stream."""
        from aircherd.http_api.dialects.ollama.reply import OllamaStreamWriter
        from aircherd.http_api.dialects.ollama.request import Style

        assert isinstance(read.style, Style)
        return OllamaStreamWriter(read.style)

    def whole_reply(self, read: ChatRead, result: ChatResult) -> bytes:
        """Return the body of a translated reply in one piece."""
        from aircherd.http_api.dialects.ollama.reply import whole_reply

        return whole_reply(read, result)

    def stream_error(self, problem: Problem) -> bytes:
        """Return what ends a verbatim stream with an error."""
        from aircherd.http_api.dialects.ollama.errors import error_line

        return error_line(problem)

    def stream_note(self, notes: Headers) -> bytes:
        """Return nothing: there are no comments in this API."""
        del notes
        return b""

    def error(self, problem: Problem) -> tuple[int, bytes]:
        """Return the status and the body of an error."""
        from aircherd.http_api.dialects.ollama.errors import error_body

        return error_body(problem)

    def count_reply(self, tokens: int) -> bytes:
        """Return a count; no path of this API asks for one."""
        return b'{"prompt_eval_count":%d}' % tokens

    def model_list(self, call: ApiCall, models: Sequence[ListedModel]) -> bytes:
        """Return the list of models."""
        from aircherd.http_api.dialects.ollama.lists import model_list

        del call
        return model_list(models)

    def model_entry(self, call: ApiCall, model: ListedModel) -> bytes:
        """Return what there is to know of one model."""
        from aircherd.http_api.dialects.ollama.lists import model_entry

        del call
        return model_entry(model)
