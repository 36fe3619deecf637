"""What is the engine's own; the contract that it keeps is in test_base."""

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import hypothesis
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aircherd.shared_state.base import (
    Bucket,
    DayUse,
    EngineRefused,
    MachineReport,
    SharedCooldown,
)
from aircherd.shared_state.engine import open_engine
from helpers.engines import impostor
from helpers.engines.using import HOUR, counter, day, report, settings
from helpers.shared_state.rig import MemoryRig, RealRig, Rig


@pytest.fixture
async def engine(running, namespace):
    async with open_engine(settings(running, namespace=namespace)) as engine:
        yield engine


def this_bucket() -> str:
    return str(int(time.time()) // HOUR.step)


async def test_another_format_is_refused(engine, running, namespace):
    """A daemon of another version, with another format of the state, must not mix with it."""
    running.command("HSET", f"{{{namespace}}}:meta", "format", "9")
    with pytest.raises(EngineRefused, match="format 9, which this version of aircher does not"):
        await engine.sync(report("a", 1), seconds=5)


async def test_a_last_report_can_be_made_when_all_is_cancelled(standing_valkey, namespace):
    """A daemon that is stopped gives back what it has leased: the connection lasts so long."""
    with trio.CancelScope() as everything:
        async with open_engine(settings(standing_valkey, namespace=namespace)) as engine:
            await engine.sync(report("a", 1, counter(held=30)), seconds=5)
            try:
                everything.cancel()
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    view = await engine.sync(report("a", 2, counter(held=2)), seconds=5)
    assert view.counters[0].held == 2


async def read_all(engine):
    await engine.rows([("requests", HOUR)])
    await engine.sync(report("a", 2, counter()), seconds=5)


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [("machines", "x", "nonsense"), ("d:a", "2026-11-30", "many"), ("c:requests", "sum", "nan")],
)
async def test_data_of_others_is_refused(standing_valkey, namespace, key, field, value):
    """Something else writes under the names that aircher uses."""
    async with open_engine(settings(standing_valkey, namespace=namespace)) as engine:
        await engine.sync(report("a", 1, counter(used={this_bucket(): 5})), seconds=5)
        standing_valkey.command("HSET", f"{{{namespace}}}:{key}", field, value)
        with pytest.raises(EngineRefused, match="choose another namespace in"):
            await read_all(engine)


@pytest.mark.parametrize("answer", [b"+OK", b":5", b"_", b"*0", b"*2\r\n*0\r\n*0", b"%0"])
async def test_answers_that_no_engine_gives_are_refused(answer):
    """Something speaks the engine's protocol, but does not know its commands."""
    with impostor(answer + b"\r\n") as url:
        async with open_engine(settings(url)) as engine:
            for ask in (engine.sync(report("a", 1), 5), engine.rows([]), engine.inspect("a")):
                with pytest.raises(EngineRefused, match="choose another namespace in"):
                    await ask
            with suppress(EngineRefused):  # some of these may be answers
                await engine.secret(b"proposed")
            with suppress(EngineRefused):
                await engine.forget("a")


async def test_a_counter_that_leads_far_ahead_holds_up_no_engine(standing_valkey, namespace):
    """Its last bucket is a number that something else has written."""
    async with open_engine(settings(standing_valkey, namespace=namespace)) as engine:
        await engine.sync(report("a", 1, counter(used={this_bucket(): 5})), seconds=5)
        standing_valkey.command("HSET", f"{{{namespace}}}:c:requests", "last", "1e17")
        [row] = await engine.rows([("requests", HOUR)])
    assert row.used == {"requests": 5}


async def test_a_foreign_message_in_the_channel_is_ignored(engine, running, namespace):
    """Who may publish there cannot stop the machines from learning."""
    async with engine.changes() as changes:
        running.command("PUBLISH", f"{{{namespace}}}:changes", "nonsense")
        await engine.cool(SharedCooldown(scope="key", left=30.0), "a")
        with trio.fail_after(10):
            assert (await anext(changes)).cooldown.scope == "key"


async def test_all_keys_are_of_the_namespace_and_expire(engine, running, namespace):
    """One hash tag keeps them on one node of a cluster; a fleet that is gone leaves nothing."""
    used = counter(used={this_bucket(): 5})
    await engine.sync(report("a", 1, used, days={"2026-11-30": DayUse(1, 1, 1)}), seconds=5)
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


async def test_an_engine_says_what_it_is(running, engine, namespace):
    """Its product, and that our user may do more than is needed."""
    facts = await engine.inspect(namespace)
    assert facts.product == ("Redis" if running.has_tls else "Valkey")
    assert facts.version
    assert (facts.policy, facts.saves, facts.is_replica) == ("noeviction", False, False)
    assert (facts.user, facts.has_password) == ("default", False)
    assert "all keys" in facts.rights
    assert facts.ms >= 0
    assert abs(facts.skew) < 60


async def test_a_user_with_few_rights_learns_less(running, namespace):
    """What it may not ask is not known, and it goes on working."""
    rights = ["~{" + namespace + "}:*", "&{" + namespace + "}:*", "-@all", "+@connection", "+time"]
    running.command("ACL", "SETUSER", "narrow", "on", "nopass", *rights, "+subscribe")
    address = running.url.replace("://", "://narrow@")
    shared = settings(address, namespace=namespace, **_ca(running))
    async with open_engine(shared) as engine:
        facts = await engine.inspect(namespace)
        again = await engine.inspect(namespace)
    running.command("ACL", "DELUSER", "narrow")
    assert (facts.version, facts.policy, facts.rights, facts.user) == (None, None, None, None)
    assert again.ms >= 0


def _ca(engine):
    return {"ca_file": str(engine.ca_file)} if engine.has_tls else {}


async def test_what_is_over_is_removed_where_others_report(standing_valkey, namespace):
    """Machines that come and go leave nothing in a counter, however many there were."""
    short = Bucket(length=1, step=1)
    key = f"{{{namespace}}}:c:requests"
    async with open_engine(settings(standing_valkey, namespace=namespace)) as engine:
        for number in range(200):
            used = counter(short, {str(int(time.time())): 1}, held=1, maximum=10**6)
            await engine.sync(report(f"runner-{number}", 1, used, lease_seconds=0.1), seconds=5)
        with trio.fail_after(30):
            for sequence in itertools.count(1):
                asked = counter(short, least=10**6, maximum=10**6)
                made = report("a", sequence, asked, lease_seconds=0.1)
                view = await engine.sync(made, seconds=5)
                is_empty = standing_valkey.command("HLEN", key) < 20
                if is_empty and view.counters[0].granted == 10**6:
                    break
                await trio.sleep(0.1)


# ------------------------------------------------------------------ the same as in memory


EXAMPLES = itertools.count()


class Step(NamedTuple):
    """What a machine does next. `used`: how much more in each of the last two buckets.

    `steps`: how much its number grows: 0 is a report that comes twice, less is one that is late.
    `lost`: the counter that the engine loses before, or `all`.
    """

    machine: str
    steps: int
    used: tuple[int, int]
    held: int
    is_whole: bool
    least: int
    most: int
    rest: int | None
    machines: int
    is_forgotten: bool
    lost: str


STEPS = st.lists(
    st.builds(
        Step,
        machine=st.sampled_from("abc"),
        steps=st.sampled_from([1, 1, 1, 1, 2, 0, -1]),
        used=st.tuples(st.integers(-2, 20), st.integers(0, 20)),
        held=st.integers(0, 30),
        is_whole=st.booleans(),
        least=st.integers(0, 25),
        most=st.integers(0, 60),
        rest=st.none() | st.integers(-5, 90),
        machines=st.integers(0, 4),
        is_forgotten=st.sampled_from([False] * 9 + [True]),
        lost=st.sampled_from([""] * 18 + ["day", "all"]),
    ),
    max_size=25,
)


class Writer:
    """Makes the reports of a machine from steps, with totals that grow."""

    def __init__(self, machine: str, today: Bucket, bucket: int) -> None:
        self._machine = machine
        self._today = today
        self._number = 5
        self._hours = {str(bucket - 1): 0, str(bucket): 0}
        self._day = {"today": 0}

    def report(self, step: Step) -> MachineReport:
        self._number += step.steps
        for name, more in zip(self._hours, step.used, strict=True):
            self._hours[name] = max(0, self._hours[name] + more)
        self._day["today"] = max(0, self._day["today"] + step.used[0])
        asks: Any = {name: getattr(step, name) for name in ("least", "most", "is_whole", "rest")}
        return report(
            self._machine,
            self._number,
            counter(HOUR, dict(self._hours), step.held, name="hour", **asks),
            counter(self._today, dict(self._day), step.held, name="day", maximum=300, **asks),
            machines=step.machines,
            limits=str(step.machines),
        )


async def replay(rig: Rig, steps: Sequence[Step], today: Bucket, bucket: int) -> list[object]:
    """Return all that an engine answers."""
    writers = {machine: Writer(machine, today, bucket) for machine in "abc"}
    answers: list[object] = []
    for step in steps:
        if step.is_forgotten:
            answers.append(await rig.engine.forget(step.machine))
        if step.lost == "all":
            rig.flush()
        elif step.lost:
            rig.evict(step.lost)
        view = await rig.engine.sync(writers[step.machine].report(step), 5)
        answers.append(structs.replace(view, now=0.0, epoch=""))
    rows = await rig.engine.rows([("hour", HOUR), ("day", today)])
    return [*answers, *(structs.replace(row, seen_at=0.0) for row in rows)]


@hypothesis.settings(max_examples=60)
@given(steps=STEPS)
async def test_the_script_answers_as_memory_does(standing_valkey, steps):
    """Whatever is reported, in whatever order: the two were written apart."""
    today, bucket = day(), int(this_bucket())
    name = f"as-memory-{next(EXAMPLES)}"
    async with open_engine(settings(standing_valkey, namespace=name)) as engine:
        answers = await replay(RealRig(standing_valkey, engine, name), steps, today, bucket)
    assert answers == await replay(MemoryRig(), steps, today, bucket)
