"""How much is asked for, kept and given back."""

from aircherd.config.model import Limit
from aircherd.shared_state.base import CounterView
from aircherd.shared_state.memory import MemoryEngine
from aircherd.usage.fleet.lease_plan import (
    HEARTBEAT_SECONDS,
    IDLE_SECONDS,
    KNOWN_SECONDS,
    LEASE_SECONDS,
    Pending,
    is_due,
    make_report,
    may_ask,
    take_answer,
    take_back,
    wanted_lease,
)
from aircherd.usage.fleet.turns import Turn
from aircherd.usage.limits.reservation import GrantNeeded
from helpers.fleet.leases import Clock, Machine, end, shared


def machine_of(maximum: int = 1000) -> tuple[Machine, Clock]:
    """Return a machine with a limit of requests, and its clock."""
    clock = Clock()
    return Machine(MemoryEngine(clock), [shared(requests=maximum)], clock=clock), clock


def report(machine: Machine, clock: Clock, machines: int = 2, *, is_last: bool = False) -> Pending:
    """Return the report that the machine would make."""
    return make_report(machine.counter, machine.share, clock(), machines, is_last=is_last)


def grant(machine: Machine, clock: Clock, granted: int, used: int = 0, held: int = 0) -> Pending:
    """Report, and grant so much; other machines have used and hold the rest."""
    sent = report(machine, clock)
    total = held + sent.report.held + granted
    assert take_answer(sent, CounterView(used=used, held=total, granted=granted))
    machine.share.seen_at = clock()
    return sent


def wait(machine: Machine, amount: int = 1) -> Turn:
    """Let a request wait."""
    turn = Turn(amount)
    machine.share.turns.add(turn)
    return turn


def test_the_first_report_has_everything_and_asks_for_nothing():
    machine, clock = machine_of()
    first = report(machine, clock).report
    assert (first.is_whole, first.held, first.least, first.most) == (True, 0, 0, 0)
    assert first.bucket.label == "2026-11-30"


def test_one_that_waits_is_asked_for_with_a_few_more():
    machine, clock = machine_of()
    wait(machine)
    asked = report(machine, clock).report
    assert asked.least == 1
    assert asked.most > 1


def test_thousands_that_wait_take_one_report():
    machine, clock = machine_of(10**6)
    for _ in range(10_000):
        wait(machine)
    asked = report(machine, clock).report
    assert asked.least == 1
    assert asked.most >= 10_000


def test_a_lease_in_use_is_refilled_at_half_and_sized_by_speed():
    machine, clock = machine_of(100_000)
    grant(machine, clock, 200)
    for _ in range(100):
        clock.passed += 0.005
        end(machine.begin())
    clock.passed += 0.25
    sent = report(machine, clock)
    assert 100 <= machine.share.speed <= 200
    wanted = wanted_lease(machine.share, clock(), 2)
    assert (sent.report.held, sent.report.most) == (100, 0)
    take_answer(sent, CounterView(used=100, held=100))
    for _ in range(40):
        end(machine.begin())
    assert wanted / 2 > 60
    assert is_due(machine.counter, machine.share, clock(), 2)
    assert report(machine, clock).report.most > 0


def test_it_says_when_the_lease_runs_low():
    machine, clock = machine_of()
    machine.share.drawn_at = clock()
    grant(machine, clock, 4)
    machine.sharing.urgent = type(machine.sharing.urgent)()
    machine.begin()
    machine.begin()
    assert not machine.sharing.urgent.is_set()
    machine.begin()
    assert machine.sharing.urgent.is_set()


def test_an_idle_lease_is_given_back_but_for_one_request():
    """Where the fleet has plenty left, the next request need not wait."""
    machine, clock = machine_of()
    grant(machine, clock, 20)
    end(machine.begin())
    clock.passed += IDLE_SECONDS
    assert is_due(machine.counter, machine.share, clock(), 2)
    assert report(machine, clock).report.held == 1
    assert machine.share.available(clock(), 0) == 1


def test_where_little_is_left_an_idle_lease_is_given_back_as_a_whole():
    machine, clock = machine_of()
    grant(machine, clock, 20, used=950)
    kept = machine.begin()
    clock.passed += IDLE_SECONDS
    assert report(machine, clock).report.held == 1
    assert machine.reserve() == GrantNeeded(machine.counter, 1)
    end(kept)
    assert report(machine, clock).report.held == 0


def test_where_little_is_left_a_lease_in_use_shrinks():
    machine, clock = machine_of()
    grant(machine, clock, 100, used=890)
    for _ in range(60):
        end(machine.begin())
    assert wanted_lease(machine.share, clock(), 2) == 2
    assert report(machine, clock).report.held == 2


def test_what_was_used_beyond_the_reservation_is_reported():
    machine, clock = machine_of()
    machine.configure([shared(tokens=1000)])
    grant(machine, clock, 20)
    first, second = machine.begin(10), machine.begin(10)
    end(first, tokens=300)
    sent = report(machine, clock).report
    assert (sent.used, sent.held) == ({"2026-11-30": 300}, 10)
    end(second, tokens=0)


def test_a_report_without_an_answer_is_made_again():
    machine, clock = machine_of()
    grant(machine, clock, 20)
    end(machine.begin())
    lost = report(machine, clock)
    take_back([lost])
    again = report(machine, clock)
    assert again.report.used == lost.report.used == {"2026-11-30": 1}


def test_only_what_has_changed_is_reported_until_the_engine_wants_all():
    machine, clock = machine_of()
    machine.configure([Limit(per="minute", requests=9000, is_shared=True)])
    grant(machine, clock, 9)
    end(machine.begin())
    clock.passed += 2
    sent = grant(machine, clock, 0)
    assert len(sent.report.used) == 1
    end(machine.begin())
    sent = report(machine, clock)
    assert len(sent.report.used) == 1
    take_answer(sent, CounterView(used=2, held=0, wants_whole=True))
    whole = report(machine, clock).report
    assert whole.is_whole
    assert len(whole.used) == 2


def test_a_request_that_was_refused_is_asked_for_once():
    machine, clock = machine_of()
    grant(machine, clock, 0, used=1000)
    machine.reserve()
    assert is_due(machine.counter, machine.share, clock(), 2)
    asked = report(machine, clock).report
    assert (asked.least, asked.most) == (1, 1)
    assert report(machine, clock).report.least == 0


def test_an_answer_for_a_day_that_is_over_is_not_taken():
    machine, clock = machine_of()
    grant(machine, clock, 20)
    end(machine.begin())
    sent = report(machine, clock)
    clock.passed += 86_400
    machine.tracker.notice_clock()
    assert not take_answer(sent, CounterView(used=1, held=19))
    assert machine.share.available(clock(), 0) == 0
    assert report(machine, clock).report.bucket.label == "2026-12-01"


def test_the_engines_day_is_another_one():
    machine, clock = machine_of()
    end_of_day = report(machine, clock)
    assert not take_answer(end_of_day, CounterView(used=0, held=0, is_over=True))
    assert is_due(machine.counter, machine.share, clock(), 2)


def test_the_last_report_holds_nothing():
    machine, clock = machine_of()
    grant(machine, clock, 20)
    machine.begin()
    assert report(machine, clock, is_last=True).report.held == 0


def lose(machine: Machine, clock: Clock, used: int) -> None:
    """Let the engine lose everything, and answer a report that has all of this machine's."""
    machine.share.lost_at = clock()
    view = CounterView(used=used, held=0, is_learning=True)
    assert take_answer(report(machine, clock), view)


def test_a_flushed_engine_is_asked_for_a_part_of_plenty():
    """What was left is known from just now, so that others cannot have got much of it."""
    machine, clock = machine_of()
    grant(machine, clock, 0, used=100)
    lose(machine, clock, used=50)
    wait(machine)
    assert report(machine, clock).report.least == 1
    clock.passed += KNOWN_SECONDS
    assert report(machine, clock).report.least == 0, "now it is old"


def test_a_flushed_engine_is_asked_for_nothing_where_little_was_left():
    """Until it knows all machines again: what others got since would be granted twice."""
    machine, clock = machine_of()
    grant(machine, clock, 0, used=980)
    lose(machine, clock, used=500)
    wait(machine)
    sent = report(machine, clock)
    assert (sent.report.least, sent.report.most) == (0, 0)
    assert take_answer(sent, CounterView(used=980, held=0))
    assert report(machine, clock).report.least == 1


def test_a_flushed_engine_is_asked_for_nothing_if_it_was_not_known_what_was_left():
    """As where it is flushed before it knew all machines; those that are off may not come."""
    machine, clock = machine_of()
    assert may_ask(machine.share, clock(), 2), "it begins"
    lose(machine, clock, used=0)
    assert not may_ask(machine.share, clock(), 2)
    clock.passed += LEASE_SECONDS
    assert may_ask(machine.share, clock(), 2)


def test_nothing_to_say_is_not_due():
    machine, clock = machine_of()
    grant(machine, clock, 0)
    clock.passed += HEARTBEAT_SECONDS
    assert not is_due(machine.counter, machine.share, clock(), 2)
