"""The thread that waits for changes: watchfiles for events, and rescans for what they miss.

It is a thread of its own because watchfiles waits in steps of a sleep, and because a hanging disk
may block a `stat` forever. The daemon does not wait for it then.

watchfiles wakes up for every step, whether or not there are events, so it runs only while a change
could be noticed: while requests arrive, or a client is subscribed. After `DOZE_AFTER_SECONDS`
without them the thread dozes: events pile up in watchfiles, and only the rescan is left. The next
request wakes the thread, which looks at the files before the request is served.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

import structlog

from aircherd.config.watcher.link_chain import Fact, Glance, are_true
from aircherd.config.watcher.watched_file import State, WatchedFile

RESCAN_SECONDS = 5.0
"""Catches what events miss: replaced directories, network file systems."""
RESCAN_ALONE_SECONDS = 0.4
"""The same while there are no events, so that a change still takes effect within a second."""
STEP_MS = 100
"""watchfiles reports an event after two steps, and checks once a step whether to stop."""
RETRY_SECONDS = 60.0
"""How long events are not tried again after they failed."""
DOZE_AFTER_SECONDS = 60.0
SETTLE_STEP_SECONDS = 0.03

log = structlog.get_logger()


class Attention(Protocol):
    """Says whether a change must be noticed soon; the thread resets `is_attentive`."""

    is_attentive: bool

    def is_observed(self) -> bool:
        """Return whether a client waits for changes without sending requests."""
        ...


class WatchThread:
    """Calls `report` with each file whose settled content changed, in the thread.

    The first content of each file is reported, too: it may have changed since it was last used.
    `report_restored` gets each file that changed and changed back, and since when that is possible.
    `on_scanned` is called after each scan. `problem` says why there are no events, None while
    there are. `is_dozing` is True while only rescans run.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        report: Callable[[Path], None],
        report_restored: Callable[[Path, float], None] = lambda _path, _since: None,
        on_scanned: Callable[[], None] = lambda: None,
        attention: Attention,
    ) -> None:
        self.files = [WatchedFile(path) for path in paths]
        self.problem: str | None = None
        self.is_dozing = False
        self._report = report
        self._report_restored = report_restored
        self._on_scanned = on_scanned
        self._attention = attention
        self._last_active = time.monotonic()
        self._wakeups = SimpleQueue[None]()
        self._stopped = False
        self._facts: tuple[Fact, ...] = ()  # of all files, if none of them needs a look

    def stop(self) -> None:
        """End the thread: at once while it dozes, else within a step."""
        self._stopped = True
        self.wake()

    def wake(self) -> None:
        """Scan now, if the thread dozes."""
        self._wakeups.put(None)

    def run(self) -> None:
        """Watch until `stop`."""
        while not self._stopped:
            self.scan()
            try:
                self._follow_events()
                self._note_events()
            except FileNotFoundError:
                self._wait(SETTLE_STEP_SECONDS)  # a directory was replaced right now
            except (OSError, RuntimeError, ImportError, ValueError) as error:
                self._note_no_events(error)
                self._rescan(time.monotonic() + RETRY_SECONDS)

    # ---------------------------------------------------------- waiting

    def _follow_events(self) -> None:
        """Scan after events and every `RESCAN_SECONDS`, until the directories to watch change.

        Raises:
            OSError, RuntimeError: watchfiles cannot watch.
            ValueError: the name of a directory is not UTF-8.
        """
        # Imported late: a start does not wait for it.
        from watchfiles import watch  # noqa: PLC0415

        directories = self._directories()
        names = {name for name, _ in directories}
        events = watch(
            *names,
            watch_filter=None,
            debounce=STEP_MS,
            step=STEP_MS,
            stop_event=_StopEvent(self),
            rust_timeout=int(RESCAN_SECONDS * 1000),
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
        with closing(events):
            for hints in events:
                self._note_events()
                self.scan()
                if self._is_quiet():
                    self._doze(directories)
                if self._stopped or self._directories() != directories:
                    return
                # One that was removed and made again may have the same number; its watch is deaf.
                if any(path in names for _, path in hints):
                    return

    def _doze(self, directories: object) -> None:
        self.is_dozing = True
        while self._is_quiet() and not self._stopped and self._directories() == directories:
            self._wait(RESCAN_SECONDS)
            self.scan()
        self.is_dozing = False

    def _rescan(self, until: float) -> None:
        """Scan often, without events."""
        while time.monotonic() < until and not self._stopped:
            self.is_dozing = self._is_quiet()
            self._wait(RESCAN_SECONDS if self.is_dozing else RESCAN_ALONE_SECONDS)
            self.scan()
        self.is_dozing = False

    def _wait(self, seconds: float) -> None:
        # One call in C: an idle daemon spends most of its time on this.
        with suppress(Empty):
            self._wakeups.get(timeout=seconds)

    def _is_quiet(self) -> bool:
        now = time.monotonic()
        if self._attention.is_attentive or self._attention.is_observed():
            self._last_active = now
            self._attention.is_attentive = False  # the next request sets it again
        return now - self._last_active >= DOZE_AFTER_SECONDS

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    def has_moved(self) -> bool:
        """Return whether anything changed since the last scan. Reads no content."""
        return any(file.has_moved() for file in self.files)

    def _directories(self) -> tuple[tuple[str, object], ...]:
        return tuple({each: None for file in self.files for each in file.chain.directories})

    # ---------------------------------------------------------- scanning

    def scan(self) -> None:
        """Report every file whose content changed, after it settled."""
        if self._is_steady():
            self._on_scanned()
            return
        pending = self.files
        while pending and not self._stopped:
            now, glance = time.monotonic(), Glance()
            seen = [(file, file.look(now, glance)) for file in pending]
            for file, state in seen:
                if state is State.CHANGED:
                    self._report(file.path)
                elif state is State.RESTORED:
                    self._report_restored(file.path, file.steady_at)
            pending = [file for file, state in seen if state is State.CHANGING]
            if pending:
                time.sleep(SETTLE_STEP_SECONDS)
        is_steady = all(file.is_steady for file in self.files)
        facts = (fact for file in self.files for fact in file.chain.facts)
        self._facts = tuple(dict.fromkeys(facts)) if is_steady else ()
        self._on_scanned()

    def _is_steady(self) -> bool:
        """Return whether no file needs a look: one check of what they have in common."""
        now = time.monotonic()
        if self._facts and are_true(self._facts, Glance()):
            for file in self.files:
                file.steady_at = now
            return True
        return False

    # ---------------------------------------------------------- saying so

    def _note_events(self) -> None:
        if self.problem is not None:
            log.info("file_events_back")
        self.problem = None

    def _note_no_events(self, error: Exception) -> None:
        if self.problem is None:
            log.warning("file_events_failed", reason=str(error), rescan_s=RESCAN_ALONE_SECONDS)
        self.problem = str(error)


class _StopEvent:
    """What watchfiles asks once a step.

    The first answer also covers what changed while it was starting to watch.
    """

    def __init__(self, thread: WatchThread) -> None:
        self._thread = thread
        self._is_first = True

    def is_set(self) -> bool:
        """Return whether watchfiles should stop."""
        if self._thread.is_stopped:
            return True
        if self._is_first:
            self._is_first = False
            return self._thread.has_moved()
        return False
