"""Collects lines for the audit log, and writes them in the background. Nothing here waits.

    note    one line: a sign-in, a lock, a change of the configuration
    count   joined: one line per minute for what happens again and again, such as uses of a key

A line has no prompt and no key: callers pass names, and what looks like a key in them is redacted.
Of one kind, a hundred lines are written in a minute; the others are counted, so that a client
cannot push out what happened before. While the disk is full, the daemon serves, and `state` says
how many lines are lost.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import structlog
import trio

from aircher_wire import audit_lines
from aircher_wire.audit_lines import Line
from aircher_wire.version import __version__
from aircherd.access.peer import Peer
from aircherd.audit import audit_file
from aircherd.files.file_worker import FileWorker

JOIN_SECONDS = 60.0
MAX_WAITING = 1000
"""Lines that wait for the disk. Those beyond are lost, and counted."""
MAX_NOTED = 100
"""Lines of one kind in a minute. Those beyond are counted."""
MAX_JOINED = 200
"""Different things that are counted in a minute; those beyond share a line."""
MAX_OF_STRANGERS = 10
"""Of these, different ones of a kind that come from outside: anyone who reaches the port makes as
many as it likes, and would push out what happened before, or hide what happens now."""
STRANGE = frozenset({"refused_page", "refused_token", "refused_peer"})
"""Kinds of what is refused before it is known who it is."""
MAX_TEXT = 200
"""Characters of one value: a client chooses its name."""
MAX_LISTED = 20
"""Entries of one list."""
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


KeyUses = defaultdict[tuple[KeyUser, str, str | None], int]

log = structlog.get_logger()


class AuditLog:
    """The audit log at `path`. `clock` returns the Unix time; `redact` hides keys in a text."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        redact: Callable[[str], str] = str,
    ) -> None:
        self.path = path
        self._clock = clock
        self._redact = redact
        self._worker = FileWorker()
        self._waiting: list[Line] = []
        self.key_uses: KeyUses = defaultdict(int)
        """How often each client has used each key of a provider since the last line; counted by
        the chats themselves, because that is cheap. The key is None where none is needed."""
        self._joined: dict[Counted, int] = {}
        self._noted: dict[str, int] = {}
        self._changed = trio.Event()
        self.lost = 0
        self.problem: str | None = None

    def note(
        self, kind: str, client: str | None = None, peer: Peer | None = None, /, **facts: object
    ) -> None:
        """Add a line. `client` and `peer` are those of the client that did it."""
        noted = self._noted[kind] = self._noted.get(kind, 0) + 1
        if noted > MAX_NOTED:
            self.count(kind, client, peer, *_outcome(facts))
        else:
            self._put(self._line(kind, {**_of_client(client, peer), **facts}))

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
        if name not in self._joined and not self._has_room(kind):
            name = (kind, None, None, ())
        self._joined[name] = self._joined.get(name, 0) + times

    def _has_room(self, kind: str) -> bool:
        """Return whether one more of a kind may have a line of its own in this minute."""
        if len(self._joined) >= MAX_JOINED:
            return False
        if kind not in STRANGE:
            return True
        return sum(each[0] == kind for each in self._joined) < MAX_OF_STRANGERS

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
                self._noted.clear()
                join_at = trio.current_time() + JOIN_SECONDS
            await self._write()

    async def aclose(self) -> None:
        """Write what is left, for at most 2 s, even if cancelled."""
        self._join()
        self._put(self._line("stop", {}))
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
            OSError: the file cannot be read, or the disk does not answer.
        """
        await self._write()
        # Not written: a client that asks often would make a line of each refusal.
        counted = self._counted_lines()

        def read(_: object) -> list[Line]:
            lines = [*audit_lines.read(self.path), *counted]
            found = [
                line for line in lines if audit_lines.matches(line, since, until, client, kind)
            ]
            return found[-limit:]

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
        for line in self._counted_lines():
            self._put(line)
        self._joined.clear()

    def _counted_lines(self) -> Sequence[Line]:
        """Return a line for each thing that was counted; uses of keys are counted in first."""
        uses = {use: times for use, times in self.key_uses.items() if use[2] is not None}
        self.key_uses.clear()  # in place: the chats have it
        for found, ((user, provider, key), times) in enumerate(uses.items()):
            peer = user.peer if found < MAX_JOINED else None  # its program is looked up
            self.count(
                "key_use",
                user.client,
                peer,
                ("provider", provider),
                ("key", key or ""),
                times=times,
            )
        return [
            self._line(kind, {"client": client, "program": program, **dict(facts), "count": times})
            for (kind, client, program, facts), times in self._joined.items()
        ]

    def _line(self, kind: str, facts: Line) -> Line:
        line = {"at": round(self._clock(), 3), "kind": kind, **facts}
        return {name: self._shown(value) for name, value in line.items() if value is not None}

    def _shown(self, value: object) -> object:
        if isinstance(value, str):
            # Before it is cut: half of a key is one, too.
            return self._redact(value[: 2 * MAX_TEXT])[:MAX_TEXT]
        if isinstance(value, list | tuple):
            return [self._shown(each) for each in value[:MAX_LISTED]]
        return value

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


def _outcome(facts: Mapping[str, object]) -> list[tuple[str, str]]:
    return [("outcome", str(facts["outcome"]))] if "outcome" in facts else []
