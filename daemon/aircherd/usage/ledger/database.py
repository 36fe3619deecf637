"""Reads and writes the ledger's database over its only connection.

    absent or empty      created, mode 0600
    damaged              moved aside with the files next to it, and replaced by a new one with what
                         can still be read; `note` says so, and `lost_at` since when it is complete
    of a later version   left as it is, not even opened for writing; `refusal` says so, and new
                         attempts are held in memory, as far as that goes
    full disk, no right  `FileError`, and the same write may be tried again

Much damage shows when the file is opened or used. `check` finds the rest: it reads the whole file,
so it runs soon after the start and not before it.
"""

import math
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TypeVar

import structlog

from aircherd.usage.ledger import db_file, schema
from aircherd.usage.ledger.errors import DamagedFileError, FileError
from aircherd.usage.ledger.opening import check_integrity, open_file, open_memory, version_of
from aircherd.usage.ledger.rows import LedgerEntry, RowInserter, insert_rows
from aircherd.usage.ledger.safety.earlier_run import EarlierRun
from aircherd.usage.ledger.safety.margin import set_in_use
from aircherd.usage.ledger.salvage import PARTY_CELL, salvage
from aircherd.usage.ledger.sqlite import (
    Stopped,
    describe_error,
    is_damage,
    is_full,
    scalar,
    transaction,
)
from aircherd.usage.time_buckets import clamp_time, local_hour, milliseconds

log = structlog.get_logger()


def _do_nothing(_offset: int) -> None:
    """Stand in for `before_write`."""


T = TypeVar("T")

INPUT_ERRORS = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""Caused by what was written or queried: the file is as good as before."""
LOSS_DAYS = 32
"""How long a loss is noted: the longest limit is monthly."""


class LedgerDatabase:
    """The database. All but `highest_id`, `lost_at`, `note` and `refusal` is for one thread.

    `lost_at` is the Unix time before which attempts may be missing, -inf if none was lost.
    `earlier` is what the spare file has of earlier runs. `before_write` is called with what is
    added to the ids of this run.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float], tz: tzinfo | None) -> None:
        self._path = path
        self._clock = clock
        self._tz = tz
        self._connection: sqlite3.Connection | None = None
        self._is_first_open = True
        self._synchronous = ""
        self._is_wal = False
        self._inserter = RowInserter(tz)
        self._to_salvage: Path | None = None
        self.earlier = EarlierRun()
        self.before_write: Callable[[int], None] = _do_nothing
        self.highest_id = 0
        self.lost_at = -math.inf
        self.note: str | None = None
        self.refusal: str | None = None

    def __repr__(self) -> str:
        return f"<LedgerDatabase {self._path} {'closed' if self._connection is None else 'open'}>"

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def has_opened(self) -> bool:
        """Whether the file was opened, and has what an earlier run left."""
        return not self._is_first_open

    # -------------------------------------------------------------- operations

    def open(self) -> None:
        """Open the file if it is not open; the first time, see what an earlier run left.

        Raises:
            FileError: it cannot be opened now.
        """
        if self._connection is None:
            try:
                self._open_once()
            except DamagedFileError:
                self._open_once()

    def write(self, entries: Collection[LedgerEntry], *, first_id: int) -> None:
        """Write entries, all or nothing; `first_id` is the lowest id of this run.

        Raises:
            FileError: nothing was written, or that is unknown; the same may be written again.
            Exception: any other error, including `INPUT_ERRORS`, is not the file's fault; nothing
                was written.
        """
        with self._opened() as connection:
            offset = self.id_offset(first_id)
            self.before_write(offset)
            self._set_durability(has_settled=any(entry.settled is not None for entry in entries))
            with transaction(connection):
                self._inserter.insert(connection, entries, offset)

    def id_offset(self, first_id: int) -> int:
        """Return what is added to the ids of a run that began with `first_id`.

        Ids that were assigned before the file could be read still continue those in it.
        """
        return max(0, self.highest_id + 1 - first_id)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` reads: a consistent view, because nothing is written meanwhile.

        Raises:
            FileError: the file cannot be read now.
        """
        with self._opened() as connection:
            return work(connection)

    def remove_before(self, hour: int, *, limit: int) -> int:
        """Remove at most `limit` old rows, but no sums of days; return how many were removed.

        Raises:
            FileError: nothing was removed.
        """
        with self._opened() as connection, transaction(connection):
            connection.execute(schema.KEEP_FROM, (hour,))
            removed = connection.execute(schema.REMOVE_ATTEMPTS, (hour, limit)).rowcount
            return removed or connection.execute(schema.REMOVE_HOURS, (hour, limit)).rowcount

    def record_loss(self) -> None:
        """Record that attempts made until now were lost, for this run and later ones.

        Raises:
            FileError: later runs will not know.
        """
        self.lost_at = self._clock()
        with self._opened() as connection:
            connection.execute(schema.RECORD_LOSS, (milliseconds(self.lost_at),))

    def check(self, must_stop: Callable[[], bool]) -> bool:
        """Check the whole file for damage; return False if `must_stop` ended it early.

        Raises:
            FileError: the file cannot be read now.
            DamagedFileError: it was damaged; what was written since the start is in it.
        """
        with self._opened() as connection:
            try:
                check_integrity(connection, must_stop)
            except Stopped:
                return False
        return True

    def note_clean_end(self) -> None:
        """Record that this run ends by itself, and lost nothing without a record of it.

        Raises:
            FileError: the next run will count a margin.
        """
        with self._opened() as connection:
            self._set_durability(has_settled=False)
            set_in_use(connection, in_use=False)

    def close(self) -> None:
        """Close the connection; what was written is in the file."""
        connection, self._connection = self._connection, None
        self._inserter.forget_parties()
        self._synchronous = ""
        if connection is not None:
            with suppress(sqlite3.Error):  # the file may be what fails
                connection.close()

    # -------------------------------------------------------------- opening

    def _open_once(self) -> None:
        with self._translated():
            db_file.make_private(self._path)
            version = version_of(self._path)
            try:
                if version > schema.VERSION:
                    self._refuse(version)
                    connection = self._connection = open_memory()
                else:
                    connection = self._connection = open_file(self._path)
                self._is_wal = scalar(connection, "PRAGMA journal_mode") == "wal"
                connection.execute(schema.CREATE_MARGINS)
                self._salvage(connection)
                if self._is_first_open:
                    self._continue_from_last_run(connection)
                else:
                    set_in_use(connection, in_use=True)
                self._load_loss(connection)
            except BaseException:
                self.close()  # half open is not open
                raise

    def _refuse(self, version: int) -> None:
        self.refusal = (
            f"{self._path} is of a later version ({version}, this aircherd knows "
            f"{schema.VERSION}): it is left as it is, and nothing is written to it. "
            "Start the later aircherd again, or move the file away"
        )

    def _continue_from_last_run(self, connection: sqlite3.Connection) -> None:
        """Read the highest id; attempts that an earlier run left in progress end as unknown."""
        self._set_durability(has_settled=False)  # a loss of power repeats it, and the start waits
        with transaction(connection):
            highest = int(str(scalar(connection, schema.HIGHEST_ID)))
            self.earlier.restore(connection, self._inserter, highest, self._clock())
            connection.execute(schema.MARK_UNKNOWN)
            set_in_use(connection, in_use=True)
        self.highest_id = int(str(scalar(connection, schema.HIGHEST_ID)))
        self._is_first_open = False
        self.earlier.forget()

    def _load_loss(self, connection: sqlite3.Connection) -> None:
        """Record what was lost with the previous file, and read what earlier runs lost.

        A loss in the future counts as of now, or limits would be incomplete until then.
        """
        lost = scalar(connection, schema.LAST_LOSS)
        before = lost / 1000 if isinstance(lost, int) else -math.inf
        if self.lost_at > before + 1:  # it is stored in milliseconds
            connection.execute(schema.RECORD_LOSS, (milliseconds(self.lost_at),))
        now = self._clock()
        self.lost_at = min(max(self.lost_at, before), now)
        if self.note is None and self.lost_at > now - LOSS_DAYS * 86400:
            when = datetime.fromtimestamp(clamp_time(self.lost_at), self._tz)
            missing = f"{self.earlier.lost:,} attempts" if self.earlier.lost else "what was used"
            self.note = (
                f"{self._path} may lack {missing} before {when:%Y-%m-%d %H:%M}: a damaged file "
                "was set aside, or attempts could not be written"
            )

    def _salvage(self, connection: sqlite3.Connection) -> None:
        """Copy what can be read of a damaged file, so that limits still count it."""
        damaged, self._to_salvage = self._to_salvage, None
        if damaged is None:
            return
        first_hour = local_hour(self._clock(), self._tz) - LOSS_DAYS * 24
        copy = self._path.with_name(f"{self._path.name}.salvage")
        found, was_machine = salvage(damaged, copy, first_hour=first_hour)
        with transaction(connection):
            parties = self._inserter.parties_of(connection, [each.names for each in found])
            for attempt in found:
                attempt.cells[PARTY_CELL] = parties[attempt.names]
            insert_rows(connection, [attempt.cells for attempt in found])
            if was_machine:
                connection.execute(schema.NOTE_SALVAGED)
        if found:
            self.note = f"{self.note}, with {len(found):,} attempts of the old one"
            log.info("ledger_salvaged", attempts=len(found))

    def _set_durability(self, *, has_settled: bool) -> None:
        """Choose what a commit survives.

        What was spent survives a loss of power, an attempt in progress only the end of this
        process: it waits for no disk, and the next commit takes it along. A rollback journal could
        damage the file, so there both are strict.
        """
        assert self._connection is not None
        level = "FULL" if has_settled or not self._is_wal else "NORMAL"
        if level != self._synchronous:
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    # -------------------------------------------------------------- errors

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self.open()
        assert self._connection is not None
        with self._translated(passing=INPUT_ERRORS):
            yield self._connection

    @contextmanager
    def _translated(self, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """Turn errors of the file into a `FileError`, and leave it in a state to try again.

        Errors of type `passing`, and those of neither SQLite nor the disk, are raised unchanged.
        """
        try:
            with self._forgetting_parties():
                yield
        except DamagedFileError as error:
            self._set_aside(str(error))
            raise
        except passing:
            raise
        except sqlite3.Error as error:
            if is_damage(error):
                self._set_aside(str(error))
                raise DamagedFileError(str(error)) from error
            if not is_full(error):
                self.close()
            is_full_disk = db_file.has_no_space(self._path)
            reason = "the disk is full" if is_full_disk else describe_error(error)
            raise self._file_error(reason) from error
        except OSError as error:
            self.close()
            raise self._file_error(db_file.explain(self._path, error)) from error

    @contextmanager
    def _forgetting_parties(self) -> Iterator[None]:
        """Forget cached row numbers after any error: they may have been rolled back."""
        try:
            yield
        except BaseException:
            self._inserter.forget_parties()
            raise

    def _set_aside(self, reason: str) -> None:
        self.close()
        try:
            aside = db_file.set_aside(self._path, self._clock())
        except OSError as error:
            why = f"it is damaged ({reason}) and cannot be moved away: {error.strerror}"
            raise self._file_error(why) from error
        self.lost_at = self._clock()
        self._to_salvage = aside
        self.note = f"{self._path} was damaged ({reason}) and is now {aside}: a new one was created"
        log.error("ledger_damaged", reason=reason, moved_to=str(aside))

    def _file_error(self, reason: str) -> FileError:
        return FileError(f"{self._path}: {reason}")
