"""Cache marks in requests to the Anthropic Messages API."""

import msgspec
import pytest

from aircherd.providers.anthropic.adapter import AnthropicMessages
from aircherd.providers.codec.cache_marks import limit_marks
from helpers.providers.provider_calls import a_provider, a_request, body_of

FIVE = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def blocks(*marks: object) -> list[dict[str, object]]:
    return [{"type": "text", "text": "a"} | ({"cache_control": m} if m else {}) for m in marks]


@pytest.mark.parametrize(
    ("marks", "extra", "kept"),
    [
        ([None, FIVE, None], {}, [None, FIVE, None]),
        ([FIVE] * 4, {}, [FIVE] * 4),
        # the last four are kept
        ([FIVE] * 6, {}, [None, None, *[FIVE] * 4]),
        ([HOUR, FIVE, FIVE, FIVE, FIVE], {}, [None, *[FIVE] * 4]),
        # what precedes a mark for an hour is kept for an hour too
        ([HOUR, FIVE], {}, [HOUR, FIVE]),
        ([FIVE, None, HOUR, FIVE], {}, [HOUR, None, HOUR, FIVE]),
        # marks of `extra` count
        ([FIVE] * 4, {"cache_control": FIVE}, [None, *[FIVE] * 3]),
        ([FIVE] * 4, {"tools": [{"cache_control": FIVE}, {}]}, [None, *[FIVE] * 3]),
        ([FIVE], {"tools": [{"cache_control": FIVE}] * 9}, [None]),
        # of a tool in the vendor's own form
        ([msgspec.Raw(b'{"ttl": "1h"}'), FIVE], {}, [msgspec.Raw(b'{"ttl": "1h"}'), FIVE]),
        ([FIVE, msgspec.Raw(b'{"ttl": "1h"}')], {}, [HOUR, msgspec.Raw(b'{"ttl": "1h"}')]),
    ],
)
def test_limits(marks: list[object], extra: dict[str, object], kept: list[object]) -> None:
    """At most four are sent, those for an hour first."""
    marked = blocks(*marks)
    limit_marks(marked, extra)
    assert kept == [block.get("cache_control") for block in marked]


def test_every_marked_part_and_tool() -> None:
    """Texts, pictures, documents, results and tools are marked, in the order of the request."""
    call = {"type": "tool_call", "id": "c", "name": "f", "arguments": "{}"}
    inner = [{"type": "text", "text": "in", "cache": True}]
    request = a_request(
        {"role": "system", "content": [{"type": "text", "text": "sys", "cache": "1h"}]},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [call]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "id": "c", "content": inner, "cache": True}],
        },
        system="first",
        tools=[{"name": "f", "cache": "1h"}],
    )
    body = body_of(AnthropicMessages(), a_provider("anthropic"), request)
    assert body["tools"][0]["cache_control"] == HOUR
    assert body["system"] == [
        {"type": "text", "text": "first"},
        {"type": "text", "text": "sys", "cache_control": HOUR},
    ]
    result = body["messages"][-1]["content"][0]
    assert (result["cache_control"], result["content"][0]["cache_control"]) == (FIVE, FIVE)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "url": "https://x.test/a.png"},
        {"type": "document", "url": "https://x.test/a.pdf"},
        {"type": "text", "text": "a"},
    ],
)
def test_marked_parts(part: dict[str, object]) -> None:
    """Each kind of part takes a mark."""
    request = a_request({"role": "user", "content": [part | {"cache": True}]})
    body = body_of(AnthropicMessages(), a_provider("anthropic"), request)
    assert body["messages"][0]["content"][0]["cache_control"] == FIVE


def test_the_mark_of_an_empty_text() -> None:
    """It moves to the block before it, as no empty text is sent."""
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": " ", "cache": True}]
    body = body_of(
        AnthropicMessages(), a_provider("anthropic"), a_request({"role": "user", "content": parts})
    )
    [block] = body["messages"][0]["content"]
    assert block == {"type": "text", "text": "a", "cache_control": FIVE}
