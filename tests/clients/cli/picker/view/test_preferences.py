import json
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
    assert save_preferences(environ, preferences, Preferences()) is True
    assert load_preferences(environ) == preferences


def test_the_file_is_private(environ):
    """It tells which models the user likes, which is private."""
    save_preferences(environ, Preferences(), Preferences())
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
    assert load_preferences(environ).favourites == ("a/b",)


def test_a_pipe_in_place_of_the_file_does_not_block(environ):
    """Opening one for reading would wait forever."""
    file = preferences_file(environ)
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    assert load_preferences(environ) == Preferences()


def test_a_directory_that_cannot_be_created_is_no_error(environ, tmp_path):
    """Saving fails silently."""
    (tmp_path / "state").write_text("a file")
    assert save_preferences(environ, Preferences(), Preferences()) is False
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


def test_two_pickers_keep_the_changes_of_each_other(environ):
    """Each saves what its user changed, not all that it read at its start."""
    start = Preferences(("a/old", "a/kept"), ("a/used",))
    save_preferences(environ, start, Preferences())
    one = start.toggle_favourite("a/one").toggle_favourite("a/old")
    save_preferences(environ, one, start)
    save_preferences(environ, one.with_recent("a/first"), one)
    two = start.toggle_favourite("a/two").with_recent("a/second").with_sort("price")
    save_preferences(environ, two, start)
    assert load_preferences(environ) == Preferences(
        ("a/kept", "a/one", "a/two"), ("a/second", "a/first", "a/used"), "price"
    )


def test_fields_of_a_later_version_stay(environ):
    """Trying an older version loses nothing."""
    file = preferences_file(environ)
    file.parent.mkdir(parents=True)
    file.write_text('{"sort": "price", "columns": ["window"]}')
    before = load_preferences(environ)
    assert save_preferences(environ, before.toggle_favourite("a/b"), before)
    assert json.loads(file.read_text()) == {
        "sort": "price",
        "columns": ["window"],
        "favourites": ["a/b"],
        "recent": [],
    }


def test_a_file_that_was_damaged_meanwhile_is_written_again(environ):
    """What the picker knows is not lost with it."""
    preferences_file(environ).parent.mkdir(parents=True)
    preferences_file(environ).write_bytes(b"{")
    before = Preferences(("a/b",))
    assert save_preferences(environ, before.toggle_favourite("c/d"), before)
    assert load_preferences(environ).favourites == ("a/b", "c/d")
