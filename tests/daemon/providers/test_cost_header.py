"""A cost that a proxy reports in a header."""

import pytest

from aircherd.providers.cost_header import PricedCall, header_cost
from aircherd.providers.streaming_call import FinishedCall
from aircherd.vocabulary.reply import Ending, TextDelta


@pytest.mark.parametrize("name", [b"x-litellm-response-cost", b"X-Litellm-Response-Cost"])
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
def test_only_a_plausible_amount_is_a_cost(name: bytes, value: bytes, cost: str | None) -> None:
    """Digits, a point and a small exponent; anything else is no cost."""
    assert header_cost({name: value}, stream=False) == cost
    assert header_cost({name: value}, stream=True) == cost


def test_a_stream_costs_more_than_its_headers_know() -> None:
    """A cost of 0 in them is no cost; for a whole reply it is."""
    assert header_cost({b"x-litellm-response-cost": b"0.0"}, stream=True) is None
    assert header_cost({b"x-litellm-response-cost": b"0.0"}, stream=False) == "0.0"
    assert header_cost({}, stream=False) is None


@pytest.mark.parametrize(("known", "expected"), [(None, "0.5"), ("0.25", "0.25")])
async def test_the_ending_gets_the_cost(known: str | None, expected: str) -> None:
    """Unless the reply has one of its own."""
    call = PricedCall(FinishedCall([TextDelta("a"), Ending("stop", cost=known)]), "0.5")
    assert await call.receive() == [TextDelta("a"), Ending("stop", cost=expected)]
    assert await call.receive() == []
    await call.aclose()
    assert "FinishedCall" in repr(call)
