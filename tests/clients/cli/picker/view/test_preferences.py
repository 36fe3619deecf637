import os

import pytest

from aircher_cli.picker.view.preferences import (
    MAX_RECENT,
    Preferences,
    load_preferences,
    preferences_file,
    save_preferences,
)


@pytest.fixture
def environ(tmp_path):
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


def test_preferences_are_kept(environ):
    """What was saved is loaded again."""
    preferences = Preferences(("a/b", "sonnet"), ("c/d",), "price")
    assert save_preferences(environ, preferences) is True
    assert load_preferences(environ) == preferences


def test_the_file_is_private(environ):
    """It tells which models the user likes, which is private."""
    save_preferences(environ, Preferences())
    assert preferences_file(environ).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"favourites": 3, "recent": {"a": 1}}', b"\xff", b"[" * 100_000],
)
def test_a_damaged_file_gives_the_defaults(environ, content):
    """It never stops the picker."""
    file = preferences_file(environ)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert load_preferences(environ) == Preferences()


def test_names_from_the_file_are_checked(environ):
    """Each name is there once, and none disturbs the screen."""
    file = preferences_file(environ)
    file.parent.mkdir(parents=True)
    file.write_text('{"favourites": ["a/b", "a/b", "", "x\\u001b", 4], "recent": null}')
    assert load_preferences(environ).favourites == ("a/b", "4")


def test_a_pipe_in_place_of_the_file_does_not_block(environ):
    """Opening one for reading would wait forever."""
    file = preferences_file(environ)
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    assert load_preferences(environ) == Preferences()


def test_a_directory_that_cannot_be_created_is_no_error(environ, tmp_path):
    """Saving fails silently."""
    (tmp_path / "state").write_text("a file")
    assert save_preferences(environ, Preferences()) is False
    assert load_preferences(environ) == Preferences()


def test_a_favourite_is_switched_on_and_off():
    """The same key does both."""
    marked = Preferences().toggle_favourite("a/b")
    assert marked.favourites == ("a/b",)
    assert marked.toggle_favourite("a/b") == Preferences()


def test_the_latest_of_few_recent_models_come_first():
    """An older use of the same model is replaced."""
    preferences = Preferences()
    for name in "abcdefb":
        preferences = preferences.with_recent(name)
    assert preferences.recent == ("b", "f", "e", "d", "c")
    assert len(preferences.recent) == MAX_RECENT


def test_the_order_is_set():
    """It is kept for the next time."""
    assert Preferences().with_sort("price").sort == "price"
