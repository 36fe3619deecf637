"""Chunks and whole replies of chat completions, and what our decoder makes of them."""

import itertools

import msgspec

from aircherd.providers.chat_completions.reply import OpenAIStream
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.reply import ReplyEvent, Usage
from helpers.providers.provider_calls import run_decoder, sse

USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": None},
    "completion_tokens_details": {"reasoning_tokens": 2},
}
COUNTED = Usage(9, 5, 4, 0, 2)
DONE = b"[DONE]"


def chunk(
    content: object = None, *, finish: object = None, calls: object = None, **more: object
) -> dict[str, object]:
    delta = {"content": content, "tool_calls": calls}
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {"id": "x", "model": "m-1", "choices": [choice], "usage": None, **more}


def piece(arguments: object = None, **fields: object) -> dict[str, object]:
    name = fields.pop("name", None)
    return {"function": {"name": name, "arguments": arguments}, **fields}


def decode(*data: object) -> tuple[list[ReplyEvent], Failure | None]:
    ids = itertools.count(1)
    return run_decoder(OpenAIStream(lambda: f"made-{next(ids)}"), [sse(*data)])


def whole(**message: object) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return msgspec.json.encode({"model": "m-1", "choices": [choice], "usage": USAGE})
