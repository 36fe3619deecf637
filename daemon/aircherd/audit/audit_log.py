"""Collects lines for the audit log, and writes them in the background. Nothing here waits.

    note    one line: a sign-in, a lock, a change of the configuration
    count   joined: one line per minute for what happens again and again, such as uses of a key

A line has no prompt and no key: callers pass names. While the disk is full, the daemon serves, and
`state` says how many lines are lost.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog
import trio

from aircher_wire.version import __version__
from aircherd.access.peer import Peer
from aircherd.audit import audit_file
from aircherd.audit.audit_file import Line
from aircherd.files.file_worker import FileWorker

JOIN_SECONDS = 60.0
MAX_WAITING = 1000
"""Lines that wait for the disk. Those beyond are lost, and counted."""
MAX_JOINED = 200
"""Different things that are counted in a minute; those beyond share a line."""
MAX_TEXT = 200
"""Characters of one value: a client chooses its name."""
DISK_SECONDS = 5.0

Counted = tuple[str, str | None, str | None, tuple[tuple[str, str], ...]]
"""Kind, client, program, and facts: what makes two of them equal."""


class KeyUser(Protocol):
    """The client of a request (`chat.caller.Caller`)."""

    @property
    def client(self) -> str:
        """Its name."""

    @property
    def peer(self) -> Peer | None:
        """Its process."""


log = structlog.get_logger()


class AuditLog:
    """The audit log at `path`. `clock` returns the Unix time."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._worker = FileWorker()
        self._waiting: list[Line] = []
        self.key_uses: dict[tuple[KeyUser, str, str], int] = {}
        """How often each client has used each key of a provider since the last line; counted by
        the chats themselves, because that is cheap."""
        self._joined: dict[Counted, int] = {}
        self._changed = trio.Event()
        self.lost = 0
        self.problem: str | None = None

    def note(
        self, kind: str, client: str | None = None, peer: Peer | None = None, **facts: object
    ) -> None:
        """Add a line. `client` and `peer` are those of the client that did it."""
        line = {"at": round(self._clock(), 3), "kind": kind, **_of_client(client, peer), **facts}
        self._put({name: _short(value) for name, value in line.items() if value is not None})

    def count(
        self,
        kind: str,
        client: str | None,
        peer: Peer | None,
        *facts: tuple[str, str],
        times: int = 1,
    ) -> None:
        """Count something that may happen often; equal ones of a minute are one line."""
        program = (peer.script or peer.program) if peer and peer.pid else None
        name = (kind, client, program, facts)
        if name not in self._joined and len(self._joined) >= MAX_JOINED:
            name = (kind, None, None, ())
        self._joined[name] = self._joined.get(name, 0) + times

    async def run(self) -> None:
        """Write lines as they come; never returns."""
        join_at = trio.current_time() + JOIN_SECONDS
        self.note("start", version=__version__)
        while True:
            with trio.move_on_after(max(0.0, join_at - trio.current_time())):
                await self._changed.wait()
            self._changed = trio.Event()
            if trio.current_time() >= join_at:
                self._join()
                join_at = trio.current_time() + JOIN_SECONDS
            await self._write()

    async def aclose(self) -> None:
        """Write what is left, for at most 2 s, even if cancelled."""
        self._join()
        self.note("stop")
        with trio.move_on_after(2.0, shield=True):
            await self._write()

    async def list(
        self,
        since: float | None,
        until: float | None,
        client: str | None,
        kind: str | None,
        limit: int,
    ) -> list[Line]:
        """Return the newest `limit` lines that match, the oldest first.

        Raises:
            DiskTimeout: the disk does not answer.
        """
        self._join()
        await self._write()

        def matches(line: Line) -> bool:
            at = line["at"]
            assert isinstance(at, int | float)
            return (
                (since is None or at >= since)
                and (until is None or at < until)
                and (client is None or line.get("client") == client)
                and (kind is None or line.get("kind") == kind)
            )

        def read(_: object) -> list[Line]:
            return [line for line in audit_file.read(self.path) if matches(line)][-limit:]

        return await self._worker.do(read, DISK_SECONDS)

    def state(self) -> dict[str, object]:
        """Return the row of `status`; empty while all is well."""
        if self.problem is None and not self.lost:
            return {}
        return {"audit": {"reason": self.problem or "lines were lost", "lost": self.lost}}

    # -------------------------------------------------------------- internal

    def _put(self, line: Line) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self.lost += 1
            return
        self._waiting.append(line)
        self._changed.set()

    def _join(self) -> None:
        uses = dict(self.key_uses)
        self.key_uses.clear()  # in place: the chats have it
        for found, ((user, provider, key), times) in enumerate(uses.items()):
            peer = user.peer if found < MAX_JOINED else None  # its program is looked up
            self.count(
                "key_use", user.client, peer, ("provider", provider), ("key", key), times=times
            )
        joined, self._joined = self._joined, {}
        for (kind, client, program, facts), times in joined.items():
            self.note(kind, client, None, program=program, **dict(facts), count=times)

    async def _write(self) -> None:
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        try:
            await self._worker.do(lambda _: audit_file.append(self.path, lines), DISK_SECONDS)
        except OSError as error:
            if self.problem is None:
                log.warning("audit_log_not_written", file=str(self.path), reason=error.strerror)
            self.problem = f"{self.path} cannot be written: {error.strerror}"
            self.lost += len(lines)
        else:
            self.problem = None

    def __repr__(self) -> str:
        return f"<AuditLog, {len(self._waiting)} waiting, {self.lost} lost>"


def _of_client(client: str | None, peer: Peer | None) -> Line:
    if peer is None or not peer.pid:
        return {"client": client}
    return {"client": client, "program": peer.script or peer.program, "pid": peer.pid}


def _short(value: object) -> object:
    return value[:MAX_TEXT] if isinstance(value, str) else value
