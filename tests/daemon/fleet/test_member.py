"""One machine with a real ledger, on an engine in memory."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec
import trio

from aircherd.config.model import EngineAddress, Limit, Shared
from aircherd.events import Event, EventBus
from aircherd.fleet import member
from aircherd.fleet.member import FleetMember, engine_opener
from aircherd.fleet.password import EnginePassword
from aircherd.shared_state.base import SharedState
from aircherd.shared_state.memory import MemoryEngine
from aircherd.usage.ledger.ledger import Ledger, open_ledger
from aircherd.usage.limits.backfill import Backfill
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.secret import Secret
from helpers.auth import Rig
from helpers.background_files import WrittenAtOnce
from helpers.engines import valkey
from helpers.engines.using import settings
from helpers.ledger.attempts import NOW, settled, started

SHARED = Shared(address=EngineAddress(scheme="redis", host="localhost"), machine="laptop")
LIMITS = [Limit(per="day", requests=100, is_shared=True)]


class Parts(NamedTuple):
    """A member and what it works with."""

    member: FleetMember
    limits: LimitTracker
    ledger: Ledger
    events: list[Event]


def clock() -> float:
    return NOW


@asynccontextmanager
async def opened(engine: SharedState) -> AsyncIterator[SharedState]:
    yield engine


@asynccontextmanager
async def machine(
    folder: Path, engine: SharedState, shared: Shared = SHARED
) -> AsyncIterator[Parts]:
    """Run a machine whose ledger is in a folder."""

    def open_engine(_: Shared) -> AbstractAsyncContextManager[SharedState]:
        return opened(engine)

    async with open_ledger(folder / "ledger.db", clock=clock) as ledger:
        limits = LimitTracker(clock, steady=ledger.steady)
        backfill = Backfill(ledger, limits)
        bus, events = EventBus(), list[Event]()
        bus.subscribe(("shared",), events.append)
        made = FleetMember(
            shared,
            ledger,
            limits,
            backfill,
            bus=bus,
            path=folder / "fleet.json",
            files=WrittenAtOnce(),
            open_engine=open_engine,
        )
        backfill.configure(LIMITS)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(backfill.run)
            nursery.start_soon(made.run)
            yield Parts(made, limits, ledger, events)
            nursery.cancel_scope.cancel()


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition()` is true."""
    with trio.fail_after(10):
        while not condition():  # noqa: ASYNC110 -- what it looks at has no event
            await trio.sleep(0.005)


def use(ledger: Ledger, requests: int) -> None:
    """Record requests that have ended."""
    for _ in range(requests):
        ledger.settle(ledger.begin(started()), settled())


async def test_what_an_earlier_run_used_is_reported(tmp_path):
    """Also by a daemon that was killed: the engine lost it, the ledger has it."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    engine = MemoryEngine(clock)
    async with open_ledger(tmp_path / "a" / "ledger.db", clock=clock) as ledger:
        use(ledger, 7)
    async with machine(tmp_path / "a", engine) as first:
        await until(lambda: first.limits.status()[0].used == 7)
        async with machine(tmp_path / "b", engine) as second:
            await until(lambda: second.limits.status()[0].used == 7)
            assert second.limits.status()[0].used_here == 0
            assert second.member.own_days() == {}
        await until(first.member.own_days)
        assert first.member.own_days()["2026-11-22"].requests == 7


async def test_people_see_the_machines(tmp_path):
    engine = MemoryEngine(clock)
    async with machine(tmp_path, engine) as parts:
        assert parts.member.status().state == "starting"
        assert (await parts.member.machines()).problem
        await until(lambda: parts.member.status().state == "ok")
        await until(lambda: parts.member.sharing.counters[0].share.view is not None)
        status = parts.member.status()
        assert (status.label, status.machines, status.reason) == ("laptop", 1, None)
        [limit] = parts.limits.status()
        assert parts.member.counter_name(limit) == parts.member.sharing.counters[0].share.name
        [row] = (await parts.member.machines()).rows
        assert (row.machine, row.label) == (status.machine, "laptop")
        assert await parts.member.forget(row.machine)


async def test_an_outage_is_an_event_with_its_reason(tmp_path):
    engine = MemoryEngine(clock)
    async with machine(tmp_path, engine) as parts:
        await until(lambda: parts.member.status().state == "ok")
        engine.is_away = True
        parts.member.sharing.ask_now()
        await until(lambda: parts.member.status().state == "away")
        assert parts.member.status().reason
        engine.is_away, engine.refusal = False, "wrong password"
        await until(lambda: parts.member.status().state == "refused")
        engine.refusal = None
        await until(lambda: parts.member.status().state == "ok")
    states = [event.data["state"] for event in parts.events]
    assert list(dict.fromkeys(states)) == ["ok", "away", "refused"]
    assert states[-1] == "ok"
    assert parts.events[-1].data.get("reason") is None


def again_knows(asked: FleetMember, machines: int) -> bool:
    """Have the engine asked at once; return whether it has said so many before."""
    asked.sharing.ask_now()
    return asked.sharing.state.machines == machines


async def test_how_many_machines_there_were_is_known_after_a_start_without_the_engine(tmp_path):
    (tmp_path / "b").mkdir()
    engine = MemoryEngine(clock)
    async with machine(tmp_path, engine) as first, machine(tmp_path / "b", engine):
        await until(lambda: again_knows(first.member, 2))
    engine.is_away = True
    async with machine(tmp_path, engine) as again:
        assert again.member.sharing.state.machines == 2


async def test_a_damaged_file_is_ignored(tmp_path):
    (tmp_path / "fleet.json").write_text("{")
    async with machine(tmp_path, MemoryEngine(clock)) as parts:
        assert parts.member.sharing.state.parts == 2


async def test_what_happens_in_an_outage_can_be_changed_at_once(tmp_path):
    async with machine(tmp_path, MemoryEngine(clock)) as parts:
        refusing = Shared(address=SHARED.address, machine="laptop", on_outage="refuse")
        assert parts.member.adopt(refusing)
        assert parts.member.sharing.state.on_outage == "refuse"
        renamed = Shared(address=SHARED.address, machine="other")
        assert not parts.member.adopt(renamed)


async def test_one_that_has_left_shares_nothing(tmp_path):
    async with machine(tmp_path, MemoryEngine(clock)) as parts:
        parts.member.leave()
        assert parts.limits.sharing is None


async def test_an_internal_error_ends_neither_the_daemon_nor_the_sharing(tmp_path, monkeypatch):
    """It counts as an outage, and is tried again."""
    engine = MemoryEngine(clock)
    right = engine.sync
    monkeypatch.setattr(member, "FAILED_SECONDS", 0.05)

    async def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError

    engine.sync = fail  # type: ignore[method-assign]
    async with machine(tmp_path, engine) as parts:
        await until(lambda: "internal error" in (parts.member.status().reason or ""))
        engine.sync = right  # type: ignore[method-assign]
        await until(lambda: parts.member.status().state == "ok")


async def test_an_engine_is_opened_with_its_password(tmp_path):
    """What the daemon opens is a real engine."""
    rig = Rig(tmp_path)
    with valkey(password="canary-7c21") as running:
        shared = settings(running)
        rig.config = msgspec.structs.replace(rig.config, shared=shared)
        await rig.auth.stored.login("shared", Secret("canary-7c21"), verify=False)
        async with engine_opener(EnginePassword(rig.auth))(shared) as engine:
            assert (await engine.inspect("aircher")).product == "Valkey"
