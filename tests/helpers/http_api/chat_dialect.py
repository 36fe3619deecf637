"""Requests to the chat completions dialect, and replies of models."""

import json
from collections.abc import Sequence

from aircherd.chat.replies.reply import Reply
from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import Answering, ChatRead
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.reply import Ending, ReplyEvent, Usage

ANSWERING = Answering("anthropic", "claude-sonnet-5")
ORIGIN = "anthropic/claude-sonnet-5"
QUESTION = {"role": "user", "content": "Why is the sky blue?"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
    },
}


def call_of(**fields: object) -> ApiCall:
    """Return a request with these fields; without messages, it asks a question."""
    body = {"model": "sonnet", "messages": [QUESTION], **fields}
    return ApiCall(method="POST", path="/v1/chat/completions", body=json.dumps(body).encode())


def read(**fields: object) -> ChatRead:
    """Return what is read of a request with these fields."""
    return DIALECT.read_chat(call_of(**fields))


def result_of(events: Sequence[ReplyEvent], **fields: object) -> ChatResult:
    """Return the result of a reply, made as the daemon makes it."""
    reply = Reply()
    reply.add(events)
    assert reply.ending is not None
    values: dict[str, object] = {
        "message": reply.message(ORIGIN),
        "finish": reply.ending.finish,
        "usage": reply.usage,
        "cost": None,
        "provider": ANSWERING.provider,
        "model": ANSWERING.model,
        "attempts": [],
        "skipped": [],
        **fields,
    }
    return ChatResult(**values)  # type: ignore[arg-type]


def streamed(chat: ChatRead, *reads: Sequence[ReplyEvent]) -> bytes:
    """Return the stream that a reply makes, whose events came in these reads."""
    writer = DIALECT.stream_writer(chat)
    written = b"".join(writer.write(events, ANSWERING) for events in reads)
    return written + writer.end(result_of([each for events in reads for each in events]))


def ended(*events: ReplyEvent, finish: str = "stop") -> list[ReplyEvent]:
    """Return events with an end behind them."""
    return [*events, Ending(finish, Usage(20, 7, cached_tokens=5, reasoning_tokens=2))]  # type: ignore[arg-type]
