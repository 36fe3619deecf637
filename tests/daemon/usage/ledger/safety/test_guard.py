"""The thread that keeps what the database has not saved."""

import errno
import threading

import pytest
import trio

from aircherd.usage.ledger.safety.guard import SAVE_AFTER, Guard, SaveWatch
from aircherd.usage.ledger.safety.records import entries_of
from aircherd.usage.ledger.write_queue import WriteQueue
from helpers.daemon.load import wait_for
from helpers.ledger.attempts import ended, settled, started


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.spare"


@pytest.fixture
def queue():
    return WriteQueue(lambda _waiting: None, lambda _error: None)


@pytest.fixture
def guard(path, queue):
    made = Guard(path, queue)
    queue.on_saved = made.forget
    made.open()
    yield made
    made.close()


def left(path):
    """What the next run finds: numbers, and whether they ended."""
    following = Guard(path, WriteQueue(lambda _waiting: None, lambda _error: None))
    earlier = following.open()
    following.close()
    return [(each.id, each.settled is not None) for each in entries_of(earlier.records, 0)]


def put(queue, *attempts):
    for attempt in attempts:
        queue.put(attempt)
        queue.note_ended()


def test_a_saved_attempt_is_found_by_the_next_run(guard, queue, path):
    """Without any end of this one; only what is new is appended."""
    guard.note_offset(0)
    first = started(id=1)
    put(queue, first, ended(2))
    assert guard.save()
    assert left(path) == [(1, False), (2, True)]
    first.settled = settled()
    put(queue, first)
    assert guard.save()
    assert left(path) == [(1, True), (2, True)]


def test_what_the_database_has_saved_is_forgotten(guard, queue, path):
    """The room is free again."""
    guard.note_offset(0)
    put(queue, ended(1))
    guard.save()
    queue.write(lambda _entries: None)
    assert (left(path), queue.waiting) == ([], 0)


def test_an_attempt_that_ends_while_it_is_written_stays_in_the_file(guard, queue, path):
    """The database has saved that it began, no more."""
    guard.note_offset(0)
    attempt = started(id=1)
    put(queue, attempt)

    def write(_entries):
        attempt.settled = settled()
        put(queue, attempt)
        assert guard.save()

    queue.write(write)
    assert left(path) == [(1, True)]
    assert queue.waiting == 1


def test_an_answer_is_late_until_either_has_saved_it(guard, queue, monkeypatch):
    """An answer then waits."""
    monkeypatch.setattr("aircherd.usage.ledger.write_queue.LATE_AFTER", -1)
    put(queue, ended(1), ended(2))
    assert queue.is_late
    guard.save()
    assert not queue.is_late


def test_a_full_file_leaves_it_late(guard, queue, monkeypatch):
    """Then answers wait for the database, and nothing is forgotten."""
    monkeypatch.setattr("aircherd.usage.ledger.write_queue.LATE_AFTER", -1)
    monkeypatch.setattr(guard._file, "append", lambda _record: None)
    put(queue, ended(1), ended(2))
    assert not guard.save()
    assert queue.is_late
    assert queue.unsaved_for(queue._taken_since + 1) == 1
    assert [each.id for each in guard.save_rest()] == [1, 2]


def test_a_failing_file_is_a_problem_until_it_works(guard, queue, monkeypatch):
    """Attempts stay unsaved meanwhile."""

    def fail(_record):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(guard._file, "append", fail)
        put(queue, ended(1))
        assert not guard.save()
        assert guard.problem == "No space left on device"
    assert guard.save()
    assert guard.problem is None


def test_a_file_that_cannot_be_made_is_a_problem(tmp_path, queue):
    """The ledger works without it."""
    (tmp_path / "ledger.spare").mkdir()
    guard = Guard(tmp_path / "ledger.spare", queue)
    assert guard.open() is None
    put(queue, ended(1))
    assert (guard.save(), guard.record_loss(1, 1.0)) == (False, False)
    assert guard.problem


def test_a_file_that_could_not_be_made_is_made_later(tmp_path, queue):
    """What an earlier run left in it is used only before the ledger has been opened."""
    path = tmp_path / "ledger.spare"
    path.mkdir()
    guard = Guard(path, queue)
    assert guard.open() is None
    path.rmdir()
    assert guard.open().records == []
    assert guard.problem is None
    put(queue, ended(1))
    assert guard.save()
    assert guard.open() is None  # it is open
    guard.close()
    late = Guard(path, WriteQueue(lambda _waiting: None, lambda _error: None))
    assert late.open(is_late=True) is None
    assert "earlier run" in late.problem
    assert left(path) == [(1, True)]


async def test_the_thread_saves_what_waits_too_long(guard, queue, path):
    """The event loop looks, and wakes it; then nothing is left to look at."""
    guard.note_offset(0)
    thread = threading.Thread(target=guard.run)
    thread.start()
    queue.on_unsaved = SaveWatch(queue, guard).begin
    put(queue, ended(1))
    await trio.sleep(SAVE_AFTER / 2)
    assert queue.saves == 0
    await wait_for(lambda: queue.saves == 1, "it is saved")
    assert left(path) == [(1, True)]
    put(queue, ended(2))
    await wait_for(lambda: queue.saves == 2, "so is the next one")
    guard.close()
    thread.join()


async def test_the_thread_sleeps_while_the_database_is_quick(
    guard, queue, monkeypatch, autojump_clock
):
    """Each time it woke up, the event loop would wait for the interpreter."""
    for module in ("safety.guard", "write_queue"):
        monkeypatch.setattr(f"aircherd.usage.ledger.{module}.monotonic", trio.current_time)
    watch = SaveWatch(queue, guard)
    queue.on_unsaved = watch.begin
    with monkeypatch.context() as patch:
        patch.setattr(guard, "wake", pytest.fail)
        for number in range(1, 21):
            put(queue, ended(number))
            await trio.sleep(SAVE_AFTER / 3)
            queue.write(lambda _entries: None)
        await trio.sleep(1)
    assert "idle" in repr(watch)
