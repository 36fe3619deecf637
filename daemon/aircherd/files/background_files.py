"""The daemon's own small files, written in the background.

    put    -> replace what a file will contain; only the newest content is written; never blocks
    run    -> write one file at a time, in a thread; a hanging disk blocks only this task
    aclose -> flush for at most 2 s, then log the files that were not written

A file that cannot be written is logged; the caller of `put` has the content in memory anyway.
Files are replaced atomically, so an abandoned write leaves the old content or the new one. All
writes go through one worker, so an old write never overwrites a newer one.
"""

from functools import partial
from pathlib import Path

import structlog
import trio

from aircher_wire.atomic_file import write_data
from aircherd.files.file_worker import DiskTimeout, FileWorker

WRITE_TIMEOUT = 10.0
"""Seconds until a write counts as hanging. It is retried with the newest content."""
FLUSH_TIMEOUT = 2.0
"""Seconds for all remaining writes at shutdown."""

log = structlog.get_logger()


class BackgroundFiles:
    """Writes files in the background; nothing is written before `run` or `aclose` runs."""

    def __init__(self) -> None:
        self._worker = FileWorker()
        self._pending: dict[Path, bytes] = {}
        self._has_pending = trio.Event()
        self._is_disk_hanging = False

    def put(self, path: Path, content: bytes) -> None:
        """Schedule `content` to be written to `path`."""
        self._pending[path] = content
        self._has_pending.set()

    async def write(self, path: Path, content: bytes) -> None:
        """Write a file now, and wait until it is written.

        Raises:
            OSError: the file cannot be written; see `write_data` for what is left.
            DiskTimeout: the write timed out; the error says whether the file may still change.
        """
        await self._worker.do(partial(write_data, path, content), WRITE_TIMEOUT)

    async def run(self) -> None:
        """Write pending files until cancelled."""
        while True:
            await self._has_pending.wait()
            self._has_pending = trio.Event()
            while self._pending:
                await self._write_all()

    async def aclose(self) -> None:
        """Flush within `FLUSH_TIMEOUT`, even if cancelled."""
        with trio.move_on_after(FLUSH_TIMEOUT, shield=True):
            while self._pending:
                await self._write_all()
        if self._pending:
            reason = f"the disk has not answered for {FLUSH_TIMEOUT:g} s"
            files = sorted(str(path) for path in self._pending)
            log.warning("data_files_not_written", files=files, reason=reason)

    async def _write_all(self) -> None:
        for path, content in list(self._pending.items()):
            try:
                await self.write(path, content)
            except DiskTimeout as error:
                self._log_hanging_disk(path, error)
                continue  # still pending
            except OSError as error:
                log.warning("data_file_write_failed", file=str(path), reason=error.strerror)
            self._is_disk_hanging = False
            if self._pending.get(path) is content:
                del self._pending[path]

    def _log_hanging_disk(self, path: Path, error: DiskTimeout) -> None:
        """Log once, not every ten seconds."""
        if not self._is_disk_hanging:
            log.warning("data_file_write_timed_out", file=str(path), reason=error.strerror)
        self._is_disk_hanging = True

    def __repr__(self) -> str:
        return f"<BackgroundFiles {len(self._pending)} pending, {self._worker!r}>"
