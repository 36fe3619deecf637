"""What a lost connection means, and when and how to try again; pure.

- The daemon said that it stops (`daemon stop`, `daemon restart`, a signal, the end of the session):
  the picker never starts one, because the user may have stopped it. It connects as soon as one
  runs, and says that the daemon was stopped if none does after `STOPPED_AFTER`.
- The connection just ended (a crash, a kill): a service manager may restart the daemon at once. If
  none answers after `START_AFTER`, the picker starts one, as every command does.
- No daemon ran when the picker was opened: it starts one, as every command does.
"""

from dataclasses import dataclass, replace

from aircher_cli.picker.view.daemon_view import Link
from aircher_client.errors import ClientError, DaemonError, NoAnswer
from aircher_wire import codes

DELAYS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before the first tries."""
LONGEST_DELAY = 1.0
START_AFTER = 1.0
"""Seconds after a crash until the picker starts a daemon."""
STOPPED_AFTER = 2.0
"""Seconds after which a stopped daemon counts as stopped; a restart takes less."""

STOPPING = "the daemon is stopping or restarting"
STOPPED = "the daemon was stopped"
SLOW_SECONDS = 2.0
"""Seconds without an answer to the subscription until the view says so."""

SLOW = "waiting for the daemon to answer"
LOST = "the connection to the daemon was lost"


@dataclass(frozen=True)
class Absence:
    """A time without a connection.

    Attributes:
        since: When it began, on a monotonic clock.
        reason: Why, in plain text; empty before the first connection.
        was_stopped: The daemon said that it stops.
        has_failed: A daemon could not be started.
        tries: How often a connection was tried.
        is_first: There was no connection yet.
    """

    since: float
    reason: str = ""
    was_stopped: bool = False
    has_failed: bool = False
    tries: int = 0
    is_first: bool = False

    def may_start(self, now: float) -> bool:
        """Tell whether the next try may start a daemon."""
        if self.was_stopped or self.has_failed:
            return False
        return self.is_first or now - self.since >= START_AFTER

    def delay(self) -> float:
        """Return the seconds before the next try."""
        return DELAYS[self.tries] if self.tries < len(DELAYS) else LONGEST_DELAY

    def link(self, now: float) -> tuple[Link, str]:
        """Return what the view says: the state of the link, and why."""
        if self.has_failed:
            return "stopped", self.reason
        if self.was_stopped:
            is_gone = now - self.since >= STOPPED_AFTER
            return ("stopped", STOPPED) if is_gone else ("reconnecting", self.reason)
        return ("connecting" if self.is_first else "reconnecting"), self.reason

    def failed(self, reason: str, *, tried_to_start: bool) -> "Absence":
        """Return the absence after a failed try; an empty `reason` does not replace the last."""
        return replace(
            self,
            tries=self.tries + 1,
            reason=reason or self.reason,
            has_failed=self.has_failed or tried_to_start,
        )


def begin(error: ClientError, now: float) -> Absence:
    """Return the absence that a lost connection begins."""
    if isinstance(error, DaemonError) and error.code == codes.SHUTTING_DOWN:
        return Absence(now, STOPPING, was_stopped=True)
    if isinstance(error, DaemonError | NoAnswer):
        return Absence(now, error.message)
    return Absence(now, LOST)
