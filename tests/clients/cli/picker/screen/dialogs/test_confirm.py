"""A dialog with choices."""

import pytest

from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from helpers.picker.pilot import ScreenHost, run_pilot, shown

CHOICES = ("Remove key default", "Remove all keys")


def answer(*keys, choices=CHOICES, is_risky=True):
    """Return what the dialog returns after `keys`."""
    app = ScreenHost(ConfirmDialog("Sign out", ["What stays."], choices, is_risky=is_risky))

    async def body():
        async with app.run_test() as pilot:
            await pilot.pause()
            assert "What stays." in shown(app.screen)
            await pilot.press(*keys)
            await pilot.pause()

    run_pilot(body())
    return app.results


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (("enter",), None),
        (("escape",), None),
        (("down", "enter"), 0),
        (("down", "down", "enter"), 1),
    ],
)
def test_enter_alone_removes_nothing(keys, chosen):
    """The first line of a risky dialog is No."""
    assert answer(*keys) == [chosen]


def test_a_choice_without_a_risk_is_the_first_line():
    """Enter alone chooses it."""
    assert answer("enter", is_risky=False) == [0]


@pytest.mark.parametrize("key", ["enter", "escape"])
def test_without_choices_it_shows_a_result(key):
    """Both keys close it."""
    assert answer(key, choices=()) == [None]
