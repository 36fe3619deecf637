"""What is remembered about the lock, and what becomes of it after a restart."""

import pytest

from aircherd.auth.lock.record import Lock, Record, boot_id, boot_time, decode, encode

WALL = 1_750_000_000.0
TIMED = Lock(cause="command", since=WALL, until=WALL + 100, opens_at=600.0)


@pytest.mark.parametrize(
    "record",
    [
        Record(boot="a"),
        Record(boot="a", lock=Lock(cause="command", since=WALL)),
        Record(boot="a", lock=TIMED),
        Record(boot="a", lock=Lock(cause="lifetime", since=WALL)),
        Record(boot="a", held_since=12.5),
    ],
)
def test_a_record_is_the_same_after_a_restart_of_the_daemon(record):
    """However the wall clock was set in the meantime."""
    assert decode(encode(record), "a", 500.0, WALL + 10**6) == record


def test_no_file_is_an_open_lock():
    """As on the first start."""
    assert decode(None, "a", 500.0, WALL) == Record(boot="a")


@pytest.mark.parametrize("boot", ["b", ""])
def test_a_lock_outlives_a_boot_and_ends_by_the_wall_clock(boot):
    """The clock of the boot began again; an unknown boot may be another one."""
    found = decode(encode(Record(boot=boot and "a", lock=TIMED)), boot, 5.0, WALL + 40)
    assert found.lock is not None
    assert found.lock.opens_at == 65.0
    assert (found.lock.since, found.lock.until) == (WALL, WALL + 100)


def test_a_lifetime_begins_again_after_a_boot():
    """The keys were not in memory."""
    assert decode(encode(Record(boot="a", held_since=12.5)), "b", 5.0, WALL).held_since is None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"boot": "a", "lock": 1}', b"\xff", b"[]"])
def test_what_cannot_be_read_may_have_been_a_lock(content):
    """A damaged record keeps the keys locked."""
    found = decode(content, "a", 500.0, WALL)
    assert found.lock == Lock(cause="damaged", since=WALL)


def test_the_clock_of_the_boot_goes_on():
    """And this machine has a boot id, where there is /proc."""
    before = boot_time()
    assert boot_time() >= before > 0
    assert boot_id() == boot_id()
