"""Shares of the budget: the guarantee, the dynamic threshold, and what may be dropped."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import Busy
from aircherd.memory.budget import (
    MAX_GUARANTEE,
    MEGABYTE,
    STALE_SECONDS,
    IncomingFrame,
    MemoryBudget,
    MemoryShare,
)

TOTAL = 256 * MEGABYTE


def fill(share: MemoryShare) -> int:
    """Take as much as the share gets, and return how much that is."""
    while True:
        try:
            share.take(MEGABYTE // 4)
        except Busy:
            return share.used


def test_a_client_alone_gets_half_of_what_is_shared_out() -> None:
    """As much must stay free, for those who come next."""
    assert fill(MemoryBudget(TOTAL).open_share()) == 3 * TOTAL // 8


def test_each_further_greedy_client_gets_half_of_the_rest() -> None:
    """None of them gets everything."""
    budget = MemoryBudget(TOTAL)
    found = [fill(budget.open_share()) // MEGABYTE for _ in range(4)]
    assert found == [96, 48, 24, 12]


def test_small_clients_are_served_however_much_others_want() -> None:
    """A quarter is kept for guarantees."""
    budget = MemoryBudget(TOTAL)
    for _ in range(60):
        fill(budget.open_share())
    budget.open_share().take(budget.guarantee)
    assert budget.guarantee == MAX_GUARANTEE
    assert budget.used <= TOTAL


def test_the_guarantee_is_divided_among_many_clients() -> None:
    """All guarantees together are a quarter of the budget."""
    budget = MemoryBudget(TOTAL)
    shares = [budget.open_share() for _ in range(512)]
    assert budget.guarantee == TOTAL // 4 // 512
    shares[0].close()
    assert budget.guarantee == TOTAL // 4 // 511


def test_a_refusal_takes_nothing_and_says_what_there_is() -> None:
    """The numbers are those of the moment."""
    budget = MemoryBudget(TOTAL, clock=lambda: 5.0)
    share = budget.open_share()
    share.take(64 * MEGABYTE)
    with pytest.raises(Busy, match=r"80\.0 MB more memory.*this client has 64\.0 MB in use"):
        share.take(80 * MEGABYTE)
    assert budget.statistics() == {
        "total": TOTAL,
        "used": 64 * MEGABYTE,
        "peak": 64 * MEGABYTE,
        "refused": 1,
        "refused_at": 5.0,
    }


def test_a_client_that_leaves_gives_everything_back() -> None:
    """Whatever it held."""
    budget = MemoryBudget(TOTAL)
    share = budget.open_share()
    fill(share)
    share.close()
    assert (budget.used, budget.statistics()["peak"]) == (0, 3 * TOTAL // 8)


def test_a_queue_gets_less_while_memory_is_short() -> None:
    """Clients that do not read must not fill the budget."""
    budget = MemoryBudget(TOTAL)
    shares = [budget.open_share() for _ in range(50)]
    for share in shares:
        while share.may_queue:
            share.hold(MEGABYTE // 4)
    assert shares[0].used > shares[-1].used
    assert budget.free > 16 * MEGABYTE


@pytest.mark.parametrize(("age", "is_dropped"), [(STALE_SECONDS - 1, False), (STALE_SECONDS, True)])
def test_a_stale_frame_is_dropped_for_others(age: float, is_dropped: bool) -> None:
    """It must not hold memory forever, but has time to arrive."""
    now = [0.0]
    budget = MemoryBudget(TOTAL, monotonic=lambda: now[0])
    greedy, other, dropped = budget.open_share(), budget.open_share(), []

    class Frame(IncomingFrame):
        def forget(self) -> None:
            dropped.append(True)
            greedy.give_back(greedy.used)
            budget.forget_incoming(self)

    frame = Frame(greedy)
    budget.note_incoming(frame)
    fill(greedy)
    now[0] = age
    with pytest.raises(Busy):
        other.take(90 * MEGABYTE) if not is_dropped else other.take(120 * MEGABYTE)
    assert dropped == [True] * is_dropped
    if is_dropped:
        other.take(90 * MEGABYTE)


def test_ones_own_stale_frame_is_not_dropped() -> None:
    """It cannot make room for itself."""
    budget = MemoryBudget(TOTAL, monotonic=lambda: math.inf)
    share = budget.open_share()
    budget.note_incoming(IncomingFrame(share))
    fill(share)


def test_a_smaller_total_holds_for_what_is_asked_next() -> None:
    """What is held stays held."""
    budget = MemoryBudget(TOTAL)
    share = budget.open_share()
    fill(share)
    budget.configure(TOTAL // 4)
    with pytest.raises(Busy):
        share.take(1)
    assert share.used == 3 * TOTAL // 8


def test_much_use_is_notified_once() -> None:
    """What gives memory back need not look all the time."""
    budget, notes = MemoryBudget(TOTAL), []
    budget.notify_above(MEGABYTE, lambda: notes.append(budget.used))
    share = budget.open_share()
    for _ in range(3):
        share.take(MEGABYTE)
    assert notes == [2 * MEGABYTE]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(-40, 40).map(lambda each: each * MEGABYTE)),
        max_size=60,
    )
)
def test_the_budget_is_never_exceeded(steps: list[tuple[int, int]]) -> None:
    """Whatever clients take and give back; and the sum of the shares is what is used."""
    budget = MemoryBudget(TOTAL)
    shares = [budget.open_share() for _ in range(6)]
    for number, size in steps:
        share = shares[number]
        if size < 0:
            share.give_back(min(-size, share.used))
            continue
        try:
            share.take(size)
        except Busy:
            assert share.used + size > budget.guarantee
        assert budget.used == sum(each.used for each in shares) <= TOTAL
