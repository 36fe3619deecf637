"""One machine of a fleet is one ledger, however it is copied and restored."""

import shutil
from functools import partial

import pytest

from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.fleet.machine import MAX_RUN, RUN_BITS, place_of, take_machine
from helpers.ledger.attempts import NOW, open_at_noon, settled, started


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


async def run_once(path, *, attempts=0, renew=False):
    """Start a daemon's ledger, make attempts, and end; return its id."""
    async with open_at_noon(path) as ledger:
        machine = await ledger.take_machine()
        for _ in range(attempts):
            ledger.settle(ledger.begin(started()), settled())
        if renew:
            await ledger.flush()
            machine = await ledger.take_machine(renew=True)
    return machine


async def test_a_ledger_is_one_machine_for_ever(path):
    """Its reports are numbered over all of its runs; all of its attempts are its own."""
    found = [await run_once(path, attempts=3) for _ in range(3)]
    assert len({machine.id for machine in found}) == 1
    assert [machine.first for machine in found] == [0, 0, 0]
    assert [machine.sequence for machine in found] == [n << RUN_BITS for n in (1, 2, 3)]
    assert not any(machine.was_moved for machine in found)


async def test_a_new_ledger_is_a_new_machine(path, tmp_path):
    """Its id says nothing about the machine or the file."""
    first = await run_once(path)
    assert first.id != (await run_once(tmp_path / "other" / "ledger.db")).id
    path.unlink()
    assert first.id != (await run_once(path)).id


async def test_a_copy_is_another_machine_without_the_attempts_of_the_first(path, tmp_path):
    """They are in the engine under the first one's id, which goes on."""
    first = await run_once(path, attempts=3)
    copy = tmp_path / "copy" / "ledger.db"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    other = await run_once(copy, attempts=1)
    assert other.id != first.id
    assert (other.first, other.was_moved) == (4, True)
    again = await run_once(copy)
    assert (again.id, again.first, again.was_moved) == (other.id, 4, False)
    assert (await run_once(path)).id == first.id


async def test_a_ledger_from_a_backup_is_another_machine(path, tmp_path):
    """What was used since the backup is in the engine, and not in the ledger."""
    first = await run_once(path, attempts=2)
    shutil.copy(path, tmp_path / "backup")
    await run_once(path, attempts=5)
    (tmp_path / "backup").replace(path)
    restored = await run_once(path)
    assert restored.id != first.id
    assert restored.first == 3


async def test_a_ledger_on_another_machine_is_another_one(path, tmp_path):
    """Even if its file has the same number there, as after a copy of the whole disk."""
    await run_once(path)
    here, there = tmp_path / "here", tmp_path / "there"
    here.write_text("0123\n")
    there.write_text("4567\n")
    assert place_of(path, here) == place_of(path, here)
    assert place_of(path, here) != place_of(path, there)
    assert place_of(path, tmp_path / "none") == place_of(path, tmp_path / "none")


async def test_a_machine_gives_up_an_id_that_another_one_uses(path):
    """Its earlier attempts are left to the old id."""
    first = await run_once(path, attempts=2)
    renewed = await run_once(path, attempts=3, renew=True)
    assert renewed.id != first.id
    assert renewed.first == 6
    assert (await run_once(path)).id == renewed.id


@pytest.mark.parametrize("is_machine", [True, False])
async def test_what_is_salvaged_of_a_damaged_ledger_counts_once(path, is_machine):
    """It is in the engine under the id of that ledger, if it had one."""
    async with open_at_noon(path) as ledger:
        if is_machine:
            await ledger.take_machine()
        for _ in range(5):
            ledger.settle(ledger.begin(started()), settled())
    content = path.read_bytes()
    path.write_bytes(b"\0" * 16 + content[16:])
    async with open_at_noon(path) as ledger:
        machine = await ledger.take_machine()
        report = await ledger.report(None, None, [])
    assert report.totals.requests == 5
    assert machine.first == (6 if is_machine else 0)


def test_a_sequence_is_exact_in_the_engine(path):
    """Lua's numbers are doubles: exact up to 2**53."""
    file = LedgerDatabase(path, clock=lambda: NOW, tz=None)
    file.open()
    file.read(partial(take_machine, place=1, highest=0))
    change = "UPDATE meta SET value = 1000000000000 WHERE name = 'machine_run'"
    file.read(lambda connection: connection.execute(change))
    found = file.read(partial(take_machine, place=1, highest=0))
    file.close()
    assert found.sequence == MAX_RUN << RUN_BITS
    assert found.sequence + (1 << RUN_BITS) <= 2**53
