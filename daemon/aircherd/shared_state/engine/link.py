"""Keeps a connection to an engine, and opens another one when it ends, for good."""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import NamedTuple, Never, TypeAlias

import anyio
import trio
from coredis.connection import BaseConnection
from coredis.connection._request import Request
from coredis.exceptions import MovedError, NoScriptError, ReadOnlyError, RedisError

from aircherd.config.model import Shared
from aircherd.errors import AircherError
from aircherd.shared_state.base import EngineRefused, PasswordRefused, SharedStateError
from aircherd.shared_state.engine import explanations
from aircherd.shared_state.engine.connecting import (
    PasswordJudge,
    PasswordReader,
    open_connection,
)

Command: TypeAlias = tuple[bytes | str | float, ...]
"""The name of a command, and its arguments."""

CONNECT_SECONDS = 5.0
SILENT_SECONDS = 5.0
"""A connection that is silent for so long, although it was asked, is given up."""
FIRST_PAUSE = 0.2
LAST_PAUSE = 5.0
LAST_PAUSE_REFUSED = 30.0
STEADY_SECONDS = 5.0
"""Seconds between attempts, doubled; after a connection that was kept for long there is none."""
MAX_WAITING = 1024
"""Messages that wait for one receiver; further ones are lost."""

LOST = (
    RedisError,
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    ValueError,
    LookupError,
    TypeError,
)
"""What coredis and anyio raise where a connection is lost or an answer is an error.

The last three are what its parser raises where an answer cannot be one.
"""


class Link:
    """One connection at a time, kept by `run`; `ask` uses it, `messages` receives from a channel.

    What was asked and not answered in time is answered later, in order, so nothing else is asked
    until then: it would wait, too.
    """

    def __init__(
        self,
        shared: Shared,
        read_password: PasswordReader,
        judge_password: PasswordJudge,
        channel: str,
    ) -> None:
        self.address = shared.address
        self._shared = shared
        self._read_password = read_password
        self._judge_password = judge_password
        self._channel = channel
        self._connection: BaseConnection | None = None
        self._problem: SharedStateError | None = None
        self._overdue: Request | None = None
        self._overdue_since = math.inf
        self._changed = trio.Event()
        self._try_now = trio.Event()
        self._receivers: set[trio.MemorySendChannel[bytes]] = set()

    # -------------------------------------------------------------- asking

    async def ask(self, deadline: float, *commands: Command) -> list[object]:
        """Return the answers to commands that are sent together.

        `deadline` is a time of trio's clock.

        Raises:
            NoScriptError: a script is not known to the engine.
            SharedStateError: the engine has refused one, or did not answer in time.
        """
        began = trio.current_time()
        connection = await self._wait_connected(deadline)
        requests: list[Request] = []
        with trio.move_on_at(deadline):
            try:
                requests += [_request(connection, command) for command in commands]
                return [await request for request in requests]
            except NoScriptError:
                raise
            except LOST as error:
                self._drop_if_moved(connection, error)
                raise explanations.explain(error, self.address) from error
        self._note_overdue(requests, began)
        raise explanations.silent(self.address, deadline - began)

    async def _wait_connected(self, deadline: float) -> BaseConnection:
        """Return the connection; wait for one only where nothing is known to be wrong."""
        began = trio.current_time()
        with trio.move_on_at(deadline):
            while True:
                self._raise_problem()
                if self._connection is not None:
                    return self._connection
                await self._changed.wait()
        raise explanations.connecting(self.address, deadline - began)

    def _raise_problem(self) -> None:
        if self._overdue is not None and not self._overdue.complete:
            raise explanations.silent(self.address, trio.current_time() - self._overdue_since)
        if self._problem is not None:
            raise type(self._problem)(self._problem.message)

    def _note_overdue(self, requests: Sequence[Request], began: float) -> None:
        if self._overdue is None or self._overdue.complete:
            self._overdue = next((each for each in requests if not each.complete), None)
            self._overdue_since = began
            self._tell()

    def _drop_if_moved(self, connection: BaseConnection, error: BaseException) -> None:
        """After a failover the same name leads elsewhere: resolve it again."""
        if isinstance(error, ReadOnlyError | MovedError):
            connection.invalidate()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    @asynccontextmanager
    async def messages(self, deadline: float) -> AsyncIterator[trio.MemoryReceiveChannel[bytes]]:
        """Receive what is published in the channel, over all connections to come.

        Raises:
            SharedStateError: there is no connection in time.
        """
        await self._wait_connected(deadline)
        give, take = trio.open_memory_channel[bytes](MAX_WAITING)
        self._receivers.add(give)
        try:
            with give, take:
                yield take
        finally:
            self._receivers.discard(give)

    # -------------------------------------------------------------- keeping

    def try_now(self) -> None:
        """End the pause before the next attempt: what was wrong may be right now."""
        self._try_now.set()

    async def run(self) -> Never:
        """Keep a connection, for good."""
        pause = FIRST_PAUSE
        while True:
            kept = await self._keep_one()
            if kept > STEADY_SECONDS and self._problem is None:
                pause = FIRST_PAUSE
                continue
            with trio.move_on_after(pause):
                await self._try_now.wait()
                self._try_now = trio.Event()
            is_final = isinstance(self._problem, EngineRefused)
            pause = min(2 * pause, LAST_PAUSE_REFUSED if is_final else LAST_PAUSE)

    async def _keep_one(self) -> float:
        """Open a connection and keep it to its end; return for how many seconds."""
        async with trio.open_nursery() as nursery:
            opened = await self._open(nursery)
            began = trio.current_time()
            if opened is not None:
                connection, ended = opened
                self._connection, self._problem, self._overdue = connection, None, None
                self._tell()
                nursery.start_soon(self._receive, connection)
                nursery.start_soon(self._watch, connection)
                try:
                    await ended.wait()
                finally:
                    self._connection = None
            nursery.cancel_scope.cancel()
        return trio.current_time() - began

    async def _open(self, nursery: trio.Nursery) -> tuple[BaseConnection, trio.Event] | None:
        """Return a connection that runs in the nursery, and what is set when it ends.

        None if there is none; `_problem` says why.
        """
        if (found := await self._find_password()) is None:
            return None
        ended = trio.Event()
        with trio.move_on_after(CONNECT_SECONDS) as scope:
            try:
                connection = await open_connection(self._shared, found.password)
                await nursery.start(partial(_run, connection, ended))
                # What it answers to a subscription is no answer to a request. If it refuses, that
                # is taken for the answer to the next one: so this one is asked before all others.
                connection.send_command(b"SUBSCRIBE", self._channel)
                await connection.create_request(b"PING")
            except SharedStateError as problem:
                self._fail(problem)
                return None
            except LOST as error:
                # A cancelled attempt ends with coredis's own error.
                if not scope.cancel_called:
                    await self._fail_opening(error, has_password=found.password is not None)
                    return None
            else:
                await self._judge_password(None)
                return connection, ended
        self._fail(explanations.not_connected(self.address, CONNECT_SECONDS))
        return None

    async def _find_password(self) -> "_Found | None":
        """Return the password; None if it cannot be read, and `_problem` says why."""
        with trio.move_on_after(CONNECT_SECONDS):
            try:
                return _Found(await self._read_password())
            except AircherError as error:
                self._fail(explanations.without_password(self.address, error.message))
                return None
        reason = f"it could not be read within {CONNECT_SECONDS:g} s"
        self._fail(explanations.without_password(self.address, reason))
        return None

    async def _fail_opening(self, error: BaseException, *, has_password: bool) -> None:
        problem = explanations.explain(error, self.address, is_opening=True)
        if isinstance(problem, PasswordRefused):
            if not has_password:
                problem = explanations.needs_password(self.address)
            await self._judge_password(problem.message)
        self._fail(problem)

    def _fail(self, problem: SharedStateError) -> None:
        self._problem = problem
        self._tell()

    async def _receive(self, connection: BaseConnection) -> None:
        """Give what is published to all receivers."""
        # At its end, the connection raises here, too; `_keep_one` opens another one.
        with suppress(RedisError):
            async with aclosing(connection.push_messages) as messages:
                async for message in messages:
                    match message:
                        case [b"message", _, bytes(payload)]:
                            self._give(payload)

    def _give(self, payload: bytes) -> None:
        for receiver in self._receivers:
            with suppress(trio.WouldBlock):  # lost: so receivers poll, too
                receiver.send_nowait(payload)

    async def _watch(self, connection: BaseConnection) -> None:
        """Give the connection up when it has been silent for too long."""
        while True:
            request = await self._wait_overdue()
            with trio.move_on_after(SILENT_SECONDS):
                with suppress(*LOST):
                    await request
                continue
            self._fail(explanations.silent(self.address, SILENT_SECONDS))
            connection.invalidate()
            return

    async def _wait_overdue(self) -> Request:
        while self._overdue is None or self._overdue.complete:
            await self._changed.wait()
        return self._overdue

    def __repr__(self) -> str:
        state = self._problem or ("connected" if self._connection else "connecting")
        return f"<Link to {self.address.origin}: {state}>"


class _Found(NamedTuple):
    """A password that could be read; None: the engine has none."""

    password: str | None


async def _run(
    connection: BaseConnection, ended: trio.Event, *, task_status: trio.TaskStatus[None]
) -> None:
    try:
        await connection.run(task_status=task_status)
    finally:
        ended.set()


def _request(connection: BaseConnection, command: Command) -> Request:
    name, *arguments = command
    assert isinstance(name, bytes)
    return connection.create_request(name, *arguments, decode=False)
