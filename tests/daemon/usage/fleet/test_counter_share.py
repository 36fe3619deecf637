"""The lease of one counter: examples, then random sequences against an engine's view of it."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.model import OnOutage
from aircherd.shared_state.base import CounterView
from aircherd.usage.fleet.counter_share import FRESH_SECONDS, CounterShare
from aircherd.usage.fleet.engine_clock import EngineClock
from aircherd.usage.fleet.outage import FleetState
from aircherd.usage.fleet.shared_window import SharedWindow
from helpers.fleet.leases import NOON

LATER = NOON + 86_400.0


def share_of(on_outage: OnOutage = "local", maximum: int = 100, machines: int = 2) -> CounterShare:
    """Return the share of a day's limit that nothing is leased of."""
    clock = EngineClock(steady=lambda: 0.0, clock=lambda: 0.0)
    share = CounterShare(
        SharedWindow("day", clock, ZoneInfo("UTC")), FleetState(on_outage, machines)
    )
    share.window.advance(NOON)
    share.maximum = maximum
    share.seen_at = NOON
    return share


def answer(share: CounterShare, view: CounterView, held: int = 0, reported: int = 0) -> None:
    """Let a report be answered until the end of the day."""
    lapses_at = share.window.lapses_at(NOON)
    share.take_answer(view, held=held, reported=reported, lapses_at=lapses_at, sent_at=NOON)


def test_without_a_lease_the_fleet_may_have_room():
    share = share_of()
    assert share.available(NOON, 0) == 0
    assert share.room(NOON, 0) == 100


def test_a_lease_is_used_up_by_what_is_reserved_and_used():
    share = share_of()
    answer(share, CounterView(used=10, held=40, granted=20))
    assert share.available(NOON, 5) == 15
    share.window.add(NOON, 3)
    assert share.available(NOON, 5) == 12
    assert share.room(NOON, 5) == 62
    assert share.used == 13
    assert share.elsewhere == 20


def test_a_machine_is_cut_off_when_it_may_use_nothing_until_the_engine_is_back():
    """Calls in progress may give something back, which is no reason to say so."""
    share = share_of("refuse")
    answer(share, CounterView(used=10, held=40, granted=20))
    assert not share.is_cut_off(NOON, 20)
    share.state.away_since = NOON
    assert not share.is_cut_off(NOON, 20)
    share.window.add(NOON, 20)
    assert share.is_cut_off(NOON, 0)
    share.state.away_since = None
    assert not share.is_cut_off(NOON, 0)


def test_what_was_seen_is_believed_for_a_moment():
    """Then others may have given something back."""
    share = share_of()
    answer(share, CounterView(used=60, held=40, granted=0))
    share.seen_at = NOON
    assert share.room(NOON, 0) == 0
    assert share.room(NOON + FRESH_SECONDS, 0) == 100
    assert share.available(NOON + FRESH_SECONDS, 0) == 0


def test_a_promise_is_kept_from_others():
    share = share_of()
    answer(share, CounterView(used=0, held=20, granted=20))
    share.turns.promised = 15
    assert share.available(NOON, 0) == 5


def test_what_is_over_the_lease_is_a_debt():
    share = share_of()
    answer(share, CounterView(used=0, held=5, granted=5))
    share.window.add(NOON, 30)
    assert share.available(NOON, 0) == -25


def test_a_lease_ends_with_its_day():
    share = share_of()
    answer(share, CounterView(used=90, held=10, granted=10))
    share.window.advance(LATER)
    assert share.available(LATER, 0) == 0
    assert share.room(LATER, 0) == 100
    assert share.used == 0
    assert share.lease_at(LATER) == 0


def test_a_lease_of_another_day_is_none():
    """The engine's clock was set back: it is yesterday again."""
    share = share_of()
    answer(share, CounterView(used=0, held=10, granted=10))
    share.window.clock.offset -= 86_400.0
    share.window.advance(NOON)
    assert share.available(NOON, 0) == 0


def test_without_the_engine_a_part_of_the_rest_is_there():
    share = share_of()
    answer(share, CounterView(used=10, held=30, granted=20))
    share.state.away_since = NOON + 1
    assert share.available(NOON, 0) == 20 + 60 // 2
    assert share.room(NOON, 8) == 42


def test_what_was_left_is_reported_while_it_is_of_this_window():
    """An engine that has lost everything grants no more than a part of it."""
    share = share_of()
    assert share.known_rest(NOON) is None
    answer(share, CounterView(used=10, held=30, granted=20))
    assert share.known_rest(NOON) == 60 - 20, "another one was granted as much just now"
    assert share.known_rest(NOON + 1) == 60
    share.window.advance(LATER)
    assert share.known_rest(LATER) is None


def test_what_a_flushed_engine_grants_makes_what_was_left_less():
    """By as much for each machine, until the engine knows all of them again."""
    share = share_of()
    answer(share, CounterView(used=10, held=30))
    assert (share.is_filling, share.known_rest(NOON)) == (False, 60)
    answer(share, CounterView(used=10, held=10, granted=5, is_learning=True))
    assert (share.is_filling, share.known_rest(NOON + 1)) == (True, 50)
    answer(share, CounterView(used=10, held=25))
    assert (share.is_filling, share.known_rest(NOON + 1)) == (False, 65)


def test_what_others_were_granted_just_now_is_not_free_without_the_engine():
    """They were granted as much as this one, after its answer."""
    share = share_of()
    answer(share, CounterView(used=10, held=30, granted=20))
    share.state.away_since = NOON
    assert share.available(NOON, 0) == 20 + (60 - 20) // 2


def test_what_a_killed_run_may_have_used_counts():
    """It had reported 10 and held 20; its ledger has 25 of these 30."""
    share = share_of()
    share.window.add(NOON, 25)
    assert share.claim(30, NOON) == 5
    assert share.window.totals() == {"2026-11-30": 30}
    assert share.claim(30, NOON) == 0


def test_the_next_day_without_the_engine_has_a_part_of_the_maximum():
    share = share_of()
    answer(share, CounterView(used=90, held=10, granted=10))
    share.state.away_since = NOON
    share.window.advance(LATER)
    share.window.add(LATER, 20)
    assert share.available(LATER, 5) == 100 // 2 - 25


def test_refusing_leaves_the_lease_and_nothing_the_next_day():
    share = share_of("refuse")
    answer(share, CounterView(used=10, held=30, granted=20))
    share.state.away_since = NOON
    assert share.available(NOON, 5) == 15
    share.window.advance(LATER)
    assert share.available(LATER, 0) == 0


def test_while_the_ledger_was_not_read_it_is_as_without_the_engine():
    """Serving requests does not depend on the disk."""
    share = share_of()
    share.is_unread = True
    assert share.available(NOON, 0) == share.room(NOON, 0) == 50


def test_while_the_ledger_is_read_again_no_request_is_refused():
    """A machine whose clock is wrong reads it again after the engine's first answer."""
    share = share_of()
    answer(share, CounterView(used=10, held=10, granted=0))
    assert share.available(NOON, 0) == 0
    share.is_unread = True
    assert share.available(NOON, 5) == share.room(NOON, 5) == 35
    refusing = share_of("refuse")
    answer(refusing, CounterView(used=10, held=10, granted=7))
    refusing.is_unread = True
    assert refusing.room(NOON, 0) == 7


def test_it_frees_when_the_engine_says_so():
    share = share_of()
    assert share.frees_at(NOON, 10, 0) == NOON + 43_200
    answer(share, CounterView(used=100, held=0, frees_at=NOON + 7))
    assert share.frees_at(NOON, 10, 0) == NOON + 7


def test_what_only_the_engine_could_grant_frees_when_it_answers_and_not_at_midnight():
    """Unless everything is used: then it would grant nothing either."""
    share = share_of("refuse")
    answer(share, CounterView(used=90, held=0))
    assert share.frees_at(NOON, 10, 0) == NOON + 43_200
    share.state.away_since = NOON
    assert share.frees_at(NOON, 10, 0) is None
    assert share.frees_at(NOON, 11, 0) == NOON + 43_200


def test_a_refusal_says_who_has_the_rest():
    share = share_of()
    answer(share, CounterView(used=10, held=30, granted=20))
    assert share.describe("requests") == ["10 requests leased by other machines"]
    share.state.away_since, share.state.reason = NOON, "it has gone"
    assert "is away: it has gone" in share.describe("requests")[1]


@given(
    events=st.lists(
        st.one_of(
            st.tuples(st.just("reserve"), st.integers(1, 20)),
            st.tuples(st.just("settle"), st.integers(0, 20)),
            st.tuples(st.just("report"), st.integers(0, 40)),
            st.tuples(st.just("answer"), st.integers(0, 40)),
            st.tuples(st.just("lose"), st.integers(0, 40)),
        ),
        max_size=60,
    )
)
def test_the_engine_always_counts_at_least_what_is_used_and_reserved(
    events: list[tuple[str, int]],
) -> None:
    """So as long as calls use no more than they have reserved, the fleet uses no more, either.

    A report may be taken over although its answer is lost.
    """
    share, reserved, used = share_of(maximum=10**6), [], 0
    engine_used = engine_held = 0
    sent: tuple[int, int, int, int] | None = None
    for name, number in events:
        if name == "reserve" and number <= share.available(NOON, sum(reserved)):
            reserved.append(number)
        elif name == "settle" and reserved:
            amount = min(reserved.pop(), number)
            share.window.add(NOON, amount)
            used += amount
        elif name == "report" and sent is None:
            free = max(share.lease_at(NOON) - share.window.unreported - sum(reserved), 0)
            held = sum(reserved) + min(free, number)
            share.hold(held)
            sent = (used, held, share.window.unreported, number)
        elif name in ("answer", "lose") and sent is not None:
            engine_used, engine_held = sent[0], sent[1] + number
            if name == "answer":
                view = CounterView(used=engine_used, held=engine_held, granted=number)
                answer(share, view, held=sent[1], reported=sent[2])
            sent = None
        assert engine_used + engine_held >= used + sum(reserved)
        assert share.available(NOON, sum(reserved)) >= 0
