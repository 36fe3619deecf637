"""Closes and opens the lock: by command, at a time, and when the lifetime of the keys is over.

    lock     close -> forget every key in memory -> tell clients -> remember it on disk
    unlock   forget the record on disk -> open -> read the keys again -> tell clients
    run      opens a lock at its time, and closes one after `[auth] lifetime`

Locking needs no proof, so it never opens anything: it does not shorten a lock, and a lock that
opens at its time does not renew the lifetime.

Keys are forgotten before the disk is written, since a disk may hang. A request whose key was given
out before goes on to its end; it gets no other key, so a retry or a fallback that needs one fails.
"""

import math
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import structlog
import trio

from aircher_wire.directories import OPEN_TO_OTHERS
from aircherd.auth.lock.key_lock import KeyLock
from aircherd.auth.lock.record import Cause, Lock, Record, boot_id, boot_time, decode, encode
from aircherd.files.file_worker import Check, FileWorker
from aircherd.files.private_file import FileRefused, read_private, write_private

LOOK_SECONDS = 10.0
"""How often the time is looked at: after a suspension the rest of a sleep would be too long."""
DISK_SECONDS = 5.0

log = structlog.get_logger()


class Locker:
    """Closes and opens `lock`, and remembers it at `path` (None: nowhere).

    Args:
        lock: what is closed and opened.
        path: the file of the record.
        lifetime: returns `[auth] lifetime` in seconds, None for no end.
        forget: drops every key in memory, and tells clients; must not wait.
        reread: reads the keys again, and tells clients.
        now: the clock of the boot. `wall` returns the Unix time.
    """

    def __init__(
        self,
        lock: KeyLock,
        path: Path | None,
        *,
        lifetime: Callable[[], float | None],
        forget: Callable[[], None],
        reread: Callable[[], Awaitable[None]],
        now: Callable[[], float] = boot_time,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._lock = lock
        self._path = path
        self._lifetime = lifetime
        self._forget = forget
        self._reread = reread
        self._now = now
        self._wall = wall
        self._boot = boot_id()
        self._worker = FileWorker()
        self._changed = trio.Event()
        record = self._read()
        self._held_since = now() if record.held_since is None else record.held_since
        self._saved = record
        lock.closed = record.lock
        self.expires_at: float | None = None
        """When the lifetime is over, on the clock of the boot; None if it has no end."""
        self._update()
        if self.is_expired():
            self._close("lifetime", None)

    # -------------------------------------------------------------- commands

    async def lock(self, seconds: float | None = None) -> str | None:
        """Close the lock, for `seconds` or until `unlock`; it does not shorten a lock.

        Return why a restart of the daemon would open it, None if it would not.
        """
        self._close("command", seconds)
        self._forget()
        self.poke()
        log.info("keys_locked", cause="command", seconds=seconds)
        return await self._save()

    async def unlock(self) -> str | None:
        """Open the lock and read the keys. The lifetime begins again.

        Return why a restart of the daemon would close it again, None if it would not.
        """
        self._held_since = self._now()
        problem = await self._open()
        log.info("keys_unlocked", cause="command")
        return problem

    def poke(self) -> None:
        """Look at the time and at the lifetime now: one of them changed."""
        self._update()
        self._changed.set()

    def is_expired(self) -> bool:
        """Return whether the lock is open and the lifetime is over."""
        return self.expires_at is not None and self._now() >= self.expires_at

    def expire(self) -> None:
        """Close the lock because the lifetime is over. `run` remembers it on disk."""
        self._close("lifetime", None)
        self._forget()
        self._changed.set()
        log.info("keys_locked", cause="lifetime")

    async def run(self) -> None:
        """Close and open the lock when it is time; never returns."""
        while True:
            self._changed = trio.Event()
            self._update()
            if self._is_over() and not self._is_lifetime_over():
                await self._open()
                log.info("keys_unlocked", cause="time")
            elif self._is_over() or self.is_expired():
                self.expire()
            if self._record() != self._saved:
                await self._save()
            with trio.move_on_after(self._pause()):
                await self._changed.wait()

    # -------------------------------------------------------------- internal

    def _close(self, cause: Cause, seconds: float | None) -> None:
        wall, closed = self._wall(), self._lock.closed
        opens_at = None if seconds is None else self._now() + seconds
        until = None if seconds is None else wall + seconds
        if opens_at is not None and closed is not None:
            longer = closed.opens_at is None or closed.opens_at >= opens_at
            if longer:
                return
        self._lock.closed = Lock(cause=cause, since=wall, until=until, opens_at=opens_at)
        self.expires_at = None

    async def _open(self) -> str | None:
        self._lock.closed = None
        self.poke()
        problem = await self._save()
        await self._reread()
        return problem

    def _update(self) -> None:
        """Compute when the lifetime is over: it may have changed."""
        lifetime = None if self._lock.is_closed() else self._lifetime()
        self.expires_at = None if lifetime is None else self._held_since + lifetime

    def _is_lifetime_over(self) -> bool:
        """Return whether the lifetime is over, also while the lock is closed."""
        lifetime = self._lifetime()
        return lifetime is not None and self._now() >= self._held_since + lifetime

    def _is_over(self) -> bool:
        """Return whether the lock is closed, and its time is over."""
        closed = self._lock.closed
        at = None if closed is None else closed.opens_at
        return at is not None and self._now() >= at

    def _pause(self) -> float:
        """Return for how many seconds there is nothing to do."""
        closed = self._lock.closed
        at = self.expires_at if closed is None else closed.opens_at
        if at is None:
            return math.inf
        return min(max(at - self._now(), 0.0), LOOK_SECONDS)

    # -------------------------------------------------------------- the record on disk

    def _record(self) -> Record:
        lock = self._lock.closed
        has_end = self._lifetime() is not None and (lock is None or lock.opens_at is not None)
        return Record(
            boot=self._boot,
            lock=lock,
            held_since=self._held_since if has_end else None,
        )

    def _read(self) -> Record:
        now, wall = self._now(), self._wall()
        if self._path is None:
            return Record(boot=self._boot)
        try:
            content = read_private(self._path, uid=os.getuid(), forbidden=OPEN_TO_OTHERS)
        except FileRefused as error:
            log.warning("lock_record_refused", reason=str(error))
            content = b""
        return decode(content, self._boot, now, wall)

    async def _save(self) -> str | None:
        """Write what is in effect; return why that failed, None if it did not."""
        if self._path is None:
            return None
        record = self._record()
        self._saved = record  # a write that fails is not repeated until something changes
        try:
            await self._worker.do(partial(_write, self._path, record), DISK_SECONDS)
        except FileRefused as error:
            problem = str(error)
        except OSError as error:
            problem = f"{self._path} cannot be written: {error.strerror}"
        else:
            return None
        log.warning("lock_not_remembered", reason=problem)
        return problem

    def __repr__(self) -> str:
        return f"<Locker of {self._lock!r}>"


def _write(path: Path, record: Record, check: Check) -> None:
    check()
    if record.lock is None and record.held_since is None:
        path.unlink(missing_ok=True)
    else:
        write_private(path, encode(record), uid=os.getuid())
