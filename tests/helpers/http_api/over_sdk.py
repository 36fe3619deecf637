"""The vendors' own clients, over a transport in memory that a dialect answers."""

from collections.abc import Iterator

import httpx
import msgspec
from google import genai
from google.genai import types
from ollama import Client as OllamaClient

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import ChatRead, Dialect
from aircherd.http_api.problem import Problem
from aircherd.vocabulary.reply import ReplyEvent
from helpers.http_api.talks import ANSWERING, a_result


class Played(httpx.BaseTransport):
    """Answers chats with a reply, and keeps what was asked.

    With a `problem`, the reply breaks off after its first event. `whole` answers without a dialect.
    """

    def __init__(
        self,
        dialect: Dialect,
        events: list[ReplyEvent],
        *,
        problem: Problem | None = None,
        whole: tuple[int, bytes] | None = None,
    ) -> None:
        self.dialect = dialect
        self.events = events
        self.problem = problem
        self.whole = whole
        self.calls: list[ApiCall] = []
        self.reads: list[ChatRead] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call = _call(request)
        self.calls.append(call)
        if self.whole is not None:
            return httpx.Response(self.whole[0], content=self.whole[1])
        read = self.dialect.read_chat(call)
        self.reads.append(read)
        if read.chat.stream:
            kind = read.stream_type or self.dialect.stream_type
            pieces = list(self._pieces(read))
            return httpx.Response(200, content=iter(pieces), headers={"content-type": kind})
        return httpx.Response(200, content=self.dialect.whole_reply(read, a_result(self.events)))

    def _pieces(self, read: ChatRead) -> Iterator[bytes]:
        writer = self.dialect.stream_writer(read)
        for event in self.events:
            yield writer.write([event], ANSWERING)
            if self.problem is not None:
                yield writer.fail(self.problem)
                return
        yield writer.end(a_result(self.events))


def _call(request: httpx.Request) -> ApiCall:
    path = request.url.path
    params = {}
    if ":" in path:
        params = {"model": path.partition("/models/")[2].rpartition(":")[0]}
    call = ApiCall(method=request.method, path=path, params=params, body=request.read())
    query, headers = dict(request.url.params), dict(request.headers)
    return msgspec.structs.replace(call, query=query, headers=headers)


def genai_client(played: Played) -> genai.Client:
    """Return Google's client."""
    options = types.HttpOptions(base_url="http://aircher", client_args={"transport": played})
    return genai.Client(api_key="made-up", vertexai=False, http_options=options)


def ollama_client(played: Played) -> OllamaClient:
    """Return Ollama's client."""
    return OllamaClient(host="http://aircher", transport=played)
