"""Lines to choose from."""

import pytest
from textual.app import App

from aircher_cli.picker.screen.dialogs.choice_list import ChoiceList
from helpers.picker.pilot import run_pilot


class Host(App):
    def compose(self):
        yield ChoiceList(["one", "two", "three"])


def lines(app):
    """Return the lines as they are shown."""
    choices = app.query_one(ChoiceList)
    return [str(choices.get_option_at_index(at).prompt) for at in range(choices.option_count)]


def test_the_mark_follows_the_chosen_line():
    """It is text, so that it is seen without colours."""

    async def body():
        app = Host()
        async with app.run_test() as pilot:
            await pilot.pause()
            assert lines(app) == ["> one", "  two", "  three"]
            await pilot.press("down")
            await pilot.pause()
            assert lines(app) == ["  one", "> two", "  three"]

    run_pilot(body())


def test_the_chosen_line_stays_chosen_if_it_is_still_there():
    """Otherwise the first one is."""

    async def body():
        app = Host()
        async with app.run_test() as pilot:
            await pilot.press("down")
            app.query_one(ChoiceList).show(["zero", "one", "two"])
            await pilot.pause()
            assert lines(app) == ["  zero", "  one", "> two"]
            app.query_one(ChoiceList).show(["four", "five"])
            await pilot.pause()
            assert lines(app) == ["> four", "  five"]

    run_pilot(body())


@pytest.mark.parametrize("action", ["page_up", "page_down"])
def test_a_page_without_room_is_none(action):
    """A key may come before the list has a size, or when the terminal has none for it."""

    async def body():
        app = Host()
        async with app.run_test() as pilot:
            choices = app.query_one(ChoiceList)
            choices.display = False
            await pilot.pause()
            choices.show(["one", "two"])
            getattr(choices, f"action_{action}")()
            assert lines(app) == ["> one", "  two"]

    run_pilot(body())
