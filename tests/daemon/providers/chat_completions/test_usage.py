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


def counts(prompt: int, completion: int, total: object = None, **more: object) -> dict[str, object]:
    known = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    return known | more


def thinking(tokens: int) -> dict[str, object]:
    return {"completion_tokens_details": {"reasoning_tokens": tokens}}


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
        # names of other APIs
        ({"input_tokens": 7, "output_tokens": 3}, Usage(7, 3)),
        ({"prompt_tokens": 0, "input_tokens": 7, "output_tokens": 3}, Usage(7, 3)),
        (
            {
                "input_tokens": 7,
                "output_tokens": 3,
                "input_tokens_details": {"cached_tokens": 2},
                "output_tokens_details": {"reasoning_tokens": 1},
            },
            Usage(7, 3, 2, 0, 1),
        ),
        ({"tokens": {"input_tokens": 7, "output_tokens": 3}}, Usage(7, 3)),
        ({"billed_units": {"input_tokens": 7.0, "output_tokens": 3.0}}, Usage(7, 3)),
        ({"prompt_tokens": [], "tokens": {"input_tokens": 7}}, None),
        # cached tokens: Moonshot, DeepSeek, Anthropic's names
        (counts(9, 5, cached_tokens=4), Usage(9, 5, 4)),
        (counts(9, 5, prompt_cache_hit_tokens=4, prompt_cache_miss_tokens=5), Usage(9, 5, 4)),
        (
            {"completion_tokens": 5, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5},
            Usage(9, 5, 4),
        ),
        (
            counts(9, 5, cache_read_input_tokens=4, cache_creation_input_tokens=2),
            Usage(9, 5, 4, 2),
        ),
        (
            counts(3, 5, cache_read_input_tokens=4, cache_creation_input_tokens=2),
            Usage(9, 5, 4, 2),  # more than the prompt: beside it
        ),
        (
            counts(9, 5, 20, cache_read_input_tokens=4, cache_creation_input_tokens=2),
            Usage(15, 5, 4, 2),  # the total says so
        ),
        # written for an hour: Anthropic, LiteLLM
        (
            counts(
                9, 5, cache_creation_input_tokens=4, cache_creation={"ephemeral_1h_input_tokens": 3}
            ),
            Usage(9, 5, 0, 4, 0, 3),
        ),
        (
            counts(
                9,
                5,
                prompt_tokens_details={
                    "cache_creation_tokens": 4,
                    "cache_creation_token_details": {"ephemeral_1h_input_tokens": 9},
                },
            ),
            Usage(9, 5, 0, 4, 0, 4),
        ),
        (
            counts(9, 5, prompt_tokens_details={"cache_creation_input_tokens": 4}),
            Usage(9, 5, 0, 4),
        ),
        # thinking beside the completion: xAI, Google with and without details, Perplexity
        (counts(9, 5, 114, **thinking(100)), Usage(9, 105, 0, 0, 100)),
        (counts(9, 0, 69, **thinking(60)), Usage(9, 60, 0, 0, 60)),
        (counts(9, 5, 114), Usage(9, 105, 0, 0, 100)),
        (counts(9, 5, reasoning_tokens=100), Usage(9, 105, 0, 0, 100)),
        (counts(9, 5, 20, cache_read_input_tokens=4, **thinking(2)), Usage(13, 7, 4, 0, 2)),
        # thinking inside of it, and totals that explain nothing
        (counts(9, 5, 14, **thinking(3)), Usage(9, 5, 0, 0, 3)),
        (counts(9, 5, 99, **thinking(3)), Usage(9, 5, 0, 0, 3)),
        (counts(9, 5, 99, **thinking(0)), Usage(9, 5)),
        (counts(9, 5, 3), Usage(9, 5)),
        # sound beside the prompt: Mistral; inside of it: OpenAI
        (counts(9, 5, 389, prompt_tokens_details={"audio_tokens": 375}), Usage(384, 5)),
        (counts(384, 5, 389, prompt_tokens_details={"audio_tokens": 375}), Usage(384, 5)),
        # half of the counts, and the total
        ({"prompt_tokens": 9, "total_tokens": 14}, Usage(9, 5)),
        ({"completion_tokens": 5, "total_tokens": 14}, Usage(9, 5)),
    ],
)
def test_usage(usage: dict[str, object], counted: Usage | None) -> None:
    """Counts are normalised; cached tokens never exceed the input."""
    assert counted == read_usage(msgspec.json.decode(msgspec.json.encode(usage), type=OpenAIUsage))


def usage_of(*chunks: object) -> Usage | None:
    *_, ending = decode(chunk("a"), *chunks, DONE)[0]
    assert isinstance(ending, Ending)
    return ending.usage


@pytest.mark.parametrize(
    ("chunks", "counted"),
    [
        ([{"choices": [{"delta": {}, "usage": counts(9, 5)}]}], Usage(9, 5)),
        ([{"choices": [], "x_groq": {"id": "r", "usage": counts(9, 5)}}], Usage(9, 5)),
        (
            [{"choices": [], "timings": {"prompt_n": 5, "cache_n": 4, "predicted_n": 5}}],
            Usage(9, 5, 4),
        ),
        (
            [{"choices": [], "usage": counts(8, 4), "timings": {"prompt_n": 5, "predicted_n": 5}}],
            Usage(8, 4),
        ),
        ([{"usage": counts(8, 4)}, {"timings": {"prompt_n": 5}, "choices": []}], Usage(8, 4)),
        ([{"choices": [], "timings": {"prompt_n": "x"}}], None),
        ([{"choices": [], "timings": []}], None),
        # several times: the latest, but zeros replace nothing
        ([{"usage": counts(9, 1)}, {"usage": counts(9, 5)}], Usage(9, 5)),
        ([{"usage": USAGE}, {"usage": counts(0, 0, 0)}], COUNTED),
        ([{"usage": counts(9, 0)}, {"usage": counts(0, 5)}], Usage(9, 5)),
        ([{"usage": counts(9, 5)}, {"usage": {}}, {"usage": None}], Usage(9, 5)),
    ],
)
def test_counts_in_other_places(chunks: list[object], counted: Usage | None) -> None:
    """In the choice, in Groq's own field, as llama.cpp's timings, or in several chunks."""
    assert usage_of(*chunks) == counted


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
    [
        (0.0000123, "0.0000123"),
        (1, "1"),
        (0, "0"),
        (None, None),
        ("x", None),
        (True, None),
        ({"total_cost": 0.006}, "0.006"),
        ({"total_cost": "x"}, None),
        ([0.006], None),
        (-1, None),
        (1e9, None),
    ],
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


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"estimated_cost": 0.25}, "0.25"),
        ({"cost_in_usd_ticks": 37756000}, "0.0037756"),
        ({"cost_in_usd_ticks": None}, None),
        ({"cost": 0.5, "estimated_cost": 0.25}, "0.5"),
    ],
)
def test_cost_under_other_names(usage: dict[str, object], expected: str | None) -> None:
    """DeepInfra's and xAI's."""
    ending = decode(chunk("a"), {"choices": [], "usage": usage}, DONE)[0][-1]
    assert isinstance(ending, Ending)
    assert expected == ending.cost


def test_a_last_chunk_of_zeros_does_not_make_a_call_free() -> None:
    """The cost that came with the counts stays."""
    paid, zeros = counts(9, 5, cost=0.5), counts(0, 0, cost=0)
    ending = decode(chunk("a"), {"usage": paid}, {"usage": zeros}, {"usage": counts(9, 5)}, DONE)
    assert isinstance(ending[0][-1], Ending)
    assert ending[0][-1].cost == "0.5"


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ({"usd": 0.0001015, "diem": 0}, "0.0001015"),
        ({"usd": None, "diem": 1}, None),
        ({"usd": "x"}, None),
        (0.5, None),
    ],
)
def test_cost_beside_the_counts(cost: object, expected: str | None) -> None:
    """Venice says what a reply costs in dollars and in a currency of its own."""
    last = {"choices": [], "usage": counts(9, 5), "cost": cost}
    ending = decode(chunk("a"), last, DONE)[0][-1]
    assert isinstance(ending, Ending)
    assert ending.cost == expected
