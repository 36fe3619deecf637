"""The daemon's own small files, written behind everybody's back.

    put    -> what a file is to hold; the newest counts       never waits, never fails
    run    -> one file at a time, in a thread                 a disk that hangs holds up this alone
    aclose -> what is left, for 2 s; then the log says what   the end of the daemon is not held up

What cannot be written is told in the log and stays in memory, where whoever put it has it anyway.
Each file is replaced as a whole, so one that was given up is as it was or as it was to be; and as
all go one lane, no late write of older content comes after a newer one.
"""

from functools import partial
from pathlib import Path

import structlog
import trio

from aircherd.files.atomic_file import write_data
from aircherd.files.file_worker import DiskTimeout, FileWorker

PATIENCE = 10.0
"""Seconds until a write is said to hang. It is tried again and again, with what is newest then."""
LAST_SECONDS = 2.0
"""For all that is left at the end."""

log = structlog.get_logger()


class BackgroundFiles:
    """See the module's docstring. Nothing is written before `run` or `aclose` runs."""

    def __init__(self) -> None:
        self._worker = FileWorker()
        self._wanted: dict[Path, bytes] = {}
        self._news = trio.Event()
        self._is_silent = False

    def put(self, path: Path, content: bytes) -> None:
        """Have a file written, soon."""
        self._wanted[path] = content
        self._news.set()

    async def write(self, path: Path, content: bytes) -> None:
        """Write a file now, and wait for it.

        Raises:
            OSError: it cannot be written; the old file is as it was, as far as `write_data` says.
            DiskTimeout: nor in time; it says whether the file may still be replaced.
        """
        await self._worker.do(partial(write_data, path, content), PATIENCE)

    async def run(self) -> None:
        """Write what is put, for ever."""
        while True:
            await self._news.wait()
            self._news = trio.Event()
            while self._wanted:
                await self._write_all()

    async def aclose(self) -> None:
        """Write what is left, within `LAST_SECONDS`, whoever cancels it."""
        with trio.move_on_after(LAST_SECONDS, shield=True):
            while self._wanted:
                await self._write_all()
        if self._wanted:
            reason = f"the disk has not answered for {LAST_SECONDS:g} s"
            files = sorted(str(path) for path in self._wanted)
            log.warning("data_files_given_up", files=files, reason=reason)

    async def _write_all(self) -> None:
        for path, content in list(self._wanted.items()):
            try:
                await self.write(path, content)
            except DiskTimeout as error:
                self._note_silence(path, error)
                continue  # it stays wanted
            except OSError as error:
                log.warning("data_file_not_kept", file=str(path), reason=error.strerror)
            self._is_silent = False
            if self._wanted.get(path) is content:
                del self._wanted[path]

    def _note_silence(self, path: Path, error: DiskTimeout) -> None:
        """Say it once, not every ten seconds."""
        if not self._is_silent:
            log.warning("data_file_waits", file=str(path), reason=error.strerror)
        self._is_silent = True

    def __repr__(self) -> str:
        return f"<BackgroundFiles {len(self._wanted)} to be written, {self._worker!r}>"
