"""The keys of the picker."""

import pytest

from aircher_cli.picker.screen.commands import Commands
from aircher_cli.picker.screen.keys import EDITS, KEYS, MOVES, foot_keys, foot_word
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.render.marks import Mark

TAKEN = {
    "ctrl+s": "flow control",
    "ctrl+q": "flow control",
    "ctrl+i": "Tab",
    "ctrl+m": "Enter",
    "ctrl+j": "Enter",
    "ctrl+a": "the prefix of screen",
    "ctrl+b": "the prefix of tmux",
    "ctrl+c": "leave",
    "ctrl+z": "suspend",
    "ctrl+v": "paste",
}


def test_no_key_is_taken_twice_or_by_the_terminal() -> None:
    """No command collides with another key, a prefix, flow control or a byte of another key."""
    presses = [press for key in KEYS for press in key.presses]
    every = [*presses, *MOVES, *EDITS]
    assert len(every) == len(set(every))
    assert not set(every) & TAKEN.keys()


def test_letters_are_no_commands() -> None:
    """Each character goes to the filter, so no command is a single character."""
    assert not [key for key in KEYS for press in key.presses if len(press) == 1]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.action)
def test_each_key_does_something(key: object) -> None:
    """The app has a method for each command."""
    assert callable(getattr(Commands, key.action))  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", [*MOVES.values(), *EDITS.values()])
def test_each_move_and_edit_exists(method: str) -> None:
    """The state has a method for each key that moves or edits."""
    assert callable(getattr(PickerState, method))


@pytest.mark.parametrize("width", [1, 12, 20, 40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("rows", [1, 2])
def test_foot_fits(width: int, rows: int) -> None:
    """The foot never has more lines than there is room, and the help is always in it."""
    lines = foot_keys(Mark.READY, width, rows, has_query=False)
    assert len(lines) <= rows
    assert lines[-1][-1].action == "help"
    if width >= 20:
        assert all(
            sum(len(key.label) + len(key.word) + 3 for key in line) <= width for line in lines
        )


@pytest.mark.parametrize(
    ("mark", "absent", "present"),
    [
        (Mark.READY, "clear_cooldowns", "sign_out"),
        (Mark.COOLING, "", "clear_cooldowns"),
        (Mark.NOT_CONFIGURED, "sign_out", "sign_in"),
        (Mark.LOCAL, "sign_out", "sign_in"),
    ],
)
def test_foot_shows_what_applies(mark: Mark, absent: str, present: str) -> None:
    """A key that would do nothing for the selected row is not at the foot."""
    actions = [key.action for line in foot_keys(mark, 300, 2, has_query=False) for key in line]
    assert absent not in actions
    assert present in actions


def test_escape_says_what_it_does() -> None:
    """With a filter, Esc clears it; without one, it leaves."""
    escape = next(key for key in KEYS if key.action == "back")
    assert [foot_word(escape, has_query=has) for has in (True, False)] == ["clear", "leave"]


def test_sign_in_unlocks_while_all_keys_are_locked() -> None:
    """No key can be stored until then, so the foot says what its key does."""
    lines = foot_keys(Mark.LOCKED, 300, 2, has_query=False, is_locked=True)
    [key] = [each for line in lines for each in line if each.action == "sign_in"]
    assert [foot_word(key, has_query=False, is_locked=so) for so in (True, False)] == [
        "unlock",
        "sign in",
    ]
