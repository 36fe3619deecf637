"""The figures of docs/fleet.md about leases, from a simulation of the rule of granting."""

from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.fleet.model import Ending, simulate

MAXIMUM = 1_000
FAST = [100.0] * 10
"""Ten machines that use up the limit in a second."""


@settings(max_examples=30)
@given(
    st.lists(st.floats(0.1, 300), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), max_size=3),
    st.integers(0, 3),
)
def test_no_more_than_the_limit_is_ever_used(
    speeds: list[float], killed: list[tuple[float, int]], seed: int
) -> None:
    """Whatever their speeds are; a killed one leaves at most what it uses in a second."""
    known = [(share, number) for share, number in killed if number < len(speeds)]
    ended = simulate(MAXIMUM // 10, speeds, killed=known, seconds=3, seed=seed)
    assert ended.unused >= 0
    assert ended.idle_dead <= sum(max(speeds[number], 1) for number in {n for _, n in known})


def test_busy_machines_use_all_of_a_limit_before_one_is_refused() -> None:
    """Leases shrink to single requests near the end."""
    assert simulate(MAXIMUM, FAST) == Ending(MAXIMUM, MAXIMUM, 0, 0, 0)


def test_what_idle_machines_hold_is_used_a_second_later() -> None:
    """Requests are refused early by what three of ten hold that stopped at nine tenths: 25."""
    ended = simulate(MAXIMUM, FAST, stopping=[(0.9, number) for number in range(3)])
    assert ended == Ending(MAXIMUM, 975, 25, 0, 0)


def test_what_killed_machines_hold_is_not_used_until_they_are_back() -> None:
    """Three of ten hold 145 of a limit of 1,000, and of 20,000 two thirds of their second."""
    killed = [(0.5, number) for number in range(3)]
    assert simulate(MAXIMUM, FAST, killed=killed).unused == 145
    assert simulate(20 * MAXIMUM, FAST, killed=killed).unused == 207
