"""Token counts and cost of a chat completions reply."""

import itertools

import msgspec
import pytest

from aircherd.providers.chat_completions.reply import OpenAIStream
from aircherd.providers.chat_completions.usage import OpenAIUsage, read_usage
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.reply import (
    Ending,
    ReplyEvent,
    Usage,
)
from helpers.memory import allocated
from helpers.providers.provider_calls import run_decoder, sse


def chunk(
    content: object = None, *, finish: object = None, calls: object = None, **more: object
) -> dict[str, object]:
    delta = {"content": content, "tool_calls": calls}
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {"id": "x", "model": "m-1", "choices": [choice], "usage": None, **more}


def decode(*data: object) -> tuple[list[ReplyEvent], Failure | None]:
    ids = itertools.count(1)
    return run_decoder(OpenAIStream(lambda: f"made-{next(ids)}"), [sse(*data)])


USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": None},
    "completion_tokens_details": {"reasoning_tokens": 2},
}
COUNTED = Usage(9, 5, 4, 0, 2)
DONE = b"[DONE]"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (USAGE, COUNTED),
        ({"prompt_tokens": "7", "completion_tokens": None}, Usage(7)),
        (
            {"prompt_tokens": 5, "prompt_tokens_details": {"cache_write_tokens": 3}},
            Usage(5, 0, 0, 3),
        ),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}, Usage(5, 0, 5)),
        ({"prompt_tokens_details": [], "completion_tokens_details": "x"}, None),
        ({"prompt_tokens": 10**30, "completion_tokens": 1}, None),
        ({"completion_tokens": 2**53 - 1}, Usage(0, 2**53 - 1)),
    ],
)
def test_usage(usage: dict[str, object], counted: Usage | None) -> None:
    """Counts are normalised; cached tokens never exceed the input."""
    assert counted == read_usage(msgspec.json.decode(msgspec.json.encode(usage), type=OpenAIUsage))


def test_unknown_usage_is_not_decoded() -> None:
    """Unknown usage fields take no memory, however large they are."""
    many = b"[" + b"{}," * 100_000 + b"{}]"
    data = b'data: {"usage":{"prompt_tokens":%s,"completion_tokens":1,"x":%s}}\n\n' % (many, many)
    decoder = OpenAIStream()
    events: list[ReplyEvent] = []
    assert allocated(lambda: events.extend(decoder.feed(data))) < 5_000_000
    assert events == []


@pytest.mark.parametrize(
    ("cost", "expected"),
    [(0.0000123, "0.0000123"), (1, "1"), (0, "0"), (None, None), ("x", None), (True, None)],
)
def test_cost(cost: object, expected: str | None) -> None:
    """The provider's own cost becomes a plain decimal string."""
    ending = decode(chunk("a"), {"choices": [], "usage": {"cost": cost}}, DONE)[0][-1]
    assert isinstance(ending, Ending)
    assert expected == ending.cost


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"cost": 0.95, "cost_details": {"upstream_inference_cost": 19}, "is_byok": True}, "19.95"),
        ({"cost": 0, "cost_details": {"upstream_inference_cost": 0.1}, "is_byok": True}, "0.1"),
        ({"cost": 0.5, "cost_details": {"upstream_inference_cost": 0.5}, "is_byok": False}, "0.5"),
        ({"cost": 0.5, "cost_details": {"upstream_inference_cost": 0.5}}, "0.5"),
        ({"cost": 0.5, "is_byok": True}, None),
        ({"cost": 0.5, "cost_details": {"upstream_inference_cost": -1}, "is_byok": True}, None),
        ({"cost": 0.5, "cost_details": {"upstream_inference_cost": "x"}, "is_byok": True}, None),
        ({"cost": 0.5, "cost_details": [], "is_byok": True}, None),
        ({"cost": -1, "cost_details": {"upstream_inference_cost": 1}, "is_byok": True}, None),
    ],
)
def test_upstream_cost_of_the_users_own_key_is_added(
    usage: dict[str, object], expected: str | None
) -> None:
    """OpenRouter's fee and the upstream price are the cost; one alone is not."""
    ending = decode(chunk("a"), {"choices": [], "usage": usage}, DONE)[0][-1]
    assert isinstance(ending, Ending)
    assert expected == ending.cost
