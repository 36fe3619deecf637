"""What waits to be written."""

from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.write_queue import WriteQueue
from helpers.ledger import ended, settled, started


def ignore(_waiting):
    """Take a notification."""


def begun(number):
    return started(id=number)


def entry(number):
    return LedgerEntry(number, started(), None)


def numbers(backlog):
    return [(entry.id, entry.settled is not None) for entry in backlog._take()]


def test_an_attempt_that_ended_in_the_queue_is_taken_once():
    """As ended."""
    backlog = WriteQueue(ignore, ignore)
    first = begun(1)
    for attempt in (first, begun(2)):
        backlog.put(attempt)
    assert first.is_queued
    first.settled = settled()
    assert numbers(backlog) == [(1, True), (2, False)]
    assert not first.is_queued


def test_an_attempt_that_ends_after_it_was_taken_is_taken_again():
    """What was taken before stays as it was."""
    backlog = WriteQueue(ignore, ignore)
    attempt = begun(1)
    backlog.put(attempt)
    (before,) = backlog._take()
    attempt.settled = settled()
    assert (before.settled, attempt.is_queued) == (None, False)
    backlog.put(attempt)
    assert numbers(backlog) == [(1, True)]


def test_what_is_not_written_comes_again():
    """With what was added since, until it is written."""
    backlog = WriteQueue(ignore, ignore)
    backlog.put(begun(1))
    backlog._take()
    backlog.put(ended(2))
    assert numbers(backlog) == [(1, False), (2, True)]
    backlog._forget([entry(1)])
    assert numbers(backlog) == [(2, True)]
    backlog._forget([entry(2)])
    assert (numbers(backlog), backlog.waiting, backlog.lost) == ([], 0, 0)


def test_attempts_under_way_make_room_and_are_not_lost():
    """They come again, whole, when they end."""
    backlog = WriteQueue(ignore, ignore, 2)
    for entry in (begun(1), ended(2)):
        backlog.put(entry)
    backlog._take()
    backlog.put(ended(3))
    assert numbers(backlog) == [(2, True), (3, True)]
    backlog.put(ended(1))
    assert (numbers(backlog), backlog.lost) == ([(3, True), (1, True)], 1)


def test_the_oldest_that_ended_are_lost_and_counted():
    """Memory is bounded however long the disk is full."""
    backlog = WriteQueue(ignore, ignore, 3)
    for number in range(10):
        backlog.put(ended(number))
        backlog._take()
    assert numbers(backlog) == [(7, True), (8, True), (9, True)]
    assert (backlog.waiting, backlog.lost) == (3, 7)


def test_it_is_bounded_while_nobody_takes():
    """A writer may hang in a dead disk."""
    backlog = WriteQueue(ignore, ignore, 3)
    attempts = [begun(0), *(ended(number) for number in range(1, 5))]
    for attempt in attempts:
        backlog.put(attempt)
    assert (backlog.waiting, backlog.lost) == (3, 1)
    assert not attempts[0].is_queued  # it is put again when it ends
    assert numbers(backlog) == [(2, True), (3, True), (4, True)]


def test_what_is_put_off_comes_last():
    """As it was."""
    backlog = WriteQueue(ignore, ignore)
    for attempt in (begun(1), ended(2), ended(3)):
        backlog.put(attempt)
    first, second, _ = list(backlog._take())
    backlog._move_to_end([first, second, entry(9)])
    assert numbers(backlog) == [(3, True), (1, False), (2, True)]


def test_what_is_left_out_is_lost_once_if_it_had_ended():
    """One that is under way comes again."""
    backlog = WriteQueue(ignore, ignore)
    for entry in (begun(1), ended(2)):
        backlog.put(entry)
    for entry in list(backlog._take()) * 2:
        backlog._discard(entry)
    assert (numbers(backlog), backlog.lost) == ([], 1)


def test_it_notifies_from_a_number_of_queued_attempts_on():
    """An idle writer wants to know of the first, a busy one of many."""
    notified = []
    backlog = WriteQueue(notified.append, ignore)
    backlog.put(begun(1))
    backlog.notify_at = 3
    for number in (2, 3, 4):
        backlog.put(begun(number))
    assert notified == [1, 3, 4]


def test_what_is_written_of_a_part_is_no_longer_waiting():
    """The rest is."""
    backlog = WriteQueue(ignore, ignore)
    for number in (1, 2, 3):
        backlog.put(begun(number))
    first, *others = backlog._take()
    backlog._forget([first])
    assert backlog.waiting == 2
    backlog._forget(others)
    assert backlog.waiting == 0
