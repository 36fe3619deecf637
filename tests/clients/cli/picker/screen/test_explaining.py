from textual.pilot import Pilot

from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.app import PickerApp
from helpers.picker.actions import REFUSED
from helpers.picker.app import Picker
from helpers.picker.pilot import wait_for


def test_row_is_explained_by_the_daemon() -> None:
    """The daemon is asked who would answer, once the row has been selected for a moment."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await wait_for(pilot, lambda: "work/alpha" in app.state.explained, "it is explained")
        await pilot.press("down")
        await wait_for(pilot, lambda: "work/beta" in app.state.explained, "the next one too")

    picker = Picker().run(body)
    assert picker.actions.calls == [("explain", "work/alpha"), ("explain", "work/beta")]


def test_failed_explanation_is_shown_as_such() -> None:
    """If the daemon cannot explain, the pane says why."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await wait_for(pilot, lambda: bool(app.state.explained), "it is explained")
        assert {"error": REFUSED.message} == app.state.explained["work/alpha"]

    Picker(REFUSED).run(body)
