"""The field that never shows what is typed."""

import pytest
from textual import events
from textual.app import App

from aircher_cli.picker.screen.dialogs.key_field import MAX_KEY, TOO_LONG, KeyField
from helpers.picker.pilot import paste, run_pilot


class Host(App):
    """An app with the field, which notes its messages."""

    def __init__(self):
        super().__init__()
        self.noted = []
        self.submitted = 0

    def compose(self):
        yield KeyField()

    def on_key_field_noted(self, event):
        self.noted.append(event.sentence)

    def on_key_field_submitted(self, event):
        self.submitted += 1


def typed(*keys):
    """Return the field's key and picture after `keys`."""
    found = {}

    async def body():
        app = Host()
        async with app.run_test() as pilot:
            field = app.query_one(KeyField)
            field.focus()
            await pilot.press(*keys)
            await pilot.pause()
            found.update(picture=str(field.render()), submitted=app.submitted, key=field.take())
            assert field.size_of_key == 0

    run_pilot(body())
    return found


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (("a", "b", "C"), "abC"),
        (("a", "b", "backspace"), "a"),
        (("backspace",), ""),
        (("a", "b", "ctrl+u", "c"), "c"),
        (("a", "delete"), ""),
        (("a", "left", "right", "f5", "b"), "ab"),
        (("a", "alt+x", "b"), "ab"),
    ],
)
def test_typing_changes_the_key(keys, key):
    """Letters, the key to remove one, and the keys that remove all."""
    assert typed(*keys)["key"] == key


def test_only_the_number_of_characters_is_shown():
    """One character is called so."""
    assert typed("a")["picture"] == "•▏ 1 character"
    assert typed("a", "b")["picture"] == "••▏ 2 characters"
    assert "not shown" in typed()["picture"]


def test_enter_tells_the_owner():
    """Without the key."""
    assert typed("a", "enter")["submitted"] == 1


def test_a_whole_file_is_refused():
    """What is longer than any key is not taken, and a sentence says so."""

    async def body():
        app = Host()
        async with app.run_test() as pilot:
            app.query_one(KeyField).focus()
            await paste(pilot, "x" * (MAX_KEY + 1))
            await pilot.pause()
            assert app.noted == [TOO_LONG]
            assert app.query_one(KeyField).size_of_key == 0

    run_pilot(body())


def test_no_event_keeps_what_was_pasted():
    """Textual's development tools record events after they were handled."""

    async def body():
        app = Host()
        async with app.run_test() as pilot:
            field = app.query_one(KeyField)
            event = events.Paste("canary")
            await field.on_event(event)
            await pilot.pause()
            assert (event.text, field.take()) == ("", "canary")

    run_pilot(body())
