"""A key that repeats closes a dialog once, and nothing below it."""

import pytest
from textual import events
from textual.screen import Screen

from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircher_cli.picker.screen.dialogs.first_run import FirstRun
from aircher_cli.picker.screen.dialogs.sign_in import SignInDialog
from aircher_cli.picker.view.sign_in.key_facts import SignInFacts
from helpers.picker.actions import FakeActions
from helpers.picker.pilot import ScreenHost, run_pilot, wait_for
from helpers.picker.views import a_key, a_view

ACTIONS = FakeActions()
NO_KEY = a_view([], [a_key("work", "not_configured")])


@pytest.mark.parametrize(
    ("screen", "key", "result"),
    [
        (ConfirmDialog("Sign out", [], ["Remove it"]), "enter", 0),
        (ConfirmDialog("Sign out", [], ["Remove it"]), "escape", None),
        (SignInDialog(SignInFacts("work"), ACTIONS), "escape", False),
        (SignInDialog(SignInFacts("work", blocked="No."), ACTIONS), "enter", False),
        (FirstRun(NO_KEY, ACTIONS, {}), "escape", None),
    ],
    ids=["choice", "no choice", "sign-in", "no sign-in", "first run"],
)
def test_a_key_that_repeats_closes_one_dialog(
    screen: Screen[object], key: str, result: object
) -> None:
    """The screen below stays, and the result is given once."""

    async def body() -> None:
        app = ScreenHost(screen)
        async with app.run_test() as pilot:
            await wait_for(pilot, lambda: app.screen is screen, "it is open")
            await pilot.pause()
            for _ in range(3):
                app.post_message(events.Key(key, None))
            await wait_for(pilot, lambda: bool(app.results), "it is closed")
            await pilot.pause()
            assert (app.results, len(app.screen_stack)) == ([result], 1)

    run_pilot(body())
