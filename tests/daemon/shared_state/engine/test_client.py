"""The engine as a shared state, on Valkey and on Redis with TLS."""

import time

import pytest
import trio

from aircherd.shared_state.base import (
    Bucket,
    Change,
    DayUse,
    EngineRefused,
    MachineRow,
    SharedCooldown,
)
from aircherd.shared_state.engine import open_engine
from helpers.engines.using import HOUR, counter, day, report, settings


@pytest.fixture
async def engine(running, namespace):
    async with open_engine(settings(running, namespace=namespace)) as engine:
        yield engine


def this_bucket() -> str:
    return str(int(time.time()) // HOUR.step)


async def sync(engine, machine, sequence, *counters, **more):
    return await engine.sync(report(machine, sequence, *counters, **more), seconds=5)


async def ask(engine, machine, sequence, asked, **more):
    view = await sync(engine, machine, sequence, asked, **more)
    return view.counters[0]


async def test_used_and_held_of_all_machines_are_summed(engine):
    """Each machine replaces its own part of a counter, and the answer is the sum of all."""
    today = day()
    await ask(engine, "a", 1, counter(today, {"today": 7}, 5))
    await ask(engine, "b", 1, counter(today, {"today": 9}, 3))
    view = await ask(engine, "a", 2, counter(today, {"today": 8}, 4))
    assert (view.used, view.held) == (17, 7)


async def test_a_lease_is_half_of_what_is_left_for_each_machine(engine):
    """Of a rest, each of n machines gets at most 1/2n at once, or what it needs at least."""
    first = await ask(engine, "a", 1, counter(least=1, most=80))
    second = await ask(engine, "b", 1, counter(least=1, most=80))
    third = await ask(engine, "b", 2, counter(held=12, is_whole=False, least=30, most=80))
    assert (first.granted, second.granted, third.granted) == (50, 12, 30)


async def test_what_does_not_fit_is_not_granted_and_nothing_is_held_for_it(engine):
    """Where less is left than is needed, nothing is granted, and `frees_at` says when it will."""
    number = int(this_bucket())
    used = {str(number - 5): 60, str(number): 30}
    view = await ask(engine, "a", 1, counter(used=used, least=20, most=30))
    assert (view.used, view.held, view.granted) == (90, 0, 0)
    assert view.frees_at == (number - 4) * HOUR.step + HOUR.length


async def test_a_report_that_comes_twice_changes_nothing(engine):
    """A report whose answer was lost may be repeated: it is answered, and not applied again."""
    today = day()
    asked = counter(today, {"today": 7}, 5, least=1, most=10)
    first = await sync(engine, "a", 5, asked)
    again = await sync(engine, "a", 5, asked)
    late = await sync(engine, "a", 4, counter(today, {"today": 1}, 90))
    assert (first.counters[0].granted, again.counters[0].granted) == (10, 0)
    assert [view.counters[0].held for view in (first, again, late)] == [15, 15, 15]
    assert [view.is_stale for view in (first, again, late)] == [False, False, True]


async def test_a_window_that_is_over_grants_nothing_and_keeps_what_was_used(engine):
    """By the engine's clock: a machine whose clock is late cannot count by yesterday."""
    now = time.time()
    gone = Bucket(label="yesterday", start=now - 200, end=now - 100)
    view = await ask(engine, "a", 1, counter(gone, {"yesterday": 7}, 3, least=1, most=10))
    assert (view.used, view.held, view.granted, view.is_over) == (7, 0, 0, True)
    today = await ask(engine, "a", 2, counter(day(), {"today": 1}, 2, least=1, most=10))
    assert (today.used, today.held, today.granted, today.is_over) == (1, 12, 10, False)


async def test_what_a_silent_machine_held_counts_until_its_window_is_over(engine):
    """A killed daemon may have used it: for a rolling window, for one length after its report."""
    short = Bucket(length=1, step=1)
    await ask(engine, "killed", 1, counter(short, held=100), lease_seconds=0.1)
    held = await ask(engine, "a", 1, counter(short, least=1, most=1))
    assert (held.held, held.granted) == (100, 0)
    with trio.fail_after(20):
        sequence = 1
        while held.granted == 0:
            await trio.sleep(0.2)
            sequence += 1
            held = await ask(engine, "a", sequence, counter(short, least=1, most=1))
    assert held.held == 1


async def test_buckets_leave_a_rolling_window(engine):
    """What was used longer ago than its length no longer counts, also in the sum that is kept."""
    short = Bucket(length=1, step=1)
    used = {str(int(time.time())): 40}
    view = await ask(engine, "a", 1, counter(short, used))
    assert view.used == 40
    with trio.fail_after(20):
        sequence = 1
        while view.used:
            await trio.sleep(0.2)
            sequence += 1
            view = await ask(engine, "a", sequence, counter(short, used, is_whole=False))
    assert (view.used, view.held) == (0, 0)


async def test_a_whole_report_empties_buckets_that_are_not_in_it(engine):
    """A ledger that lost a row is the truth: what was reported before is replaced."""
    number = int(this_bucket())
    await ask(engine, "a", 1, counter(used={str(number - 1): 5, str(number): 7}))
    part = await ask(engine, "a", 2, counter(used={str(number): 8}, is_whole=False))
    whole = await ask(engine, "a", 3, counter(used={str(number): 8}))
    assert (part.used, whole.used) == (13, 8)


async def test_an_engine_that_lost_a_machine_wants_the_whole(engine, running, namespace):
    """Of changes alone, it cannot know what was used: nothing is granted until all is reported."""
    await ask(engine, "a", 1, counter(used={this_bucket(): 5}))
    running.command("DEL", f"{{{namespace}}}:c:requests")
    part = await ask(engine, "a", 2, counter(is_whole=False, least=1, most=1))
    whole = await ask(engine, "a", 3, counter(used={this_bucket(): 5}, least=1, most=1))
    assert (part.wants_whole, part.granted) == (True, 0)
    assert (whole.wants_whole, whole.granted, whole.used) == (False, 1, 5)


async def test_while_it_is_learning_a_machine_gets_no_more_than_its_part(engine):
    """A machine says how many it knew; until as many have reported, each has 1/n."""
    first = await ask(engine, "a", 1, counter(least=1, most=100), machines=4)
    used = counter(used={this_bucket(): 20}, is_whole=False, held=5, least=1, most=100)
    second = await ask(engine, "a", 2, used, machines=4)
    assert (first.is_learning, first.granted) == (True, 12)
    assert (second.is_learning, second.granted) == (True, 0)


async def test_machines_with_other_limits_are_named(engine):
    """The digest of the limits is compared with those of machines that reported lately."""
    await sync(engine, "a", 1, limits="x")
    view = await sync(engine, "b", 1, limits="y")
    assert (view.machines, view.differing) == (2, ["a"])


async def test_another_time_zone_is_refused(engine):
    """Days and months are the same for all, so the first machine's zone counts."""
    await sync(engine, "a", 1, zone="Europe/Berlin")
    with pytest.raises(EngineRefused, match=r"Europe/Berlin, this one in UTC: write the same"):
        await sync(engine, "b", 1)


async def test_another_format_is_refused(engine, running, namespace):
    """A daemon of another version, with another format of the state, must not mix with it."""
    running.command("HSET", f"{{{namespace}}}:meta", "format", "9")
    with pytest.raises(EngineRefused, match="format 9, which this version of aircher does not"):
        await sync(engine, "a", 1)


async def test_amounts_of_nano_usd_are_exact(engine):
    """Amounts stay exact up to 2**53, which is 9 million USD."""
    most = 2**53 - 1
    bucket = this_bucket()
    view = await ask(engine, "a", 1, counter(used={bucket: most - 2}, maximum=most, held=1))
    more = await ask(engine, "b", 1, counter(used={bucket: 1}, maximum=most, least=1, most=1))
    assert (view.used, more.used, more.held) == (most - 2, most - 1, 1)


async def test_rows_have_each_machine(engine):
    """What each machine used and holds, and its days."""
    today, bucket = day(), this_bucket()
    use = {"2026-11-30": DayUse(3, 500, 7_000_000)}
    asked = (counter(today, {"today": 7}, 5, name="x"), counter(used={bucket: 4}, name="y"))
    await sync(engine, "a", 1, *asked, days=use)
    await sync(engine, "b", 1, counter(today, {"today": 1}, name="x"), lease_seconds=0)
    rows = await engine.rows([("x", today), ("y", HOUR), ("unknown", HOUR)])
    assert [msg.machine for msg in rows] == ["a", "b"]
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


async def test_a_forgotten_machine_holds_nothing_and_has_used_the_same(engine):
    """`forget` gives back what a machine held that will not come again."""
    await ask(engine, "gone", 1, counter(used={this_bucket(): 5}, held=50))
    assert await engine.forget("gone")
    assert not await engine.forget("gone")
    view = await ask(engine, "a", 1, counter(least=1, most=100))
    assert (view.used, view.held - view.granted) == (5, 0)
    assert [row.machine for row in await engine.rows([])] == ["a"]


async def test_only_days_of_two_months_are_kept(engine):
    """The oldest of more than 62 days is removed."""
    days = {
        f"2026-{month:02}-{number:02}": DayUse(1, 1, 1)
        for month in (9, 10, 11)
        for number in range(1, 29)
    }
    await sync(engine, "a", 1, days=days)
    [row] = await engine.rows([])
    assert (len(row.days), min(row.days)) == (62, "2026-09-23")


async def test_the_first_secret_is_kept(engine):
    """All machines hide names under the same secret."""
    assert await engine.secret(b"\0\xff" * 16) == b"\0\xff" * 16
    assert await engine.secret(b"other") == b"\0\xff" * 16


async def test_a_cooldown_reaches_all_at_once(engine):
    """What one machine learns is published, with its content, and is there for those that ask."""
    cooldown = SharedCooldown(scope="key", left=30.0, age=1.0, content={"why": "rate\nlimited"})
    async with engine.changes() as changes:
        await engine.cool(cooldown, "a b")
        with trio.fail_after(10):
            assert await anext(changes) == Change("a b", cooldown)
    known = await engine.cooldowns()
    [found] = known.cooldowns
    assert known.is_whole
    assert found.content == cooldown.content
    assert 20 < found.left <= 30
    assert 1 <= found.age < 11
    same = await engine.cooldowns(known.version)
    assert (same.is_whole, same.cooldowns) == (False, [])


async def test_a_foreign_message_in_the_channel_is_ignored(engine, running, namespace):
    """Who may publish there cannot stop the machines from learning."""
    async with engine.changes() as changes:
        running.command("PUBLISH", f"{{{namespace}}}:changes", "nonsense")
        await engine.cool(SharedCooldown(scope="key", left=30.0), "a")
        with trio.fail_after(10):
            assert (await anext(changes)).cooldown.scope == "key"


async def test_the_later_end_is_kept_until_it_is_cleared(engine):
    """A shorter cooldown changes nothing; what began before a clearing does not come back."""
    await engine.cool(SharedCooldown(scope="key", left=30.0, age=5.0), "a")
    await engine.cool(SharedCooldown(scope="key", left=10.0, age=8.0), "b")
    known = await engine.cooldowns()
    assert known.cooldowns[0].left > 15
    await engine.cool(SharedCooldown(scope="key", left=0.0), "a")
    await engine.cool(SharedCooldown(scope="key", left=60.0, age=5.0), "b")
    changed = await engine.cooldowns(known.version)
    assert [(each.scope, each.left) for each in changed.cooldowns] == [("key", 0.0)]


async def test_one_machine_may_probe(engine):
    """A probe is claimed once, until it is released by the same machine, or its time is over."""
    assert await engine.claim_probe("key", "a", 60)
    assert not await engine.claim_probe("key", "b", 60)
    await engine.release_probe("key", "b")
    assert not await engine.claim_probe("key", "b", 60)
    await engine.release_probe("key", "a")
    assert await engine.claim_probe("key", "b", 60)


async def test_all_keys_are_of_the_namespace_and_expire(engine, running, namespace):
    """One hash tag keeps them on one node of a cluster; a fleet that is gone leaves nothing."""
    await sync(
        engine, "a", 1, counter(used={this_bucket(): 5}), days={"2026-11-30": DayUse(1, 1, 1)}
    )
    await engine.cool(SharedCooldown(scope="key", left=30.0), "a")
    await engine.claim_probe("key", "a", 60)
    keys = running.command("KEYS", f"*{namespace}*")
    assert sorted(keys) == sorted(
        f"{{{namespace}}}:{name}"
        for name in (
            "meta",
            "machines",
            "live",
            "counters",
            "d:a",
            "c:requests",
            "cooldowns",
            "p:key",
        )
    )
    assert [key for key in keys if running.command("TTL", key) < 0] == []
