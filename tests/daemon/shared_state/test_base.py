"""The contract of engines: what memory, Valkey and Redis promise to the machines of a fleet."""

import time

import msgspec
import pytest
import trio

from aircherd.shared_state.base import (
    Bucket,
    Change,
    Cooldowns,
    DayUse,
    EngineRefused,
    MachineRow,
    SharedCooldown,
)
from helpers.engines.using import HOUR, counter, day
from helpers.shared_state.rig import ask, sync

SHORT = Bucket(length=1, step=1)


def this_bucket() -> str:
    return str(int(time.time()) // HOUR.step)


# ------------------------------------------------------------------ sums and grants


async def test_used_and_held_of_all_machines_are_summed(rig):
    """Each machine replaces its own part of a counter, and the answer is the sum of all."""
    today = day()
    await ask(rig, "a", 1, counter(today, {"today": 7}, 5))
    await ask(rig, "b", 1, counter(today, {"today": 9}, 3))
    view = await ask(rig, "a", 2, counter(today, {"today": 8}, 4))
    assert (view.used, view.held) == (17, 7)


async def test_what_is_granted_is_held(rig):
    """Until the machine reports something else."""
    today = day()
    first = await ask(rig, "a", 1, counter(today, {"today": 10}, least=1, most=20))
    assert (first.used, first.held, first.granted) == (10, 20, 20)
    second = await ask(rig, "a", 2, counter(today, {"today": 15}, 15))
    assert (second.used, second.held, second.granted) == (15, 15, 0)


async def test_a_lease_is_half_of_what_is_left_for_each_machine(rig):
    """Of a rest, each of n machines gets at most 1/2n at once, or what it needs at least."""
    first = await ask(rig, "a", 1, counter(least=1, most=80))
    second = await ask(rig, "b", 1, counter(least=1, most=80))
    third = await ask(rig, "b", 2, counter(held=12, is_whole=False, least=30, most=80))
    assert (first.granted, second.granted, third.granted) == (50, 12, 30)


async def test_near_the_end_leases_are_single_requests(rig):
    """The last one is granted to the first machine that asks; ahead of need nothing is."""
    today = day()
    await ask(rig, "a", 1, counter(today, {"today": 97}))
    await ask(rig, "b", 1, counter(today))
    ahead = await ask(rig, "b", 2, counter(today, most=50))
    grants = [
        (await ask(rig, machine, sequence, counter(today, used, held, least=1, most=50))).granted
        for machine, sequence, used, held in (
            ("b", 3, {}, 0),
            ("b", 4, {}, 1),
            ("a", 2, {"today": 97}, 0),
            ("b", 5, {}, 2),
        )
    ]
    assert (ahead.granted, grants) == (0, [1, 1, 1, 0])


async def test_what_does_not_fit_is_not_granted_and_nothing_is_held_for_it(rig):
    """Where less is left than is needed, nothing is granted, and `frees_at` says when it will."""
    number = int(this_bucket())
    used = {str(number - 5): 60, str(number): 30}
    view = await ask(rig, "a", 1, counter(used=used, least=20, most=30))
    assert (view.used, view.held, view.granted) == (90, 0, 0)
    assert view.frees_at == (number - 4) * HOUR.step + HOUR.length


async def test_room_comes_with_the_end_of_a_calendar_window_or_not_at_all(rig):
    """What is more than the maximum never fits; what waits for another machine is unknown."""
    today = day()
    full = await ask(rig, "a", 1, counter(today, {"today": 90}, least=20, most=20))
    assert full.frees_at == pytest.approx(today.end, abs=0.001)
    assert (await ask(rig, "a", 2, counter(today, least=101, most=101))).frees_at is None
    await ask(rig, "b", 1, counter(held=100, name="rolling"))
    held = await ask(rig, "a", 3, counter(least=1, most=1, name="rolling"))
    assert (held.granted, held.frees_at) == (0, None)


async def test_one_report_may_have_many_counters(rig):
    """Each is decided for itself, and answered in the order of the report."""
    asked = [
        counter(used={this_bucket(): number}, name=f"c{number}", maximum=10, least=1, most=1)
        for number in range(20)
    ]
    view = await sync(rig, "a", 1, *asked)
    assert [each.used for each in view.counters] == list(range(20))
    assert [each.granted for each in view.counters] == [1] * 10 + [0] * 10


async def test_amounts_of_nano_usd_are_exact(rig):
    """Amounts stay exact up to 2**53, which is 9 million USD."""
    most = 2**53 - 1
    bucket = this_bucket()
    view = await ask(rig, "a", 1, counter(used={bucket: most - 2}, maximum=most, held=1))
    more = await ask(rig, "b", 1, counter(used={bucket: 1}, maximum=most, least=1, most=1))
    assert (view.used, more.used, more.held) == (most - 2, most - 1, 1)


async def test_each_machine_has_its_own_maximum(rig):
    """Where limits differ, each machine keeps within its own; both are counted together."""
    await ask(rig, "a", 1, counter(used={this_bucket(): 60}))
    lower = await ask(rig, "b", 1, counter(maximum=50, least=1, most=10))
    assert (lower.used, lower.granted) == (60, 0)


# ------------------------------------------------------------------ repeated, late and lost


async def test_a_report_that_comes_twice_changes_nothing(rig):
    """A report whose answer was lost may be repeated: it is answered, and not applied again."""
    today = day()
    asked = counter(today, {"today": 7}, 5, least=1, most=10)
    first = await sync(rig, "a", 5, asked)
    again = await sync(rig, "a", 5, asked)
    late = await sync(rig, "a", 4, counter(today, {"today": 1}, 90))
    assert (first.counters[0].granted, again.counters[0].granted) == (10, 0)
    assert [view.counters[0].held for view in (first, again, late)] == [15, 15, 15]
    assert [view.is_stale for view in (first, again, late)] == [False, False, True]


async def test_a_grant_whose_answer_was_lost_is_given_back(rig):
    """By the next report, which does not have it."""
    lost = await ask(rig, "a", 1, counter(least=1, most=80))
    assert lost.granted == 50
    next_one = await ask(rig, "a", 2, counter(least=1, most=80))
    assert (next_one.held, next_one.granted) == (50, 50)


async def test_a_whole_report_empties_buckets_that_are_not_in_it(rig):
    """A ledger that lost a row is the truth: what was reported before is replaced."""
    number = int(this_bucket())
    await ask(rig, "a", 1, counter(used={str(number - 1): 5, str(number): 7}))
    part = await ask(rig, "a", 2, counter(used={str(number): 8}, is_whole=False))
    whole = await ask(rig, "a", 3, counter(used={str(number): 8}))
    assert (part.used, whole.used) == (13, 8)


async def test_a_restarted_machine_replaces_what_it_held_by_what_its_ledger_says(rig):
    """Of a lease of 50, it had used 30 when it was killed."""
    today = day()
    await ask(rig, "a", 1, counter(today, least=1, most=80))
    other = await ask(rig, "b", 1, counter(today, least=60, most=60))
    assert (other.held, other.granted) == (50, 0)
    await ask(rig, "a", 2, counter(today, {"today": 30}))
    other = await ask(rig, "b", 2, counter(today, least=60, most=60))
    assert (other.used, other.granted) == (30, 60)


async def test_an_engine_that_lost_a_counter_wants_the_whole(rig):
    """Of changes alone, it cannot know what was used: nothing is granted until all is reported."""
    await ask(rig, "a", 1, counter(used={this_bucket(): 5}))
    rig.evict("requests")
    part = await ask(rig, "a", 2, counter(is_whole=False, least=1, most=1))
    whole = await ask(rig, "a", 3, counter(used={this_bucket(): 5}, least=1, most=1))
    assert (part.wants_whole, part.granted) == (True, 0)
    assert (whole.wants_whole, whole.granted, whole.used) == (False, 1, 5)


async def test_an_engine_that_lost_everything_is_filled_again(rig):
    """Its epoch says so. The next reports have all that was used, each once."""
    today = day()
    before = await sync(rig, "a", 7, counter(today, {"today": 40}, 10))
    await sync(rig, "b", 3, counter(today, {"today": 20}))
    rig.flush()
    after = await sync(rig, "a", 8, counter(today, {"today": 40}, 10), machines=2)
    assert before.epoch != after.epoch
    assert (after.counters[0].used, after.counters[0].is_learning) == (40, True)
    filled = await sync(rig, "b", 4, counter(today, {"today": 20}), machines=2)
    assert filled.epoch == after.epoch
    view = filled.counters[0]
    assert (view.used, view.held, view.is_learning) == (60, 10, False)


async def test_while_it_is_learning_a_machine_gets_no_more_than_its_part(rig):
    """A machine says how many it knew; until as many have reported, each has 1/n."""
    first = await ask(rig, "a", 1, counter(least=1, most=100), machines=4)
    used = counter(used={this_bucket(): 20}, is_whole=False, held=5, least=1, most=100)
    second = await ask(rig, "a", 2, used, machines=4)
    assert (first.is_learning, first.granted) == (True, 12)
    assert (second.is_learning, second.granted) == (True, 0)


async def test_after_a_flush_each_gets_no_more_than_its_part_of_what_was_left(rig):
    """As the machines knew it: what the others had used, the engine does not know yet."""
    today = day()
    await ask(rig, "b", 1, counter(today, {"today": 70}))
    before = await ask(rig, "a", 1, counter(today, {"today": 20}))
    rest = 100 - before.used - before.held
    rig.flush()
    asked = {"least": 1, "most": 100, "rest": rest}
    changed = counter(today, is_whole=False, **asked)
    assert (await ask(rig, "a", 2, changed, machines=2)).wants_whole
    first = await ask(rig, "a", 3, counter(today, {"today": 20}, least=5, most=5), machines=1)
    more = await ask(rig, "a", 4, counter(today, {"today": 20}, 5, least=1, most=9), machines=1)
    assert (first.is_learning, first.granted) == (True, 5)
    assert (more.is_learning, more.granted) == (True, 0)
    second = await ask(rig, "b", 2, counter(today, {"today": 70}, **asked), machines=2)
    assert (second.is_learning, second.used, second.granted) == (False, 90, 1)


async def test_learning_ends_when_the_others_would_have_reported(rig):
    """A machine that was off when the engine was flushed may never come."""
    first = await ask(rig, "a", 1, counter(least=60, most=60), machines=2, lease_seconds=0.3)
    assert (first.is_learning, first.granted) == (True, 0)
    await rig.pass_time(0.35)
    second = await ask(rig, "a", 2, counter(least=60, most=60), machines=2, lease_seconds=0.3)
    assert (second.is_learning, second.granted) == (False, 60)


# ------------------------------------------------------------------ windows


async def test_a_window_that_is_over_grants_nothing_and_keeps_what_was_used(rig):
    """By the engine's clock: a machine whose clock is late cannot count by yesterday."""
    now = time.time()
    gone = Bucket(label="yesterday", start=now - 200, end=now - 100)
    view = await ask(rig, "a", 1, counter(gone, {"yesterday": 7}, 3, least=1, most=10))
    assert (view.used, view.held, view.granted, view.is_over) == (7, 0, 0, True)
    today = await ask(rig, "a", 2, counter(day(), {"today": 1}, 2, least=1, most=10))
    assert (today.used, today.held, today.granted, today.is_over) == (1, 12, 10, False)


async def test_a_window_that_has_not_begun_takes_nothing_from_the_one_that_goes_on(rig):
    """A machine whose clock is ahead still holds what it held."""
    today = day()
    await ask(rig, "a", 1, counter(today, {"today": 7}, 30))
    tomorrow = Bucket(label="tomorrow", start=today.end, end=today.end + 1000)
    ahead = await ask(rig, "a", 2, counter(tomorrow, {"today": 7}, 0, least=1, most=10))
    assert (ahead.granted, ahead.is_over) == (0, True)
    assert (await ask(rig, "b", 1, counter(today))).held == 30


async def test_what_a_silent_machine_held_counts_until_its_window_is_over(rig):
    """A killed daemon may have used it, up to one length of a rolling window after its report."""
    await ask(rig, "killed", 1, counter(SHORT, held=100), lease_seconds=0.1)
    held = await ask(rig, "a", 1, counter(SHORT, least=1, most=1))
    assert (held.held, held.granted) == (100, 0)
    began, sequence = time.monotonic(), 1
    with trio.fail_after(20):
        while held.granted == 0:
            await rig.pass_time(0.2)
            sequence += 1
            held = await ask(rig, "a", sequence, counter(SHORT, least=1, most=1))
    assert held.held == 1
    passed = max(time.monotonic() - began, 0.2 * (sequence - 1))  # of the engine's time
    assert passed >= 2 * SHORT.length


async def test_what_was_held_of_a_calendar_window_ends_with_it(rig):
    """Yesterday's lease takes nothing from today."""
    now = time.time()
    first = Bucket(label="first", start=now - 100, end=now + 0.4)
    second = Bucket(label="second", start=now + 0.4, end=now + 1000)
    await ask(rig, "killed", 1, counter(first, {"first": 5}, 90))
    assert (await ask(rig, "a", 1, counter(first, least=6, most=6))).granted == 0
    view = await ask(rig, "a", 2, counter(second))
    sequence = 2
    with trio.fail_after(20):
        while view.is_over:
            await rig.pass_time(0.1)
            sequence += 1
            view = await ask(rig, "a", sequence, counter(second, least=6, most=6))
    assert (view.used, view.held, view.granted) == (0, 6, 6)


async def test_buckets_leave_a_rolling_window(rig):
    """What was used longer ago than its length no longer counts, also in the sum that is kept."""
    used = {str(int(time.time())): 40}
    view = await ask(rig, "a", 1, counter(SHORT, used))
    assert view.used == 40
    with trio.fail_after(20):
        sequence = 1
        while view.used:
            await rig.pass_time(0.2)
            sequence += 1
            view = await ask(rig, "a", sequence, counter(SHORT, used, is_whole=False))
    assert (view.used, view.held) == (0, 0)


async def test_only_buckets_of_the_window_count(rig):
    """Older ones do not, and the one that comes next does: clocks differ a little."""
    number = int(time.time()) // HOUR.step
    used = {str(number - 400): 1, str(number - 300): 10, str(number + 1): 20}
    assert (await ask(rig, "a", 1, counter(used=used))).used == 30


# ------------------------------------------------------------------ machines


async def test_machines_are_those_that_reported_lately(rig):
    """A machine that is off counts as none, so that the others get more."""
    await sync(rig, "a", 1, lease_seconds=1.0)
    assert (await sync(rig, "b", 1, lease_seconds=1.0)).machines == 2
    await rig.pass_time(1.05)
    assert (await sync(rig, "b", 2, lease_seconds=1.0)).machines == 1


async def test_machines_with_other_limits_are_named(rig):
    """The digest of the limits is compared with those of machines that reported lately."""
    await sync(rig, "a", 1, limits="x")
    view = await sync(rig, "b", 1, limits="y")
    assert (view.machines, view.differing) == (2, ["a"])
    await sync(rig, "a", 2, limits="y")
    assert (await sync(rig, "b", 2, limits="y")).differing == []


async def test_another_time_zone_is_refused(rig):
    """Days and months are the same for all, so the first machine's zone counts."""
    await sync(rig, "a", 1, zone="Europe/Berlin")
    with pytest.raises(EngineRefused, match=r"Europe/Berlin, this one in UTC: write the same"):
        await sync(rig, "b", 1)
    assert [row.machine for row in await rig.engine.rows([])] == ["a"]


async def test_rows_have_each_machine(rig):
    """What each machine used and holds, and its days."""
    today, bucket = day(), this_bucket()
    use = {"2026-11-30": DayUse(3, 500, 7_000_000)}
    asked = (counter(today, {"today": 7}, 5, name="x"), counter(used={bucket: 4}, name="y"))
    await sync(rig, "a", 1, *asked, days=use)
    await sync(rig, "b", 1, counter(today, {"today": 1}, name="x"), lease_seconds=0)
    rows = await rig.engine.rows([("x", today), ("y", HOUR), ("unknown", HOUR)])
    assert [row.machine for row in rows] == ["a", "b"]
    assert rows[0] == MachineRow(
        machine="a",
        label="a",
        seen_at=rows[0].seen_at,
        is_live=True,
        used={"x": 7, "y": 4},
        held={"x": 5},
        days=use,
    )
    assert (rows[1].used, rows[1].held, rows[1].is_live) == ({"x": 1}, {}, False)


async def test_days_are_replaced_one_by_one(rig):
    """A day that a report does not have stays as it was."""
    first = {"2026-11-29": DayUse(1, 2, 3), "2026-11-30": DayUse(4, 5, 6)}
    await sync(rig, "a", 1, days=first)
    await sync(rig, "a", 2, days={"2026-11-30": DayUse(7, 8, 9)})
    await sync(rig, "a", 2, days={"2026-11-30": DayUse(0, 0, 0)})  # it comes twice
    [row] = await rig.engine.rows([])
    assert row.days == {"2026-11-29": DayUse(1, 2, 3), "2026-11-30": DayUse(7, 8, 9)}


async def test_only_days_of_two_months_are_kept(rig):
    """The oldest of more than 62 days is removed."""
    days = {
        f"2026-{month:02}-{number:02}": DayUse(1, 1, 1)
        for month in (9, 10, 11)
        for number in range(1, 29)
    }
    await sync(rig, "a", 1, days=days)
    [row] = await rig.engine.rows([])
    assert (len(row.days), min(row.days)) == (62, "2026-09-23")


async def test_a_forgotten_machine_holds_nothing_and_has_used_the_same(rig):
    """`forget` gives back what a machine held that will not come again."""
    await ask(rig, "gone", 1, counter(used={this_bucket(): 5}, held=50))
    assert await rig.engine.forget("gone")
    assert not await rig.engine.forget("gone")
    view = await ask(rig, "a", 1, counter(least=1, most=100))
    assert (view.used, view.held - view.granted) == (5, 0)
    assert [row.machine for row in await rig.engine.rows([])] == ["a"]


async def test_the_first_secret_is_kept(rig):
    """All machines hide names under the same secret."""
    assert await rig.engine.secret(b"\0\xff" * 16) == b"\0\xff" * 16
    assert await rig.engine.secret(b"other" * 6 + b"ab") == b"\0\xff" * 16


# ------------------------------------------------------------------ cooldowns


def lefts(known: Cooldowns) -> dict[str, bool]:
    """Return whether each scope still cools."""
    return {each.scope: each.left > 0 for each in known.cooldowns}


async def test_a_cooldown_reaches_all_at_once(rig):
    """What one machine learns is published, with its content, and is there for those that ask."""
    cooldown = SharedCooldown(scope="key", left=30.0, age=1.0, content={"why": "rate\nlimited"})
    async with rig.engine.changes() as changes:
        await rig.engine.cool(cooldown, "a b")
        with trio.fail_after(10):
            found = await anext(changes)
    rounded = {"left": pytest.approx(30.0), "age": pytest.approx(1.0)}
    assert msgspec.structs.asdict(found.cooldown) == {
        **msgspec.structs.asdict(cooldown),
        **rounded,
    }
    assert found == Change("a b", found.cooldown)
    known = await rig.engine.cooldowns()
    [kept] = known.cooldowns
    assert known.is_whole
    assert kept.content == cooldown.content
    assert 20 < kept.left <= 30.001
    assert 0.999 <= kept.age < 11
    same = await rig.engine.cooldowns(known.version)
    assert (same.is_whole, same.cooldowns) == (False, [])


async def test_the_later_end_is_kept_until_it_is_cleared(rig):
    """A shorter cooldown changes nothing; what began before a clearing does not come back."""
    await rig.engine.cool(SharedCooldown(scope="key", left=30.0, age=5.0), "a")
    await rig.engine.cool(SharedCooldown(scope="key", left=10.0, age=8.0), "b")
    known = await rig.engine.cooldowns()
    assert known.cooldowns[0].left > 15
    await rig.engine.cool(SharedCooldown(scope="key", left=0.0), "a")
    await rig.engine.cool(SharedCooldown(scope="key", left=60.0, age=5.0), "b")
    changed = await rig.engine.cooldowns(known.version)
    assert [(each.scope, each.left) for each in changed.cooldowns] == [("key", 0.0)]


async def test_what_began_after_a_clearing_cools(rig):
    """A success ends only what was known when its call began."""
    await rig.engine.cool(SharedCooldown(scope="key", left=30.0, age=1.0), "a")
    await rig.engine.cool(SharedCooldown(scope="key", left=0.0, age=5.0), "b")
    assert lefts(await rig.engine.cooldowns()) == {"key": True}
    await rig.engine.cool(SharedCooldown(scope="key", left=0.0, age=0.5), "b")
    assert lefts(await rig.engine.cooldowns()) == {"key": False}
    await rig.engine.cool(SharedCooldown(scope="key", left=20.0, age=0.0), "a")
    assert lefts(await rig.engine.cooldowns()) == {"key": True}


async def test_a_clearing_is_known_after_it_has_cooled_again(rig):
    """To machines that have missed it; and what began before it still does not come back."""
    await rig.engine.cool(SharedCooldown(scope="key", left=900.0, age=9.0), "a")
    known = await rig.engine.cooldowns()
    await rig.engine.cool(SharedCooldown(scope="key", left=0.0, age=1.0), "a")
    await rig.engine.cool(SharedCooldown(scope="key", left=0.9, age=0.0), "a")
    await rig.engine.cool(SharedCooldown(scope="key", left=800.0, age=8.0), "slept")
    [cooling] = (await rig.engine.cooldowns(known.version)).cooldowns
    assert 0 < cooling.left < 1
    await rig.pass_time(0.95)
    for version in (known.version, ""):
        [over] = (await rig.engine.cooldowns(version)).cooldowns
        assert over.left == 0
        assert over.age > 1
    await rig.engine.cool(SharedCooldown(scope="key", left=800.0, age=9.0), "slept")
    assert lefts(await rig.engine.cooldowns()) == {"key": False}


async def test_the_later_beginning_is_kept(rig):
    """A shorter cooldown that began later cannot be cleared by what began before it."""
    await rig.engine.cool(SharedCooldown(scope="key", left=30.0, age=9.0), "a")
    await rig.engine.cool(SharedCooldown(scope="key", left=10.0, age=1.0), "b")
    [kept] = (await rig.engine.cooldowns()).cooldowns
    assert kept.left > 15
    assert kept.age < 8
    await rig.engine.cool(SharedCooldown(scope="key", left=0.0, age=8.5), "a")
    assert lefts(await rig.engine.cooldowns()) == {"key": True}


async def test_only_what_changed_is_returned(rig):
    """And everything, with what was cleared, where the engine does not know the version."""
    await rig.engine.cool(SharedCooldown(scope="one", left=30.0, age=1.0), "a")
    await rig.engine.cool(SharedCooldown(scope="two", left=30.0, age=1.0), "a")
    known = await rig.engine.cooldowns()
    await rig.engine.cool(SharedCooldown(scope="one", left=0.0), "a")
    changed = await rig.engine.cooldowns(known.version)
    assert (changed.is_whole, lefts(changed)) == (False, {"one": False})
    everything = await rig.engine.cooldowns()
    assert (everything.is_whole, lefts(everything)) == (True, {"one": False, "two": True})
    rig.flush()
    lost = await rig.engine.cooldowns(changed.version)
    assert (lost.is_whole, lost.cooldowns) == (True, [])


async def test_a_cooldown_ends_by_itself(rig):
    """It is no longer returned."""
    await rig.engine.cool(SharedCooldown(scope="key", left=0.1), "a")
    await rig.pass_time(0.15)
    assert (await rig.engine.cooldowns()).cooldowns == []


async def test_one_machine_may_probe(rig):
    """A probe is claimed once, until it is released by the same machine."""
    assert await rig.engine.claim_probe("key", "a", 60)
    assert not await rig.engine.claim_probe("key", "b", 60)
    assert not await rig.engine.claim_probe("key", "a", 60)
    await rig.engine.release_probe("key", "b")
    assert not await rig.engine.claim_probe("key", "b", 60)
    await rig.engine.release_probe("key", "a")
    assert await rig.engine.claim_probe("key", "b", 60)


async def test_a_probe_of_a_machine_that_is_gone_ends(rig):
    """It was killed while it probed."""
    assert await rig.engine.claim_probe("key", "killed", 1.0)
    assert not await rig.engine.claim_probe("key", "a", 60)
    await rig.pass_time(1.05)
    assert await rig.engine.claim_probe("key", "a", 60)
