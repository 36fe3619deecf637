"""Reports what the daemon is doing to the service manager, as states and as a line of text."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import trio

from aircherd.systemd.notify import Notifier

STATUS_INTERVAL = 20.0
"""Seconds between two checks of the status text, so that a request costs nothing.

With the usual watchdog of a minute its messages go out at the same time: an idle daemon wakes up
three times a minute.
"""
MIN_INTERVAL = 0.05
"""Seconds between two messages for a watchdog that is more impatient."""
MAX_STATUS = 400
"""Characters of the status text: `systemctl status` shows it in one line."""

log = structlog.get_logger()


class Reporter:
    """The states of one daemon: starting, ready, reloading, stopping.

    `describe` returns the status text; it is called every few seconds and on every change of state.
    Without a notifier nothing is sent.
    """

    def __init__(self, notifier: Notifier | None) -> None:
        self._notifier = notifier
        self._describe: Callable[[], str] | None = None
        self._status = ""
        self._active_reloads = 0
        self._is_stopping = False

    def waiting(self, reason: str) -> None:
        """Report what the start waits for, which takes long enough to be asked about."""
        log.info("waiting", reason=reason)
        self._send(*self._changed_status(f"Waiting: {reason}"))

    def failed(self, reason: str) -> None:
        """Report why the daemon could not start."""
        self._send(*self._changed_status(f"Could not start: {reason}"))

    def ready(self, describe: Callable[[], str]) -> None:
        """Report that clients are served, and from now on the text of `describe`."""
        self._describe = describe
        self._send("READY=1", *self._changed_status())

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Report a reload, and its end however it ends; overlapping reloads are one.

        Before the daemon is ready nothing is reported: the end of a reload would say that it is.
        """
        if self._describe is None:
            yield
            return
        self._active_reloads += 1
        if self._active_reloads == 1:
            # The time lets the manager tell this reload from an earlier one.
            self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            yield
        finally:
            self._active_reloads -= 1
            if not self._active_reloads:
                self._send("READY=1", *self._changed_status())

    def stopping(self) -> None:
        """Report that the daemon drains; no reload is reported after this."""
        # The order of messages is kept, and READY=1 would take this back.
        notifier_status = self._changed_status()
        self._send("STOPPING=1", *notifier_status)
        self._is_stopping = True

    async def run(self, watchdog: float | None) -> None:
        """Keep the status text up to date, and the watchdog quiet. Runs until it is cancelled.

        `watchdog` is after how many silent seconds the manager kills the daemon, None if it does
        not. It hears from the daemon three times as often, so that one late message does no harm.
        The messages come from a task of the event loop, so a loop that is blocked sends none.
        """
        interval, ping = STATUS_INTERVAL, []
        if watchdog is not None:
            interval, ping = min(interval, max(watchdog / 3, MIN_INTERVAL)), ["WATCHDOG=1"]
        while True:
            self.update(*ping)
            await trio.sleep(interval)

    def update(self, *assignments: str) -> None:
        """Send `assignments`, the status text if it has changed, and what is still unsent."""
        if self._notifier is None:
            return
        if changed := [*assignments, *self._changed_status()]:
            self._notifier.send(*changed)
        else:
            self._notifier.flush()

    def _changed_status(self, status: str | None = None) -> list[str]:
        if status is None:
            status = self._describe() if self._describe else ""
        status = status[:MAX_STATUS]
        if status == self._status:
            return []
        self._status = status
        return [f"STATUS={status}"]

    def _send(self, *assignments: str) -> None:
        if self._notifier is not None and assignments and not self._is_stopping:
            self._notifier.send(*assignments)

    def __repr__(self) -> str:
        return f"<Reporter {self._status!r} to {self._notifier!r}>"
