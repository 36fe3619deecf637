"""One watched file: what was last reported, and whether that has changed."""

import os

import pytest

from aircherd.config.watcher import watched_file
from aircherd.config.watcher.watched_file import State, WatchedFile


@pytest.fixture
def file(tmp_path):
    """A file that was written long ago."""
    file = tmp_path / "f"
    _write_old(file, "one")
    return file


def _write_old(file, text):
    file.write_text(text)
    os.utime(file, (1, 1))


def settled(watched, now):
    """Look until the file has settled; return what the last look showed."""
    states = [watched.look(now + step / 10) for step in range(12)]
    return next((each for each in states if each is not State.CHANGING), State.CHANGING)


def test_the_first_content_counts_as_a_change(file):
    """It may have changed since its owner read it."""
    watched = WatchedFile(file)
    assert watched.look(0.0) is State.CHANGING
    assert watched.look(1.0) is State.CHANGED
    assert watched.look(2.0) is State.SAME


def test_a_change_is_reported_once_it_settled(file):
    """Until then, the file is looked at again and again."""
    watched = WatchedFile(file)
    settled(watched, 0.0)
    _write_old(file, "two")
    assert [watched.look(9.0), watched.look(9.1), watched.look(9.2)] == [
        State.CHANGING,
        State.CHANGING,
        State.CHANGED,
    ]


def test_the_same_content_is_no_change(file):
    """`touch`, and a save without an edit."""
    watched = WatchedFile(file)
    settled(watched, 0.0)
    file.write_text("one")
    assert settled(watched, 9.0) is State.RESTORED


def test_a_change_that_is_taken_back_is_no_change(file):
    """But its owner may have read the file in between: since the last look before."""
    watched = WatchedFile(file)
    settled(watched, 0.0)
    watched.look(8.5)
    file.write_text("")
    assert watched.look(9.0) is State.CHANGING
    file.write_text("one")
    assert [watched.look(9.1), watched.look(9.3)] == [State.CHANGING, State.RESTORED]
    assert watched.steady_at == 8.5


def test_a_file_without_a_newer_time_is_read_again(file, monkeypatch):
    """On a file system with coarse times, two writes of one size look the same from outside."""
    file.write_text("one")  # written just now
    watched = WatchedFile(file)
    settled(watched, 0.0)
    file.write_text("two")
    monkeypatch.setattr(type(watched.chain), "still_holds", lambda _chain, _glance: True)
    assert watched.look(9.0) is State.CHANGED


def test_a_change_while_reading_is_not_reported(file, monkeypatch):
    """The text may be half old and half new."""
    watched = WatchedFile(file)
    settled(watched, 0.0)
    file.write_text("half")
    read = watched_file.read_content

    def read_and_write(path):
        found = read(path)
        file.write_text("half and half")
        return found

    assert watched.look(9.0) is State.CHANGING
    monkeypatch.setattr(watched_file, "read_content", read_and_write)
    assert watched.look(9.5) is State.CHANGING


def test_whether_anything_moved_is_known_without_reading(file):
    """For what changed while watching began."""
    watched = WatchedFile(file)
    settled(watched, 0.0)
    assert not watched.has_moved()
    file.write_text("two")
    assert watched.has_moved()
