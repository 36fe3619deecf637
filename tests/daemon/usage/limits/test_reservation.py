"""Reservations, and usage that is partly unknown."""

import pytest

from aircherd.usage.limits.reservation import (
    REQUEST_ONLY,
    Amounts,
    LimitKey,
    Reservation,
    used_amounts,
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
def test_unknown_usage_counts_as_reserved(usage, cost, amounts):
    """Never as zero; invalid values release nothing."""
    assert used_amounts(RESERVED, usage, cost) == amounts


def test_a_reservation_passes_on_what_was_used():
    """An attempt that produced nothing is a request only."""
    ends = []

    def end(reservation: Reservation, used: Amounts) -> tuple[()]:
        ends.append((reservation, used))
        return ()

    reservation = Reservation(LimitKey("p", None, "m", "c"), RESERVED, (1.0, 0.0), (), end)
    reservation.settle(Usage(1, 2), 5, produced=True)
    reservation.settle(Usage(1, 2), 5, produced=False)
    assert ends == [(reservation, Amounts(1, 3, 5)), (reservation, REQUEST_ONLY)]
