"""Cache marks: at most four, those for an hour first, and what they write."""

from collections.abc import Iterator
from typing import Any

from aircherd.testing.simulator.anthropic.blocks import blocks_of, texts_of
from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.script import count_tokens

Json = dict[str, Any]

MAX_MARKS = 4
TTLS = ("5m", "1h")


def check_marks(body: Json) -> None:
    """Check the marks of a request.

    Raises:
        Refusal: there are too many, or they are in the wrong order.
    """
    marks = [block["cache_control"] for block in _all(body) if block.get("cache_control")]
    if len(marks) > MAX_MARKS:
        raise _bad(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")
    ttls = [mark.get("ttl", "5m") for mark in marks]
    if any(mark.get("type") != "ephemeral" for mark in marks) or not set(ttls) <= set(TTLS):
        raise _bad("cache_control: Input should be 'ephemeral' with a ttl of '5m' or '1h'")
    if "5m" in ttls and "1h" in ttls[ttls.index("5m") :]:
        raise _bad("a ttl='1h' cache_control block must not come after a ttl='5m' one")


def written_tokens(body: Json) -> tuple[int, int]:
    """Return how many tokens the marks write for five minutes, and for an hour."""
    count = short = long = 0
    for block in _all(body):
        own = block if block.get("type") in ("text", "tool_result") else {}
        count += count_tokens(*texts_of([own])) if own.get("type") else 0
        mark = block.get("cache_control")
        if mark and mark.get("ttl") == "1h":
            long = count
        elif mark:
            short = count - long
    return short, long


def _all(body: Json) -> Iterator[Json]:
    """Yield the blocks that can be marked, in the order of the request."""
    yield from body.get("tools") or ()
    system = body.get("system")
    if isinstance(system, str):
        yield {"type": "text", "text": system}
    else:
        yield from system or ()
    for message in body["messages"]:
        for block in blocks_of(message):
            if block.get("type") == "tool_result" and isinstance(block.get("content"), list):
                yield from (each for each in block["content"] if "cache_control" in each)
            yield block


def _bad(message: str) -> Refusal:
    return refuse("anthropic", message)
