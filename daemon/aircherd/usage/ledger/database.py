"""The ledger's database, behind its one connection.

    absent or empty      made, 0600
    damaged              moved aside with the files beside it, and a new one begun with what can
                         still be read; `note` says so, and `lost_at` from when on it is whole
    of a later version   left as it is, not even opened for writing; `refusal` says so, and what is
                         told is held in memory, as far as that goes
    full disk, no right  `FileTrouble`, and what was to be written may be tried again

Much damage shows when the file is opened or used. The rest is for `check`, which reads all of it:
not when it is opened, for a start would wait for that, but soon after.

The lock is exclusive: SQLite before 3.51.3 can damage a database that two connections write to, so
nobody else gets one. It also spares the memory shared between processes, which network file systems
do not have; there a rollback journal is used all the same, for another machine may not see locks.
"""

import math
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, tzinfo
from itertools import chain
from pathlib import Path
from typing import TypeVar

import structlog

from aircherd.usage.ledger import db_file, schema
from aircherd.usage.ledger.rows import Cell, LedgerEntry, name, row
from aircherd.usage.ledger.salvage import salvage, with_party
from aircherd.usage.ledger.sqlite import (
    Stopped,
    connect,
    create,
    damage,
    is_damage,
    is_full,
    sentence,
    transaction,
    user_version,
    value,
)
from aircherd.usage.time_buckets import LocalHours, local_hour, milliseconds, sane

log = structlog.get_logger()

T = TypeVar("T")

MEMORY_PAGES = 4096
"""16 MiB, where nothing may be written to the disk."""
AT_ONCE = 50
"""Rows in one statement: a third of what the same in a JSON array takes."""
UNFIT = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""What is wrong with what is told to the file, or asked of it: the file is as good as before."""
MOST_PARTIES = 5000
"""Of which the number is remembered: clients may make up names."""
TOLD_DAYS = 32
"""So long a loss is worth a note: the longest limit is a month's."""


def _never() -> bool:
    """Have a check go on to its end."""
    return False


class FileTrouble(Exception):
    """Nothing was written or read; the message says why. It may pass."""


class FileDamaged(FileTrouble):
    """The file was damaged and is out of the way: the next try begins a new one."""


class LedgerDatabase:
    """The database; all but `highest`, `lost_at`, `note` and `refusal` is for one thread.

    `lost_at` is the Unix time before which attempts may be missing, -inf if none was lost.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float], tz: tzinfo | None) -> None:
        self._path = path
        self._clock = clock
        self._tz = tz
        self._connection: sqlite3.Connection | None = None
        self._is_first = True
        self._journal = ""
        self._synchronous = ""
        self._parties: dict[tuple[str | None, ...], int] = {}
        self._hours = LocalHours(tz)
        self.highest = 0
        self.lost_at = -math.inf
        self._to_salvage: Path | None = None
        self.note: str | None = None
        self.refusal: str | None = None

    def __repr__(self) -> str:
        return f"<LedgerDatabase {self._path} {'closed' if self._connection is None else 'open'}>"

    # -------------------------------------------------------------- what is done with it

    def open(self) -> None:
        """Open the file if it is not open; the first time, see what an earlier run left.

        Raises:
            FileTrouble: it cannot be opened now.
        """
        if self._connection is None:
            try:
                self._open_once()
            except FileDamaged:
                self._open_once()

    def write(self, entries: Collection[LedgerEntry], *, first_id: int) -> None:
        """Write entries, all or nothing; `first_id` is the lowest that this run gave out.

        Raises:
            FileTrouble: nothing was written, or it is not known; the same may be written again.
            Exception: whatever else, one of `UNFIT` too, is not the file's fault; nothing was
                written.
        """
        with self._used() as connection:
            moved = self.moved(first_id)
            self._secure(is_spent=any(entry.settled is not None for entry in entries))
            with transaction(connection):
                self._insert(connection, self._rows(connection, entries, moved))

    def _rows(
        self, connection: sqlite3.Connection, entries: Collection[LedgerEntry], moved: int
    ) -> list[list[Cell]]:
        rows, parties, hours = [], self._parties, self._hours
        for entry in entries:
            started = entry.started
            who = (started.provider, started.model, started.key, started.client, started.project)
            party = parties.get(who) or self._party(connection, who)
            hour = hours.of(started.at)
            rows.append(row(entry, row_id=entry.id + moved, party=party, hour=hour))
        return rows

    def moved(self, first_id: int) -> int:
        """Return by how much the ids of a run are raised that began with `first_id`.

        Ids given out before the file could be read go on after those in it all the same.
        """
        return max(0, self.highest + 1 - first_id)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` reads: one picture, for nobody writes meanwhile.

        Raises:
            FileTrouble: the file cannot be read now.
        """
        with self._used() as connection:
            return work(connection)

    def remove_before(self, hour: int, *, most: int) -> int:
        """Remove at most so many old rows, but no sums of days; return how many there were.

        Raises:
            FileTrouble: nothing was removed.
        """
        with self._used() as connection, transaction(connection):
            connection.execute(schema.KEEP_FROM, (hour,))
            removed = connection.execute(schema.REMOVE_ATTEMPTS, (hour, most)).rowcount
            return removed or connection.execute(schema.REMOVE_HOURS, (hour, most)).rowcount

    def lose(self) -> None:
        """Note that attempts made until now were lost, for this run and those to come.

        Raises:
            FileTrouble: the runs to come will not know it.
        """
        self.lost_at = self._clock()
        with self._used() as connection:
            connection.execute(schema.LOSE, (milliseconds(self.lost_at),))

    def check(self, must_stop: Callable[[], bool]) -> bool:
        """Look through the whole file for damage; return False if `must_stop` ended it early.

        Raises:
            FileTrouble: the file cannot be read now.
            FileDamaged: it was damaged; what was written since the start went with it.
        """
        with self._used() as connection:
            try:
                self._demand_undamaged(connection, must_stop)
            except Stopped:
                return False
        return True

    def close(self) -> None:
        """Close the connection; what was written is in the file."""
        connection, self._connection = self._connection, None
        self._parties.clear()
        self._synchronous = ""
        if connection is not None:
            with suppress(sqlite3.Error):  # the file may be what troubles us
                connection.close()

    # -------------------------------------------------------------- opening

    def _open_once(self) -> None:
        with self._translated():
            db_file.make_private(self._path)
            if db_file.is_cut_off(self._path):
                raise FileDamaged("it is cut off")
            version = user_version(self._path)
            try:
                if version > schema.VERSION:
                    self._refuse(version)
                else:
                    self._connect(self._path)
                self._note_loss()
                self._salvage()
                if self._is_first:
                    self._look_back()
            except BaseException:
                self.close()  # half open is not open
                raise

    def _refuse(self, version: int) -> None:
        self.refusal = (
            f"{self._path} is of a later version ({version}, this aircherd knows "
            f"{schema.VERSION}): it is left as it is, and nothing is written to it. "
            "Start the later aircherd again, or move the file away"
        )
        self._connect(None)

    def _connect(self, path: Path | None) -> None:
        """Open what may be written to: the file, or None for a database in memory."""
        connection = self._connection = connect(path)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # before anything is read
        connection.execute("PRAGMA cell_size_check = ON")
        wanted = "DELETE" if path and db_file.is_on_network(path) else "WAL"
        self._journal = str(value(connection, f"PRAGMA journal_mode = {wanted}"))
        if path is not None:
            db_file.remove_shared(path)
        else:
            connection.execute(f"PRAGMA max_page_count = {MEMORY_PAGES}")
        if value(connection, "PRAGMA schema_version") == 0:
            create(connection, schema.CREATE)
        self._demand_whole(connection)
        self._upgrade(connection)

    def _demand_whole(self, connection: sqlite3.Connection) -> None:
        if value(connection, "PRAGMA application_id") != schema.APPLICATION_ID:
            raise FileDamaged("it is not a ledger")
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if missing := schema.NAMES - there:
            raise FileDamaged(f"it has no {', '.join(sorted(missing))}")

    def _demand_undamaged(
        self, connection: sqlite3.Connection, must_stop: Callable[[], bool]
    ) -> None:
        found = damage(connection, must_stop)
        if found is not None:
            raise FileDamaged(found)

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        """Give a file of an earlier version the form of today; it loses nothing by that."""
        version = int(str(value(connection, "PRAGMA user_version")))
        if version < 1:
            raise FileDamaged(f"its version is {version}")
        if version < schema.VERSION:
            # All of it is written anew: here nobody builds on what may be broken.
            self._demand_undamaged(connection, _never)
        for before in range(version, schema.VERSION):
            log.info("ledger upgraded", file=str(self._path), version=before + 1)
            create(connection, schema.UPGRADES[before])

    def _look_back(self) -> None:
        """Read where ids go on; what an earlier run left open has an end that nobody knows."""
        assert self._connection is not None
        with transaction(self._connection):
            self._connection.execute(schema.MARK_UNKNOWN)
        self.highest = int(str(value(self._connection, schema.HIGHEST)))
        self._is_first = False

    def _note_loss(self) -> None:
        """Write down what was lost with the file before this one, and read what earlier runs lost.

        A loss of the future counts as of now, or limits would be incomplete until then.
        """
        assert self._connection is not None
        lost = value(self._connection, schema.LOST)
        before = lost / 1000 if isinstance(lost, int) else -math.inf
        if self.lost_at > before + 1:  # it is kept in milliseconds
            self._connection.execute(schema.LOSE, (milliseconds(self.lost_at),))
        now = self._clock()
        self.lost_at = min(max(self.lost_at, before), now)
        if self.note is None and self.lost_at > now - TOLD_DAYS * 86400:
            self.note = self._lost_words()

    def _salvage(self) -> None:
        """Take over what can be read of a damaged file: what is spent does not come back."""
        damaged, self._to_salvage = self._to_salvage, None
        connection = self._connection
        if damaged is None or connection is None:
            return
        first_hour = local_hour(self._clock(), self._tz) - TOLD_DAYS * 24
        copy = self._path.with_name(f"{self._path.name}.salvage")
        found = salvage(damaged, copy, first_hour=first_hour)
        with transaction(connection):
            rows = [with_party(each, self._party(connection, each.party)) for each in found]
            self._insert(connection, rows)
        if found:
            self.note = f"{self.note}, with {len(found):,} attempts of the old one"
            log.info("ledger salvaged", attempts=len(found))

    def _lost_words(self) -> str:
        when = datetime.fromtimestamp(sane(self.lost_at), self._tz)
        return (
            f"{self._path} may lack what was used before {when:%Y-%m-%d %H:%M}: a damaged file was "
            "set aside, or attempts could not be written"
        )

    # -------------------------------------------------------------- use

    def _party(self, connection: sqlite3.Connection, said: tuple[str | None, ...]) -> int:
        known = self._parties.get(said)
        if known is None:
            if len(self._parties) >= MOST_PARTIES:
                self._parties.clear()
            names = tuple(map(name, said))
            connection.execute(schema.ADD_PARTY, names)
            (known,) = connection.execute(schema.FIND_PARTY, names).fetchone()
            self._parties[said] = known
        return known

    def _insert(self, connection: sqlite3.Connection, cells: Sequence[Sequence[Cell]]) -> None:
        for first in range(0, len(cells), AT_ONCE):
            some = cells[first : first + AT_ONCE]
            connection.execute(schema.write(len(some)), list(chain.from_iterable(some)))

    def _secure(self, *, is_spent: bool) -> None:
        """Choose what a commit survives.

        What was spent survives a loss of power, an attempt under way only the end of this process:
        it costs no wait for the disk, and the next commit takes it along. A rollback journal could
        damage the file, so there it is the strict way for both.
        """
        assert self._connection is not None
        level = "FULL" if is_spent or self._journal != "wal" else "NORMAL"
        if level != self._synchronous:
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        self.open()
        assert self._connection is not None
        with self._translated(passing=UNFIT):
            yield self._connection

    @contextmanager
    def _translated(self, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """Make a FileTrouble of what goes wrong with the file, and leave what can be tried again.

        What is one of `passing`, or of neither a database nor a disk, is raised as it is.
        """
        try:
            with self._forgetting():
                yield
        except FileDamaged as error:
            self._set_aside(str(error))
            raise
        except passing:
            raise
        except sqlite3.Error as error:
            if is_damage(error):
                self._set_aside(str(error))
                raise FileDamaged(str(error)) from error
            if not is_full(error):
                self.close()
            raise FileTrouble(self._trouble(sentence(error))) from error
        except OSError as error:
            self.close()
            raise FileTrouble(self._trouble(error.strerror or str(error))) from error

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Forget the numbers of parties where anything fails: they may have been taken back."""
        try:
            yield
        except BaseException:
            self._parties.clear()
            raise

    def _set_aside(self, why: str) -> None:
        self.close()
        try:
            aside = db_file.set_aside(self._path, self._clock())
        except OSError as error:
            reason = f"it is damaged ({why}) and cannot be moved away: {error.strerror}"
            raise FileTrouble(self._trouble(reason)) from error
        self.lost_at = self._clock()
        self._to_salvage = aside
        self.note = f"{self._path} was damaged ({why}) and is now {aside}: a new one was begun"
        log.error("ledger damaged", why=why, moved_to=str(aside))

    def _trouble(self, why: str) -> str:
        return f"{self._path}: {why}"
