import pytest

from aircher_cli.picker.view.pane.texts import (
    candidate_text,
    countdown,
    error_text,
    limit_text,
    rate_text,
    skip_text,
    spend_text,
    wait_text,
)
from helpers.picker.views import NOW


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (0.2, "0:01"), (59, "0:59"), (252, "4:12"), (3723, "1:02:03"), (-5, "0:00"),
     (200_000, "2 d 7 h")],
)  # fmt: skip
def test_a_countdown_counts_seconds(seconds, text):
    """0:00 is now; beyond a day seconds mean nothing."""
    assert countdown(seconds) == text


def test_a_time_that_is_over_is_any_moment():
    """The daemon reports the end itself."""
    assert wait_text("cooling", NOW - 1, NOW) == "ready any moment"


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ({"counted": "requests", "limit": 50, "remaining": 3}, "3 of 50 requests left"),
        ({"counted": "input_tokens", "remaining": 3000}, "3,000 input tokens left"),
        ({"remaining": 1, "reset_at": NOW + 61}, "1 requests left, full in 1:01"),
        ({"remaining": 1, "reset_at": NOW - 1}, "1 requests left, full again"),
        ({}, "? requests left"),
    ],
)
def test_a_rate_limit_says_what_is_left(rate, text):
    """As far as the provider reported it."""
    assert rate_text(rate, NOW) == text


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ({"counted": "requests", "used": 3, "max": 10}, "3 of 10 used"),
        ({"counted": "tokens", "used": 3000, "max": 10_000, "incomplete": True},
         "3,000 or more of 10,000 used"),
        ({"counted": "usd", "used": "NaN", "max": "x"}, "? of ? used"),
        ({}, "? of ? used"),
    ],
)  # fmt: skip
def test_a_limit_says_how_much_is_used(limit, text):
    """In its own unit."""
    assert limit_text(limit, NOW) == text


def test_other_texts():
    """Missing fields leave their part out."""
    assert error_text({"provider": "a", "outcome": "network"}) == "a could not be reached"
    assert spend_text({}) == "?, 0 requests"
    assert candidate_text({"provider": "a", "model": "m"}) == "a/m"
    assert skip_text({"provider": "a", "reason": "not_authenticated"}, NOW) == "a: has no key"


def test_a_limit_of_a_fleet_says_what_is_of_this_machine():
    """And what others may use without asking: a request here may wait for it."""
    limit = {"shared": True, "counted": "usd", "max": "10", "used": "6", "used_here": "1.5"}
    assert limit_text(limit, NOW) == "$6.00 of $10.00 used by all machines, $1.50 here"
    held = {**limit, "held_elsewhere": "0.25"}
    assert limit_text(held, NOW).endswith("$1.50 here, $0.25 leased elsewhere")
    assert limit_text({**held, "held_elsewhere": 0}, NOW) == limit_text(limit, NOW)
