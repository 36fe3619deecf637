"""A cost that a proxy reports in a header."""

import pytest

from aircherd.providers.cost_header import COST_HEADER, PricedCall, priced
from aircherd.providers.streaming_call import FinishedCall
from aircherd.vocabulary.reply import Ending, TextDelta


async def cost_of(value: bytes, *, stream: bool = False, known: str | None = None) -> str | None:
    """Return the cost in the ending of a call whose header is `value`."""
    finished = FinishedCall([TextDelta("a"), Ending("stop", cost=known)])
    call = priced(finished, {COST_HEADER: value}, stream=stream)
    text, ending = await call.receive()
    assert text == TextDelta("a")
    assert isinstance(ending, Ending)
    assert await call.receive() == []
    await call.aclose()
    return ending.cost


@pytest.mark.parametrize(
    ("value", "cost"),
    [
        (b"0.000123", "0.000123"),
        (b"3.5e-05", "3.5e-05"),
        (b"12", "12"),
        (b"", None),
        (b"None", None),
        (b"-1", None),
        (b"nan", None),
        (b"1e9", None),
        (b"1e-999", None),
        (b"1234567890", None),
        (b"0." + b"1" * 40, None),
        (b"0.1\xff", None),
    ],
)
async def test_only_a_plausible_amount_is_a_cost(value: bytes, cost: str | None) -> None:
    """Digits, a point and a small exponent; anything else is no cost."""
    assert await cost_of(value) == cost
    assert await cost_of(value, stream=True) == cost


async def test_a_stream_costs_more_than_its_headers_know() -> None:
    """A cost of 0 in them is no cost; for a whole reply it is."""
    assert await cost_of(b"0.0", stream=True) is None
    assert await cost_of(b"0.0") == "0.0"


async def test_a_cost_in_the_reply_comes_first() -> None:
    """The server that replied knows better than a header."""
    assert await cost_of(b"0.5", known="0.25") == "0.25"


def test_a_priced_call_names_its_call() -> None:
    """Its repr has that of the call."""
    assert "FinishedCall" in repr(PricedCall(FinishedCall([]), "0.5"))
