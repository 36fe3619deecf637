"""The lasting id of a ledger in a fleet: one machine is one ledger.

The engine keeps what each machine used under its id. So an id must not be used by two ledgers, and
what has been reported under one must not be reported under another:

    a new ledger                    is a new machine
    a ledger that was moved or      is a new machine, too, from then on: its earlier attempts are
    copied, or is from a backup     in the engine under the old id
    one in place of a damaged one   likewise: what could be salvaged is not its own
    a ledger without an id          gets one, and all of its attempts are its own

A copy shows by its place: another inode, or another machine. Where all of that is the same, as in a
clone of a virtual machine, the engine's last sequence number does: `renew_machine`.
"""

import hashlib
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from aircherd.usage.ledger import schema
from aircherd.usage.ledger.db_file import is_on_network
from aircherd.usage.ledger.sqlite import scalar, transaction

MACHINE_ID = Path("/etc/machine-id")
ID_BITS = 62
"""SQLite's integers have 63 and a sign."""
RUN_BITS = 31
"""Reports of one run: a run and their number are exact as a double, which Lua has."""
MAX_RUN = 2 ** (52 - RUN_BITS)

_GET = "SELECT max(value) FROM meta WHERE name = ?"
_SET = "INSERT OR REPLACE INTO meta VALUES (?, ?)"


class MachineId(NamedTuple):
    """A ledger in a fleet.

    `first` is the number of the first attempt that counts for it. `sequence` is smaller than that
    of any report of this run, and larger than those of earlier runs. `was_moved` is set if the
    ledger had another id until now.
    """

    id: str
    first: int
    sequence: int
    was_moved: bool = False


def place_of(path: Path, machine_file: Path = MACHINE_ID) -> int:
    """Return a number for where a ledger is: not the same for a copy of it.

    On a network file system an inode may have another number after each start.
    """
    try:
        machine = machine_file.read_text().strip()
    except OSError:
        machine = ""
    inode = 0 if is_on_network(path) else path.stat().st_ino
    digest = hashlib.sha256(f"aircher ledger {machine} {inode}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


def take_machine(connection: sqlite3.Connection, place: int, highest: int) -> MachineId:
    """Return the ledger's id for this run; make one if it has none, or is at another place.

    `highest` is the number of the last attempt of earlier runs.
    """
    with transaction(connection):
        number, known = _read(connection, "machine"), _read(connection, "machine_place")
        if number is None:
            salvaged = _read(connection, "salvaged")
            return _make(connection, place, 0 if salvaged is None else salvaged + 1)
        if known != place:
            return _make(connection, place, highest + 1)._replace(was_moved=True)
        run = (_read(connection, "machine_run") or 0) + 1
        _write(connection, "machine_run", run)
        return _machine(number, _read(connection, "machine_first") or 0, run)


def renew_machine(connection: sqlite3.Connection, place: int) -> MachineId:
    """Return a new id: another ledger reports under the old one. Earlier attempts are left to it.

    Attempts in progress are the new one's, too, so that they count, perhaps twice.
    """
    with transaction(connection):
        open_now = scalar(connection, "SELECT min(id) FROM attempts WHERE outcome = 'started'")
        highest = int(str(scalar(connection, schema.HIGHEST_ID)))
        first = highest + 1 if open_now is None else int(str(open_now))
        return _make(connection, place, first)._replace(was_moved=True)


def _make(connection: sqlite3.Connection, place: int, first: int) -> MachineId:
    number = int.from_bytes(os.urandom(8), "big") >> (64 - ID_BITS)
    for name, value in (("", number), ("_place", place), ("_first", first), ("_run", 1)):
        _write(connection, f"machine{name}", value)
    return _machine(number, first, 1)


def _machine(number: int, first: int, run: int) -> MachineId:
    return MachineId(f"{number:016x}", first, min(run, MAX_RUN) << RUN_BITS)


def _read(connection: sqlite3.Connection, name: str) -> int | None:
    value = connection.execute(_GET, (name,)).fetchone()[0]
    return value if isinstance(value, int) else None


def _write(connection: sqlite3.Connection, name: str, value: int) -> None:
    connection.execute(_SET, (name, value))
