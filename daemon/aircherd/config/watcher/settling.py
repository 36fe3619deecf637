"""Decide when a change is over, so that a half-written file is not reported.

A file counts as settled when it did not change for a moment. The moment is longer for a file that
is empty or missing, because many programs empty or remove a file before they write it. It is
shorter for a file that is saved again and again, which would otherwise never settle.
"""

QUIET_SECONDS = 0.15
"""How long a file must stay the same."""
QUIET_EMPTY_SECONDS = 0.4
"""The same for an empty or missing file."""
QUIET_BUSY_SECONDS = 0.04
"""The same for a file that has been changing for `BUSY_SECONDS`."""
BUSY_SECONDS = 0.8


class Settling:
    """One change, from the moment it was noticed. Times are monotonic, in seconds."""

    def __init__(self, now: float) -> None:
        self._began = self._changed = now

    def note_change(self, now: float) -> None:
        """Record that the file changed once more."""
        self._changed = now

    def may_read(self, now: float) -> bool:
        """Return whether the file has been the same for long enough to read it."""
        is_busy = now - self._began >= BUSY_SECONDS
        return now - self._changed >= (QUIET_BUSY_SECONDS if is_busy else QUIET_SECONDS)

    def may_report(self, now: float, *, is_empty: bool) -> bool:
        """Return whether the content that was read may be reported."""
        quiet = QUIET_EMPTY_SECONDS if is_empty else 0.0
        return self.may_read(now) and now - self._changed >= quiet
