"""What the ledger's thread does when it has nothing to write: remove old rows, check the file.

old rows    every hour, a few at a time
the check   of the whole file, once, soon after the start; it gives way to entries and queries
"""

import math
import time
from collections.abc import Callable
from datetime import tzinfo

from aircherd.config.sections.usage import MIN_KEEP_DAYS
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.time_buckets import local_hour

CLEAN_SECONDS = 3600.0
STEP_SECONDS = 0.1
STEP_ROWS = 500
CHECK_DELAY = 2.0
"""Seconds from the start to the check: by then startup has finished reading."""
CHECK_RETRY_SECONDS = 60.0
MAX_CHECKS_STOPPED = 5
"""So often the check gives way. Then others wait for it: about 0.3 s for a million rows."""


class Maintenance:
    """Removes old rows and checks the file, in the writer's thread."""

    def __init__(
        self,
        database: LedgerDatabase,
        *,
        clock: Callable[[], float],
        tz: tzinfo | None,
        keep_days: Callable[[], int | None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._tz = tz
        self._keep_days = keep_days
        self._clean_at = 0.0  # on the monotonic clock
        self._check_at = time.monotonic() + CHECK_DELAY
        self._checks_stopped = 0
        self.removed = 0

    @property
    def due_at(self) -> float:
        """When there is something to do, on the monotonic clock."""
        return min(self._clean_at, self._check_at)

    @property
    def is_cleaning_due(self) -> bool:
        """Whether it is time to remove old rows."""
        return time.monotonic() >= self._clean_at

    @property
    def is_check_due(self) -> bool:
        """Whether it is time to check the file."""
        return time.monotonic() >= self._check_at

    def clean(self) -> None:
        """Remove a few old rows.

        Raises:
            FileError: nothing was removed.
        """
        self._clean_at = time.monotonic() + CLEAN_SECONDS
        days = self._keep_days()
        if days is None:
            return
        today = local_hour(self._clock(), self._tz) // 24
        first_kept = (today - max(days, MIN_KEEP_DAYS)) * 24
        removed = self._database.remove_before(first_kept, limit=STEP_ROWS)
        self.removed += removed
        if removed:
            self._clean_at = time.monotonic() + STEP_SECONDS

    def check(self, is_closing: Callable[[], bool], has_work: Callable[[], bool]) -> None:
        """Check the whole file, unless the ledger is closed or, at first, has other work.

        Raises:
            FileError: the file cannot be read.
            DamagedFileError: it was damaged.
        """
        self._check_at = time.monotonic() + CHECK_RETRY_SECONDS
        gives_way = self._checks_stopped < MAX_CHECKS_STOPPED
        if self._database.check(lambda: is_closing() or (gives_way and has_work())):
            self._check_at = math.inf
        else:
            self._checks_stopped += 1
