"""The official Anthropic SDK as a judge: it parses what the dialect wrote, without a network."""

from collections.abc import Mapping, Sequence

import httpx2
from anthropic import Anthropic
from anthropic.types import Message

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import Answering, ChatRead
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.reply import Ending, ReplyEvent, Usage

HI: list[dict[str, object]] = [{"role": "user", "content": "Hi"}]
ANSWERING = Answering("openai", "gpt-5.5")
ORIGIN = "openai/gpt-5.5"
THINKING: dict[str, object] = {"type": "adaptive"}


def call_of(
    body: object,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> ApiCall:
    """Return a call of `POST /v1/messages`; a body of bytes is sent as it is."""
    data = body if isinstance(body, bytes) else json_bytes(body)
    return ApiCall(
        method="POST", path="/v1/messages", headers=headers or {}, query=query or {}, body=data
    )


def read(
    messages: object = HI, *, headers: Mapping[str, str] | None = None, **fields: object
) -> ChatRead:
    """Return a request as the dialect reads it."""
    body = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": messages, **fields}
    return DIALECT.read_chat(call_of(body, headers=headers))


def result_of(
    parts: Sequence[Mapping[str, object]], finish: str = "stop", usage: Usage | None = None
) -> ChatResult:
    """Return the result of a chat that `ANSWERING` answered."""
    message: dict[str, object] = {"role": "assistant", "content": list(parts)}
    return ChatResult(
        message=message,
        finish=finish,
        usage=usage,
        cost=None,
        provider=ANSWERING.provider,
        model=ANSWERING.model,
        attempts=[],
        skipped=[],
    )


def written(
    events: Sequence[ReplyEvent], finish: str = "stop", chat: ChatRead | None = None
) -> bytes:
    """Return the stream that the dialect writes of these events, each one a read of its own."""
    writer = DIALECT.stream_writer(chat or read(stream=True, thinking=THINKING))
    pieces = [writer.write([event], ANSWERING) for event in events]
    usage = next((each.usage for each in events if isinstance(each, Ending)), None)
    return b"".join(pieces) + writer.end(result_of([], finish, usage))


def client_of(status: int, content_type: str, body: bytes) -> Anthropic:
    """Return an SDK whose server answers everything with this."""

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, headers={"content-type": content_type}, content=body)

    transport = httpx2.MockTransport(answer)
    http = httpx2.Client(transport=transport)
    return Anthropic(
        api_key="test", base_url="http://aircher.test", http_client=http, max_retries=0
    )


def parse_stream(data: bytes) -> Message:
    """Return the message that the SDK accumulates from a stream."""
    with (
        client_of(200, "text/event-stream", data) as client,
        client.messages.stream(
            model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}]
        ) as stream,
    ):
        return stream.get_final_message()


def parse_whole(body: bytes, status: int = 200) -> Message:
    """Return the message that the SDK reads from a reply in one piece."""
    with client_of(status, "application/json", body) as client:
        return client.messages.create(
            model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}]
        )
