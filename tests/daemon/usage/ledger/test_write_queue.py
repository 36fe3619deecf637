"""The attempts that wait to be written."""

from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.write_queue import WriteQueue
from helpers.ledger.attempts import ended, settled, started


def ignore(_waiting):
    """Ignore a notification or an error."""


def begun(number):
    return started(id=number)


def entry(number):
    return LedgerEntry(number, started(), None)


def numbers(queue):
    return [(entry.id, entry.settled is not None) for entry in queue._take()]


def test_an_attempt_that_ends_in_the_queue_is_taken_once():
    """As ended."""
    queue = WriteQueue(ignore, ignore)
    first = begun(1)
    for attempt in (first, begun(2)):
        queue.put(attempt)
    assert first.is_queued
    first.settled = settled()
    assert numbers(queue) == [(1, True), (2, False)]
    assert not first.is_queued


def test_an_attempt_that_ends_after_it_was_taken_is_taken_again():
    """The first snapshot does not change."""
    queue = WriteQueue(ignore, ignore)
    attempt = begun(1)
    queue.put(attempt)
    (before,) = queue._take()
    attempt.settled = settled()
    assert (before.settled, attempt.is_queued) == (None, False)
    queue.put(attempt)
    assert numbers(queue) == [(1, True)]


def test_unwritten_entries_are_taken_again():
    """With new ones, until they are written."""
    queue = WriteQueue(ignore, ignore)
    queue.put(begun(1))
    queue._take()
    queue.put(ended(2))
    assert numbers(queue) == [(1, False), (2, True)]
    first, second = queue._take()
    queue._forget([first])
    assert numbers(queue) == [(2, True)]
    queue._forget([second])
    assert (numbers(queue), queue.waiting, queue.lost) == ([], 0, 0)


def test_attempts_in_progress_are_dropped_first_and_not_lost():
    """They are queued again when they end."""
    queue = WriteQueue(ignore, ignore, 2)
    for entry in (begun(1), ended(2)):
        queue.put(entry)
    queue._take()
    queue.put(ended(3))
    assert numbers(queue) == [(2, True), (3, True)]
    queue.put(ended(1))
    assert (numbers(queue), queue.lost) == ([(3, True), (1, True)], 1)


def test_the_oldest_settled_attempts_are_lost_and_counted():
    """Memory is bounded however long the disk is full."""
    queue = WriteQueue(ignore, ignore, 3)
    for number in range(10):
        queue.put(ended(number))
        queue._take()
    assert numbers(queue) == [(7, True), (8, True), (9, True)]
    assert (queue.waiting, queue.lost) == (3, 7)


def test_the_queue_is_bounded_while_the_writer_hangs():
    """For example on a dead disk."""
    queue = WriteQueue(ignore, ignore, 3)
    attempts = [begun(0), *(ended(number) for number in range(1, 5))]
    for attempt in attempts:
        queue.put(attempt)
    assert (queue.waiting, queue.lost) == (3, 1)
    assert not attempts[0].is_queued  # it is put again when it ends
    assert numbers(queue) == [(2, True), (3, True), (4, True)]


def test_entries_moved_to_the_end_come_last():
    """Unchanged."""
    queue = WriteQueue(ignore, ignore)
    for attempt in (begun(1), ended(2), ended(3)):
        queue.put(attempt)
    first, second, _ = list(queue._take())
    queue._move_to_end([first, second, entry(9)])
    assert numbers(queue) == [(3, True), (1, False), (2, True)]


def test_a_discarded_entry_is_lost_once_if_it_had_ended():
    """An attempt in progress is queued again."""
    queue = WriteQueue(ignore, ignore)
    for entry in (begun(1), ended(2)):
        queue.put(entry)
    for entry in list(queue._take()) * 2:
        queue._discard(entry)
    assert (numbers(queue), queue.lost) == ([], 1)


def test_put_notifies_from_a_number_of_queued_attempts_on():
    """An idle writer needs the first, a busy one only many."""
    notified = []
    queue = WriteQueue(notified.append, ignore)
    queue.put(begun(1))
    queue.notify_at = 3
    for number in (2, 3, 4):
        queue.put(begun(number))
    assert notified == [1, 3, 4]


def test_written_entries_no_longer_wait():
    """The others do."""
    queue = WriteQueue(ignore, ignore)
    for number in (1, 2, 3):
        queue.put(begun(number))
    first, *others = queue._take()
    queue._forget([first])
    assert queue.waiting == 2
    queue._forget(others)
    assert queue.waiting == 0
