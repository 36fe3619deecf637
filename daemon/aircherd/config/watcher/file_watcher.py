"""Watch files and call back when their content changed.

    watcher = FileWatcher()
    watcher.add(path, on_change)      before `run`
    nursery.start_soon(watcher.run)   on_change() runs there, one call at a time for each path

`on_change` is also called once at the beginning, because the file may have changed since it was
last read. It is called again if the file changes while it runs.
"""

import importlib
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
import trio

if TYPE_CHECKING:
    from aircherd.config.watcher.watch_thread import WatchThread

START_DELAY = 0.5
"""The daemon is ready before watchfiles is imported."""
IMPORT_RETRY = 5.0
"""Seconds between two attempts to import it, when no file descriptor is free."""
STOP_TIMEOUT = 1.0
"""The thread needs a step at most, unless a disk hangs. It must not run while Python ends."""
RESTART_SECONDS = 10.0
"""Pause after a crash of the thread."""
CATCH_UP_TIMEOUT = 1.0
"""How long a request waits for a file that changed while the watcher was dozing."""

log = structlog.get_logger()

OnChange = Callable[[], Awaitable[None]]
Check = Callable[[], bool]
OnDue = Callable[[], None]


class WatchState(msgspec.Struct, frozen=True):
    """Whether changes are noticed by events; if not, `problem` says why there are only rescans."""

    has_events: bool
    problem: str | None = None


class FileWatcher:
    """Calls back when watched files change. `is_observed`: whether a client waits for changes."""

    def __init__(self, *, is_observed: Callable[[], bool] = lambda: False) -> None:
        self.is_attentive = True
        """False if there was no request for a while: the next one should call `catch_up`."""
        self.is_observed = is_observed
        self._callbacks: dict[Path, OnChange] = {}
        self._changed: dict[Path, trio.Event] = {}
        self._pending: set[Path] = set()  # changed, and not yet called back
        self._idle = trio.Event()
        self._idle.set()
        self._called_back: dict[Path, float] = {}  # when its last callback ended
        self._thread: WatchThread | None = None
        self._scanned = trio.Event()
        self._waiting = 0  # for a scan
        self._checks: list[tuple[Check, OnDue]] = []

    def add_check(self, is_due: Check, on_due: OnDue) -> None:
        """Call `is_due` with every scan, in the thread; if it returns True, `on_due` in trio's.

        An idle daemon then wakes up once for all of its checks.
        """
        self._checks.append((is_due, on_due))

    def add(self, path: Path, on_change: OnChange) -> None:
        """Call `on_change` when the content of `path` changes; the file need not exist."""
        self._callbacks[path.absolute()] = on_change

    async def run(self) -> None:
        """Watch until cancelled."""
        await trio.sleep(START_DELAY)
        async with trio.open_nursery() as nursery:
            for path, on_change in self._callbacks.items():
                self._changed[path] = trio.Event()
                nursery.start_soon(self._call_back, path, on_change)
            while True:
                await self._run_thread()
                await trio.sleep(RESTART_SECONDS)

    def state(self) -> WatchState:
        """Return how changes are noticed now."""
        problem = self._thread.problem if self._thread else None
        return WatchState(has_events=problem is None, problem=problem)

    async def catch_up(self) -> None:
        """Wait until what changed while the watcher was dozing is in effect.

        Waits at most `CATCH_UP_TIMEOUT`: a disk may hang.
        """
        self.is_attentive = True
        thread = self._thread
        if thread is None or not thread.is_dozing:
            return
        scanned = self._scanned
        self._waiting += 1
        thread.wake()
        try:
            with trio.move_on_after(CATCH_UP_TIMEOUT):
                await scanned.wait()
                await self._idle.wait()
        finally:
            self._waiting -= 1

    # ---------------------------------------------------------- inside

    async def _call_back(self, path: Path, on_change: OnChange) -> None:
        while True:
            # No deadline: a file may not change for years.
            await self._changed[path].wait()
            self._changed[path] = trio.Event()
            try:
                await on_change()
            except ImportError as error:
                # The daemon's installation was removed: the change waits for a restart.
                log.warning("change_not_loaded", file=str(path), reason=str(error))
            self._called_back[path] = time.monotonic()
            if not self._changed[path].is_set():
                self._pending.discard(path)
            if not self._pending:
                self._idle.set()

    async def _run_thread(self) -> None:
        await _wait_importable()
        from aircherd.config.watcher.watch_thread import WatchThread  # noqa: PLC0415

        token = trio.lowlevel.current_trio_token()
        ended = trio.Event()
        watch = self._thread = WatchThread(
            tuple(self._callbacks),
            report=lambda path: token.run_sync_soon(self._note_changed, path),
            report_restored=partial(self._check_restored, token),
            on_scanned=partial(self._finish_scan, token),
            attention=self,
        )

        def run() -> None:
            # The daemon may not have waited for a hanging disk.
            with suppress(trio.RunFinishedError):
                try:
                    watch.run()
                except trio.RunFinishedError:
                    raise
                except Exception:  # the edge: a crash must not go unnoticed, nor end the daemon
                    log.exception("file_watcher_crashed")
                token.run_sync_soon(ended.set)

        try:
            threading.Thread(target=run, name="file watcher", daemon=True).start()
        except RuntimeError as error:  # too many threads or too little memory
            log.warning("config_not_watched", reason=str(error))
            return
        try:
            # No deadline: it ends with the daemon, unless it crashes.
            await ended.wait()
        finally:
            watch.stop()
            with trio.move_on_after(STOP_TIMEOUT, shield=True):
                await ended.wait()

    def _check_restored(self, token: trio.lowlevel.TrioToken, path: Path, since: float) -> None:
        """Call back if the last callback may have read the file before it was changed back."""
        if path in self._pending or self._called_back.get(path, 0.0) >= since:
            token.run_sync_soon(self._note_changed, path)

    def _finish_scan(self, token: trio.lowlevel.TrioToken) -> None:
        """Run the checks; wake trio's thread only if it has something to do."""
        for is_due, on_due in self._checks:
            if is_due():
                token.run_sync_soon(on_due)
        if self._waiting:
            token.run_sync_soon(self._note_scanned)

    def _note_changed(self, path: Path) -> None:
        if not self._pending:
            self._idle = trio.Event()
        self._pending.add(path)
        self._changed[path].set()

    def _note_scanned(self) -> None:
        self._scanned.set()
        self._scanned = trio.Event()

    def __repr__(self) -> str:
        problem = self.state().problem
        return f"<FileWatcher of {len(self._callbacks)} files{', no events' if problem else ''}>"


async def _wait_importable() -> None:
    """Wait until the thread's module can be imported, which needs a free file descriptor.

    It is imported late, so that a start does not wait for it; by then clients may have used up all
    descriptors.
    """
    while True:
        try:
            importlib.import_module("aircherd.config.watcher.watch_thread")
        except OSError:
            await trio.sleep(IMPORT_RETRY)
        except ImportError as error:  # the daemon's installation was removed
            log.warning("config_not_watched", reason=str(error))
            await trio.sleep_forever()
        else:
            return
