"""React to changes of keys outside of the daemon: which files to watch, and what to read again.

    environment file   -> the variables
    credentials file   -> the keys in it
    index              -> all stored keys, unless it is what the daemon wrote itself
    keyring's folder   -> the keys in the keyring, once it is quiet; reading them is expensive

A keyring writes its file for every program that uses it, so reads that it causes become rarer while
it goes on. What is missed then is found by `status`, or when a provider rejects the old key.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import trio

from aircherd.auth.manager import AuthManager
from aircherd.auth.stores.credential_store import FILE, KEYRING
from aircherd.auth.stores.keyring_files import keyring_folders
from aircherd.config.paths import Paths
from aircherd.files.file_worker import DiskTimeout, FileWorker

QUIET_SECONDS = 0.5
"""A keyring replaces its file in several steps, and its service may answer a moment later."""
MIN_PAUSE = 2.0
MAX_PAUSE = 600.0
"""Between two reads of the keyring because of its file; they double while it is written often."""
OWN_WRITE_SECONDS = 3.0
"""A change so soon after the daemon stored or removed a key is its own."""

DISK_SECONDS = 5.0

Watch = Callable[[Path, Callable[[], Awaitable[None]]], None]
"""Calls back when what is at a path changes, and once at the beginning, possibly late."""


class OutsideChanges:
    """Reads keys again after changes. `run` must run, too."""

    def __init__(self, auth: AuthManager) -> None:
        self._auth = auth
        self._keyring_changed = trio.Event()
        self._written: dict[Path, int] = {}  # folders of keyrings, each with its time
        self._worker = FileWorker()
        self._pause = MIN_PAUSE
        self._paused_until = -math.inf  # on trio's clock

    def watch(self, watch: Watch, paths: Paths, environ: Mapping[str, str]) -> None:
        """Watch everything that keys come from, except commands."""
        watch(paths.environment_file, self._auth.refresh_variables)
        watch(paths.credentials_file, self._note_file)
        watch(paths.index_file, self._note_index)
        for folder in keyring_folders(environ):
            self._written[folder] = written_at(folder)
            watch(folder, partial(self._note_keyring, folder))

    async def run(self) -> None:
        """Read the keyring again after it was written, until cancelled."""
        while True:
            await self._keyring_changed.wait()
            await trio.sleep(QUIET_SECONDS)
            self._keyring_changed = trio.Event()
            await self._auth.refresh_stored([KEYRING])
            self._pause = next_pause(self._pause, trio.current_time() - self._paused_until)
            self._paused_until = trio.current_time() + self._pause
            await trio.sleep(self._pause)

    async def _note_file(self) -> None:
        if self._auth.stored.has(FILE):
            await self._auth.refresh_stored([FILE])

    async def _note_index(self) -> None:
        if self._auth.stored.is_index_changed():
            await self._auth.refresh_stored()

    async def _note_keyring(self, folder: Path) -> None:
        try:
            written = await self._worker.do(lambda _: written_at(folder), DISK_SECONDS)
        except DiskTimeout:
            return  # the watcher calls again when the disk answers
        is_new, self._written[folder] = written != self._written[folder], written
        is_own = trio.current_time() - self._auth.stored.keyring_written_at < OWN_WRITE_SECONDS
        if is_new and not is_own and self._auth.stored.has(KEYRING):
            self._keyring_changed.set()

    def __repr__(self) -> str:
        return f"<OutsideChanges, keyring read again every {self._pause:g} s>"


def next_pause(pause: float, idle: float) -> float:
    """Return the pause after a read of the keyring.

    `pause` is the last one, and `idle` the time in seconds from its end to the read.
    """
    return MIN_PAUSE if idle > 4 * pause else min(2 * pause, MAX_PAUSE)


def written_at(folder: Path) -> int:
    """Return when an entry of a folder was last replaced, 0 if that is unknown."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
