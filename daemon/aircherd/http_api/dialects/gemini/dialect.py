"""Gemini's API as a dialect: its paths, and where each call is read and written.

What reads and writes is imported with the first request.
"""

from collections.abc import Iterator, Sequence

from aircherd.http_api.call import ApiCall, Headers
from aircherd.http_api.dialects.dialect import ChatRead, ListedModel, Route, StreamWriter
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.verbatim import Dialect as DialectName

# ruff: noqa: PLC0415 - see the docstring

_ROOTS = ("/v1beta", "/v1", "/v1alpha", "")
"""LiteLLM leaves the version out."""

_STREAM = ":streamGenerateContent"


def _routes() -> Iterator[Route]:
    for root in _ROOTS:
        model = f"{root}/models/{{model}}"
        yield Route("POST", f"{model}:generateContent", "chat")
        yield Route("POST", f"{model}{_STREAM}", "chat")
        yield Route("POST", f"{model}:countTokens", "count_tokens")
        yield Route("POST", f"{model}:embedContent", "embeddings")
        yield Route("POST", f"{model}:batchEmbedContents", "embeddings")
        if root:
            yield Route("GET", f"{root}/models", "list_models")
            yield Route("GET", model, "show_model")


class GeminiDialect:
    """The protocol's methods; see `Dialect`."""

    name: DialectName = "gemini"
    routes: Sequence[Route] = tuple(_routes())
    stream_type = "text/event-stream"
    keep_alive = None
    """A comment crashes google-genai for Python and Gemini CLI."""

    def read_chat(self, call: ApiCall) -> ChatRead:
        """Read a chat."""
        from aircherd.http_api.dialects.gemini.request import read_chat

        return read_chat(call, stream=call.path.endswith(_STREAM))

    def read_count(self, call: ApiCall) -> ChatRead:
        """Read a request to count tokens."""
        from aircherd.http_api.dialects.gemini.request import read_count

        return read_count(call)

    def read_embeddings(self, call: ApiCall) -> ChatRead:
        """Read a request for embeddings."""
        from aircherd.http_api.dialects.gemini.request import read_embeddings

        return read_embeddings(call)

    def stream_writer(self, read: ChatRead) -> StreamWriter:
        """Return what writes a translated stream."""
        from aircherd.http_api.dialects.gemini.reply import GeminiStreamWriter
        from aircherd.http_api.dialects.gemini.request import Style

        assert isinstance(read.style, Style)
        return GeminiStreamWriter(read.style)

    def whole_reply(self, read: ChatRead, result: ChatResult) -> bytes:
        """Return the body of a translated reply in one piece."""
        from aircherd.http_api.dialects.gemini.reply import whole_reply

        return whole_reply(read, result)

    def stream_error(self, problem: Problem) -> bytes:
        """Return what ends a verbatim stream with an error."""
        # Not an event: the vendor's library for JavaScript would not notice it.
        return self.error(problem)[1]

    def stream_note(self, notes: Headers) -> bytes:
        """Return nothing: clients of this API bear no comment."""
        del notes
        return b""

    def error(self, problem: Problem) -> tuple[int, bytes]:
        """Return the status and the body of an error."""
        from aircherd.http_api.dialects.gemini.errors import error_body

        return error_body(problem)

    def count_reply(self, tokens: int) -> bytes:
        """Return how many tokens an input has."""
        from aircherd.http_api.dialects.gemini.lists import count_reply

        return count_reply(tokens)

    def model_list(self, call: ApiCall, models: Sequence[ListedModel]) -> bytes:
        """Return the list of models."""
        from aircherd.http_api.dialects.gemini.lists import model_list

        del call
        return model_list(models)

    def model_entry(self, call: ApiCall, model: ListedModel) -> bytes:
        """Return one model."""
        from aircherd.http_api.dialects.gemini.lists import model_entry

        del call
        return model_entry(model)
