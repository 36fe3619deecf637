"""The Responses API as its clients see it: requests, replies of the dialect, and OpenAI's SDK."""

import json
from collections.abc import Sequence

import httpx2
import msgspec
import openai
from openai.types.responses import Response

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import Answering, ChatRead
from aircherd.http_api.dialects.openai_responses import OpenAIResponses
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.reply import ReplyEvent, Usage

NOW = 1_796_000_000
DIALECT = OpenAIResponses(clock=lambda: NOW)
CLAUDE = Answering("anthropic", "claude-sonnet-5")
ORIGIN = "anthropic/claude-sonnet-5"
USAGE = Usage(input_tokens=11, output_tokens=7, cached_tokens=3, reasoning_tokens=2)
QUESTION = {"type": "message", "role": "user", "content": "Hi"}


def a_call(body: object, **headers: str) -> ApiCall:
    """Return a call with this body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return ApiCall(method="POST", path="/v1/responses", headers=names, body=data)


def read(**fields: object) -> ChatRead:
    """Return a request as it is read."""
    return DIALECT.read_chat(a_call({"model": "sonnet", "input": [QUESTION], **fields}))


def chat_of(*items: object, **fields: object) -> ChatRequest:
    """Return the chat request of a question and these items after it."""
    return read(input=[QUESTION, *items], **fields).chat


def unsaid(**fields: object) -> str | None:
    """Return what of a request cannot be said."""
    return read(**fields).verbatim.unsaid


def a_result(finish: str = "stop", **fields: object) -> ChatResult:
    """Return the end of a reply."""
    ended: dict[str, object] = {
        "message": {"role": "assistant", "content": []},
        "usage": USAGE,
        "cost": None,
        "provider": CLAUDE.provider,
        "model": CLAUDE.model,
        "attempts": [],
        "skipped": [],
    }
    return msgspec.convert({**ended, "finish": finish, **fields}, ChatResult)


def streamed(
    *reads: Sequence[ReplyEvent], finish: str = "stop", asked: ChatRead | None = None
) -> bytes:
    """Return the bytes of a stream; each of `reads` are the events of one read."""
    writer = DIALECT.stream_writer(asked or read(stream=True))
    pieces = [writer.write(events, CLAUDE) for events in reads]
    return b"".join([*pieces, writer.end(a_result(finish))])


def events_in(stream: bytes) -> list[dict[str, object]]:
    """Return the events of a stream, each with the name that it has."""
    events = []
    for block in stream.decode().split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        name, data = lines
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


def last_response(stream: bytes) -> dict[str, object]:
    """Return the response that a stream ends with."""
    response = events_in(stream)[-1]["response"]
    assert isinstance(response, dict)
    return response


def an_sdk(status: int, body: bytes, content_type: str) -> openai.OpenAI:
    """Return OpenAI's SDK, whose server answers with this, in memory."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(status, headers={"content-type": content_type}, content=body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return openai.OpenAI(
        api_key="made-up", base_url="http://aircher/v1", max_retries=0, http_client=http
    )


def sdk_reads(stream: bytes) -> Response:
    """Return the response that OpenAI's SDK makes of a stream."""
    with (
        an_sdk(200, stream, DIALECT.stream_type) as client,
        client.responses.stream(model="m", input="Hi") as events,
    ):
        return events.get_final_response()
