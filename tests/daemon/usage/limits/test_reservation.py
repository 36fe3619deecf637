"""What is reserved ends once, and what is not known of its end is what was estimated."""

import pytest

from aircherd.usage.limits.reservation import (
    FRUITLESS,
    NOTHING,
    Amounts,
    LimitKey,
    Reservation,
    taken,
)
from aircherd.vocabulary.reply import Usage

RESERVED = Amounts(1, 1500, 4000)


@pytest.mark.parametrize(
    ("usage", "cost", "amounts"),
    [
        (Usage(100, 20), 300, Amounts(1, 120, 300)),
        (Usage(100, 20), None, Amounts(1, 120, 4000)),
        (None, 300, Amounts(1, 1500, 300)),
        (None, None, Amounts(1, 1500, 4000)),
        (Usage(100, 20, cached_tokens=90, reasoning_tokens=5), 0, Amounts(1, 120, 0)),
        (Usage(-5, 2), -1, Amounts(1, 0, 0)),
    ],
)
def test_what_is_not_known_is_what_was_estimated(usage, cost, amounts):
    """Never nothing; and no provider's rubbish gives anything back."""
    assert taken(RESERVED, usage, cost) == amounts


def test_what_becomes_of_it_is_told_to_whoever_made_it():
    """Used, fruitless, or never sent."""
    told = []

    def end(held: Reservation, used: Amounts) -> tuple[()]:
        told.append(used)
        return ()

    held = Reservation(LimitKey("p", None, "m", "c"), RESERVED, 1.0, (), end)
    held.settle(Usage(1, 2), 5, produced=True)
    held.settle(Usage(1, 2), 5, produced=False)
    held.release()
    assert told == [Amounts(1, 3, 5), FRUITLESS, NOTHING]
