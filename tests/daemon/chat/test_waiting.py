"""How long a request waits for a candidate, and when the first failed one is back."""

import pytest

from aircherd.chat.waiting import MARGIN_SECONDS, earliest_return, shortest_pause
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.models import Model
from helpers.chat import A

NOW = 1000.0


class Steps:
    """A plan with these steps."""

    def __init__(self, *steps):
        self._steps = steps

    def steps(self):
        return iter(self._steps)


def skipped(provider, until):
    return Skipped(provider=provider, model="m", reason="rate_limited", message="x", until=until)


@pytest.mark.parametrize(
    ("untils", "at_most", "expected"),
    [
        ([NOW + 30, NOW + 5], 60, 5),
        ([NOW + 30], 30 + MARGIN_SECONDS, 30),
        ([NOW + 30], 30, None),
        ([NOW - 5], 60, 0),
        ([None], 60, None),
        ([], 60, None),
        ([NOW], 0, None),
    ],
)
def test_shortest_pause(untils, at_most, expected):
    """It ends with the first return in time; it is None if no time is known or allowed."""
    pause = shortest_pause(Steps(*(skipped("a", each) for each in untils)), NOW, at_most)
    seconds = None if pause is None else pause.seconds
    assert seconds == (None if expected is None else pytest.approx(expected + MARGIN_SECONDS))


def test_earliest_return_is_of_a_called_candidate():
    """Skipped ones have their times in their own records."""
    plan = Steps(skipped("a", 5.0), skipped("b", 7.0), skipped("c", None))
    assert earliest_return(plan, {("a", "m", None)}) == 7.0
    assert earliest_return(plan, set()) == 5.0


def test_last_resort_has_no_return():
    """It is tried at once, whatever its cooldown says."""
    plan = Steps(skipped("a", 5.0), Candidate(A, Model(id="m"), None, is_last_resort=True))
    assert earliest_return(plan, set()) is None
