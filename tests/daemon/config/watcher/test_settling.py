"""When a change counts as over. Times are in seconds."""

import pytest

from aircherd.config.watcher.settling import (
    BUSY_SECONDS,
    QUIET_BUSY_SECONDS,
    QUIET_EMPTY_SECONDS,
    QUIET_SECONDS,
    Settling,
)


@pytest.mark.parametrize(
    ("after", "is_empty", "may_read", "may_report"),
    [
        (0.0, False, False, False),
        (QUIET_SECONDS - 0.01, False, False, False),
        (QUIET_SECONDS, False, True, True),
        (QUIET_SECONDS, True, True, False),
        (QUIET_EMPTY_SECONDS, True, True, True),
    ],
)
def test_a_file_settles_when_it_stays_the_same(after, is_empty, may_read, may_report):
    """An empty file takes longer: it is probably about to be written."""
    settling = Settling(0.0)
    assert settling.may_read(after) is may_read
    assert settling.may_report(after, is_empty=is_empty) is may_report


def test_each_change_starts_the_wait_again():
    """A file that is written in pieces is read once it is complete."""
    settling = Settling(0.0)
    settling.note_change(0.1)
    assert not settling.may_read(0.1 + QUIET_SECONDS - 0.01)
    assert settling.may_read(0.1 + QUIET_SECONDS)


def test_a_file_that_never_rests_needs_a_shorter_pause():
    """Saved ten times a second, it is still read about once a second."""
    settling = Settling(0.0)
    for tenth in range(int(10 * BUSY_SECONDS) + 1):
        settling.note_change(tenth / 10)
    assert not settling.may_read(BUSY_SECONDS)
    assert settling.may_read(BUSY_SECONDS + QUIET_BUSY_SECONDS)
