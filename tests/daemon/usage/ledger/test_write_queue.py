"""What waits to be written."""

from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.write_queue import WriteQueue
from helpers.ledger import settled, started


def begun(number):
    return LedgerEntry(number, started(), None)


def ended(number):
    return LedgerEntry(number, started(), settled())


def numbers(backlog):
    return [(entry.id, entry.settled is not None) for entry in backlog.take()]


def test_an_attempt_that_ended_meanwhile_is_written_once():
    """As ended."""
    backlog = WriteQueue()
    assert [backlog.put(entry) for entry in (begun(1), begun(2), ended(1))] == [1, 2, 3]
    assert numbers(backlog) == [(1, True), (2, False)]


def test_what_is_not_written_comes_again():
    """With what was added since, until it is written."""
    backlog = WriteQueue()
    backlog.put(begun(1))
    backlog.take()
    backlog.put(ended(2))
    assert numbers(backlog) == [(1, False), (2, True)]
    backlog.written([begun(1)])
    assert numbers(backlog) == [(2, True)]
    backlog.written([begun(2)])
    assert (numbers(backlog), backlog.waiting, backlog.lost) == ([], 0, 0)


def test_attempts_under_way_make_room_and_are_not_lost():
    """They come again, whole, when they end."""
    backlog = WriteQueue(2)
    for entry in (begun(1), ended(2)):
        backlog.put(entry)
    backlog.take()
    backlog.put(ended(3))
    assert numbers(backlog) == [(2, True), (3, True)]
    backlog.put(ended(1))
    assert (numbers(backlog), backlog.lost) == ([(3, True), (1, True)], 1)


def test_the_oldest_that_ended_are_lost_and_counted():
    """Memory is bounded however long the disk is full."""
    backlog = WriteQueue(3)
    for number in range(10):
        backlog.put(ended(number))
        backlog.take()
    assert numbers(backlog) == [(7, True), (8, True), (9, True)]
    assert (backlog.waiting, backlog.lost) == (3, 7)


def test_it_is_bounded_while_nobody_takes():
    """A writer may hang in a dead disk."""
    backlog = WriteQueue(3)
    for number in range(5):
        backlog.put(begun(number))
        backlog.put(ended(number))
    assert (backlog.waiting, backlog.lost) == (3, 3)
    assert numbers(backlog) == [(3, True), (4, True)]


def test_what_is_put_off_comes_last():
    """As it was."""
    backlog = WriteQueue()
    for entry in (begun(1), ended(2), ended(3)):
        backlog.put(entry)
    first, second, _ = list(backlog.take())
    backlog.put_off([first, second, ended(9)])
    assert numbers(backlog) == [(3, True), (1, False), (2, True)]


def test_what_is_left_out_is_lost_once_if_it_had_ended():
    """One that is under way comes again."""
    backlog = WriteQueue()
    for entry in (begun(1), ended(2)):
        backlog.put(entry)
    for entry in list(backlog.take()) * 2:
        backlog.leave_out(entry)
    assert (numbers(backlog), backlog.lost) == ([], 1)
