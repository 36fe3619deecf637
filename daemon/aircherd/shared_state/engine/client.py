"""The shared state of a fleet on Valkey or Redis."""

import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager

import msgspec
import structlog
import trio
from coredis.exceptions import NoScriptError

from aircherd.config.model import Shared
from aircherd.shared_state.base import (
    Bucket,
    Change,
    Cooldowns,
    EngineRefused,
    FleetView,
    MachineReport,
    MachineRow,
    SharedCooldown,
    SharedStateError,
)
from aircherd.shared_state.engine import encoding, explanations, records, scripts
from aircherd.shared_state.engine.connecting import PasswordJudge, PasswordReader
from aircherd.shared_state.engine.link import CONNECT_SECONDS, Link
from aircherd.shared_state.engine_facts import EngineFacts, read_info, read_user

CALL_SECONDS = 1.0
ROWS_SECONDS = 5.0
PROBE_SECONDS = 0.1
"""Deadlines. Requests wait for a probe, people for rows."""

MAX_USER = 128
"""Characters, as many as its name has in `[shared]`."""
MANY = 200
"""Commands that are sent together."""
MACHINES = 10
"""For how many a counter is added up at once: a few milliseconds for an hour's window."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_engine(
    shared: Shared,
    password: PasswordReader | None = None,
    on_password: PasswordJudge | None = None,
) -> AsyncIterator["Engine"]:
    """Use an engine for the duration of the context. It need not be there, now or later.

    A connection is made in the background, and made again when it is lost; calls raise while there
    is none. `password` is asked for each connection, and `on_password` learns what the engine says
    of it.
    """
    channel = f"{{{shared.namespace}}}:changes"
    link = Link(shared, password or _without_password, on_password or _ignore, channel)
    # Who is cancelled may still have something to report: what is leased is given back.
    kept = trio.CancelScope(shield=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_keep, link, kept)
        try:
            yield Engine(link, shared.namespace)
        finally:
            kept.cancel()


async def _keep(link: Link, scope: trio.CancelScope) -> None:
    with scope:
        await link.run()


async def _without_password() -> None:
    return None


async def _ignore(_refusal: str | None) -> None:
    return None


async def try_password(shared: Shared, password: str) -> SharedStateError | None:
    """Return why an engine cannot be used with a password; None if it can."""

    async def read() -> str:
        return password

    async with open_engine(shared, read) as engine:
        try:
            await engine.ping()
        except SharedStateError as error:
            return error
    return None


class Engine:
    """An engine as a `SharedState`; see there. `open_engine` makes it."""

    def __init__(self, link: Link, namespace: str) -> None:
        self._link = link
        self._start = f"{{{namespace}}}:"

    def try_now(self) -> None:
        """Connect now if there is no connection: what was wrong may be right, as a password."""
        self._link.try_now()

    async def ping(self) -> None:
        """Reach the engine once.

        Raises:
            SharedStateError: it cannot be reached.
        """
        await self._link.ask(trio.current_time() + CONNECT_SECONDS, (b"PING",))

    # -------------------------------------------------------------- limits

    async def sync(self, report: MachineReport, seconds: float) -> FleetView:
        """Take over a machine's report, and grant what it asks for, in one step."""
        keys = [
            *self._keys("meta", "machines", "live", "counters", f"d:{report.machine}"),
            *self._keys(*(f"c:{counter.name}" for counter in report.counters)),
        ]
        answer = await self._run(scripts.SYNC, keys, encoding.pack_report(report), seconds)
        with self._reading():
            kind, *rest = encoding.as_list(answer)
            if kind == b"ok":
                view = encoding.unpack_view(rest)
                if len(view.counters) != len(report.counters):
                    raise ValueError("other counters")
                return view
            reason = encoding.refusal(kind, rest[0], report.zone)
        raise EngineRefused(reason)

    async def rows(self, counters: Sequence[tuple[str, Bucket]]) -> list[MachineRow]:
        """Return all machines of the last 62 days, with what each used under these counters."""
        deadline = trio.current_time() + ROWS_SECONDS
        [key] = self._keys("machines")
        clock, size = await self._link.ask(deadline, (b"TIME",), (b"HLEN", key))
        with self._reading():
            now = encoding.as_clock(clock)
            if not isinstance(size, int) or size > encoding.MAX_MACHINES:
                raise ValueError("too many machines")
            [known] = await self._hashes(["machines"], deadline)
            machines = records.read_machines(known)
            ids = [each.machine for each in machines]
            amounts = {
                name: await self._amounts(name, bucket, ids, deadline) for name, bucket in counters
            }
            days = await self._hashes([f"d:{each}" for each in ids], deadline)
            return [
                records.make_row(machine, amounts, use, now)
                for machine, use in zip(machines, days, strict=True)
            ]

    async def _amounts(
        self, name: str, bucket: Bucket, machines: Sequence[str], deadline: float
    ) -> Mapping[str, records.Amounts]:
        """Return what machines used of a counter, in pieces that hold up no one else."""
        found: dict[str, records.Amounts] = {}
        for at in range(0, len(machines), MACHINES):
            some = machines[at : at + MACHINES]
            window: encoding.Words = [bucket.length, bucket.step, bucket.label]
            words = [*window, repr(float(bucket.end)), *some]
            seconds = deadline - trio.current_time()
            answer = await self._run(scripts.ROWS, self._keys(f"c:{name}"), words, seconds)
            found |= records.unpack_amounts(answer, some)
        return found

    async def forget(self, machine: str) -> bool:
        """Forget a machine and what it holds, not what it used; return whether it was known."""
        deadline = trio.current_time() + ROWS_SECONDS
        [names] = await self._link.ask(deadline, (b"ZRANGE", self._start + "counters", 0, -1))
        with self._reading():
            counters = [encoding.as_text(name) for name in encoding.as_list(names)]
        keys = self._keys("machines", "live", *(f"c:{name}" for name in counters))
        return await self._run(scripts.FORGET, keys, [machine], ROWS_SECONDS) == 1

    async def secret(self, proposed: bytes) -> bytes:
        """Return the secret that hides names: `proposed` if the namespace has none yet."""
        [key] = self._keys("secret")
        deadline = trio.current_time() + CALL_SECONDS
        _, kept = await self._link.ask(deadline, (b"SET", key, proposed, b"NX"), (b"GET", key))
        with self._reading():
            found = encoding.as_bytes(kept)
            if len(found) != len(proposed):
                raise ValueError("no secret")
        return found

    async def inspect(self, namespace: str) -> EngineFacts:
        """Return what the engine says of itself, as far as this user may ask."""
        deadline = trio.current_time() + ROWS_SECONDS
        began, clock = trio.current_time(), time.time()
        [answer] = await self._link.ask(deadline, (b"TIME",))
        seconds = trio.current_time() - began
        with self._reading():
            now = encoding.as_clock(answer)
        found = read_info(_text(await self._ask_if_allowed(deadline, b"INFO")))
        user = _text(await self._ask_if_allowed(deadline, b"ACL", b"WHOAMI"))[:MAX_USER] or None
        rights = await self._ask_if_allowed(deadline, b"ACL", b"GETUSER", user or "default")
        with self._reading():
            if isinstance(rights, dict):
                found |= read_user(rights, namespace)
            facts = {"ms": 1000 * seconds, "skew": now - clock - seconds / 2, "user": user, **found}
            return msgspec.convert(facts, EngineFacts)

    async def _ask_if_allowed(self, deadline: float, *command: bytes | str) -> object:
        """Return an answer, None if this user may not have it."""
        try:
            [answer] = await self._link.ask(deadline, command)
        except EngineRefused:
            return None
        return answer

    # -------------------------------------------------------------- cooldowns

    async def cool(self, cooldown: SharedCooldown, machine: str) -> None:
        """Tell all that something cools, or with `left` 0 that it no longer does."""
        arguments: encoding.Words = [
            cooldown.scope,
            repr(float(cooldown.left)),
            repr(float(cooldown.age)),
            records.pack_content(cooldown),
            machine,
            self._start + "changes",
            secrets.token_hex(8),
        ]
        await self._run(scripts.COOL, self._keys("cooldowns"), arguments, CALL_SECONDS)

    async def cooldowns(self, version: str = "") -> Cooldowns:
        """Return what has changed since `version`; everything if it is not known."""
        epoch, _, number = version.partition(":")
        arguments: encoding.Words = [epoch, number, secrets.token_hex(8)]
        answer = await self._run(
            scripts.COOLDOWNS, self._keys("cooldowns"), arguments, CALL_SECONDS
        )
        with self._reading():
            return records.unpack_cooldowns(encoding.as_list(answer))

    async def claim_probe(self, scope: str, machine: str, seconds: float) -> bool:
        """Return whether this machine may probe: one at a time may, for at most so long."""
        [key] = self._keys(f"p:{scope}")
        milliseconds = max(1, round(seconds * 1000))
        deadline = trio.current_time() + PROBE_SECONDS
        command = (b"SET", key, machine, b"NX", b"PX", milliseconds)
        [answer] = await self._link.ask(deadline, command)
        return answer is not None

    async def release_probe(self, scope: str, machine: str) -> None:
        """Let another machine probe."""
        await self._run(scripts.RELEASE_PROBE, self._keys(f"p:{scope}"), [machine], CALL_SECONDS)

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[Change]]:
        """Receive what machines learn, as it happens, over all connections to come."""
        deadline = trio.current_time() + CALL_SECONDS
        async with self._link.messages(deadline) as messages, aclosing(_read(messages)) as changes:
            yield changes

    # -------------------------------------------------------------- asking

    async def _run(
        self,
        script: scripts.Script,
        keys: Sequence[str],
        arguments: Sequence[bytes | str | float],
        seconds: float,
    ) -> object:
        """Return what a script returns. An engine that has lost it gets its text."""
        deadline = trio.current_time() + seconds
        words = (len(keys), *keys, *arguments)
        try:
            [answer] = await self._link.ask(deadline, (b"EVALSHA", script.sha, *words))
        except NoScriptError:
            [answer] = await self._link.ask(deadline, (b"EVAL", script.text, *words))
        return answer

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Refuse what the scripts cannot have written."""
        try:
            yield
        except (ValueError, TypeError, LookupError) as error:
            raise explanations.foreign(self._link.address) from error

    async def _hashes(self, names: Sequence[str], deadline: float) -> list[Mapping[str, bytes]]:
        found: list[object] = []
        for at in range(0, len(names), MANY):
            keys = self._keys(*names[at : at + MANY])
            found += await self._link.ask(deadline, *((b"HGETALL", key) for key in keys))
        return [_as_hash(each) for each in found]

    def _keys(self, *names: str) -> list[str]:
        return [self._start + name for name in names]

    def __repr__(self) -> str:
        return f"<Engine: {self._link!r}>"


def _text(answer: object) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else ""


def _as_hash(answer: object) -> Mapping[str, bytes]:
    """Return a hash of an answer; raises ValueError if it is none."""
    if not isinstance(answer, dict):
        raise ValueError("no hash")  # noqa: TRY004 - as all others that are wrong in an answer
    return {encoding.as_text(field): encoding.as_bytes(value) for field, value in answer.items()}


async def _read(messages: trio.MemoryReceiveChannel[bytes]) -> AsyncGenerator[Change, None]:
    async for payload in messages:
        try:
            yield records.unpack_change(payload)
        except ValueError:  # also what msgspec and decoding raise
            _log.warning("shared_state.foreign_message", size=len(payload))
