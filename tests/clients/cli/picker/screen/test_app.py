from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot

from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.app import PickerApp
from aircher_cli.picker.screen.dialogs.first_run import FirstRun
from helpers.picker.actions import FakeActions, FakeOutcome
from helpers.picker.app import KEYS, NO_KEY, VIEW, Picker, press, text, until
from helpers.picker.pilot import wait_for
from helpers.picker.views import a_key, a_model, a_view


def test_letters_filter() -> None:
    """Letters, j, k, q and ? included, go to the filter."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("j", "k", "q", "question_mark", "slash")
        assert app.state.query == "jkq?/"

    Picker().run(body)


def test_keys_with_alt_are_no_letters() -> None:
    """The byte of Esc is before their letter, so a terminal sends the same for Esc and a letter."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("b")
        app.post_message(events.Key("alt+x", "x"))
        await pilot.press("e")
        assert app.state.query == "be"

    Picker().run(body)


@pytest.mark.parametrize("keys", [["ctrl+l"] * 3, ["s", "p", "a", "enter", "enter"]])
def test_a_key_that_repeats_opens_one_dialog(keys: list[str]) -> None:
    """Presses that were on their way when it opened are not for the list, nor is what follows."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        query = "".join(key for key in keys if len(key) == 1)
        for key in query:
            app.screen.post_message(events.Key(key, key))
        for key in keys[len(query) :]:
            app.screen.post_message(events.Key(key, None))
        app.screen.post_message(events.Key("k", "k"))
        app.screen.post_message(events.Paste("secret"))
        await wait_for(pilot, lambda: len(app.screen_stack) > 1, "the dialog is open")
        await pilot.pause()
        assert (len(app.screen_stack), app.state.query) == (2, query)

    Picker().run(body)


@pytest.mark.parametrize("before", [[], ["x"], ["ctrl+g"], ["ctrl+l"]])
def test_ctrl_c_leaves_at_once(before: list[str]) -> None:
    """Ctrl-C leaves from everywhere, dialogs included, with the exit code of an interrupt."""
    assert Picker().run(press(*before, "ctrl+c")).app.return_code == 130


def test_typing_leaves_the_help() -> None:
    """Typing filters from the help too."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+g", "b", "e")
        assert "work/beta" in text(app)

    Picker().run(body)


def test_first_run_is_shown_once_and_leads_to_the_list() -> None:
    """Without any key the first-run screen comes first; leaving it for the list is final."""
    view = a_view([a_model("work/alpha", state="not_configured")], NO_KEY)

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        assert isinstance(app.screen, FirstRun)
        await pilot.press("end", "enter")
        await wait_for(pilot, lambda: not isinstance(app.screen, FirstRun), "the list is shown")
        app.receive(replace(view, default="work/alpha"))
        await pilot.pause()
        assert not isinstance(app.screen, FirstRun)

    Picker(view=view).run(body)


def test_first_run_ends_with_a_key_from_elsewhere() -> None:
    """A key stored in another terminal leads to the list, with its provider selected."""
    view = a_view([a_model("work/alpha", state="not_configured")], NO_KEY)

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        assert isinstance(app.screen, FirstRun)
        app.receive(a_view(["work/alpha"]))
        await wait_for(pilot, lambda: not isinstance(app.screen, FirstRun), "the list is shown")
        await until(pilot, "> ✓")

    Picker(view=view).run(body)


def test_view_arrives_while_the_picker_runs() -> None:
    """The picker opens empty, and shows what arrives, from any thread."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        assert "loading the models" in text(app)
        app.receive(VIEW)
        await until(pilot, "alpha")
        app.receive(replace(VIEW, link="reconnecting", link_problem="it was stopped"))
        await until(pilot, "reconnecting: it was stopped")

    Picker(view=None).run(body)


def test_refused_key_turns_the_row() -> None:
    """A key that is refused elsewhere turns the rows of its provider."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        keys = [a_key("work", "rejected", reason="HTTP 401"), *KEYS[1:]]
        app.receive(replace(VIEW, keys=tuple(keys)))
        await until(pilot, "> ✗ ● alpha")

    Picker().run(body)


def test_click_selects_and_double_click_chooses() -> None:
    """One click selects a row, two choose it."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        y = next(z.y for z in app.canvas.frame.zones if z.action == "item" and z.index == 2)
        await pilot.click(offset=(12, y))
        assert app.state.row is not None
        assert app.state.row.name == "work/beta"
        assert app.return_value is None
        await pilot.click(offset=(12, y), times=2)
        await wait_for(pilot, lambda: app.return_value is not None, "it is chosen")

    assert Picker().run(body).calls() == [("choose_default", "work/beta")]


def test_click_opens_a_folded_group_and_presses_a_key_of_the_foot() -> None:
    """A click on a folded group opens it; a click on a key at the foot presses it."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        zones = {(z.action, z.index): z for z in app.canvas.frame.zones}
        fold = zones["item", len(app.state.items) - 1]
        await pilot.click(offset=(5, fold.y))
        assert "delta" in text(app)
        help_key = next(z for z in app.canvas.frame.zones if z.action == "help")
        await pilot.click(offset=(help_key.start, help_key.y))
        assert app.state.overlay == "help"

    Picker().run(body)


def test_wheel_scrolls() -> None:
    """The wheel moves the list."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot._post_mouse_events(  # Textual's pilot has no method for the wheel
            [MouseScrollDown], offset=(5, 5), button=0
        )
        await pilot.pause()
        assert app.state.top > 0

    from textual.events import MouseScrollDown  # noqa: PLC0415

    Picker(view=a_view([f"work/model-{n}" for n in range(100)])).run(body)


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (40, 15), (20, 5), (3, 2), (1, 1)])
def test_every_size_draws_and_resizes(size: tuple[int, int]) -> None:
    """The picker draws at every size, and follows the terminal."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("down", "ctrl+g", "down", "escape")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert len(app.canvas.frame.lines) == 24
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert size[1] == len(app.canvas.frame.lines)

    picker = Picker(size=size).run(body)
    assert picker.app.crash is None


def test_crash_is_kept_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """An error inside ends the picker with code 1, without Textual's traceback of variables."""

    class Broken(FakeActions):
        def test(self, provider: str) -> FakeOutcome:
            secret = "sk-canary-0123456789"  # what a traceback would show
            raise ValueError(secret)

    picker = Picker()
    picker.app.actions = Broken()  # type: ignore[assignment]

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+t")
        await wait_for(pilot, lambda: app.crash is not None, "it crashes")

    with pytest.raises(ValueError, match="canary"):  # the pilot's own way to report it
        picker.run(body)
    assert isinstance(picker.app.crash, ValueError)
    assert picker.app.return_code == 1
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


def test_no_colour_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR nothing is drawn in colour, and the selected row is still marked."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        segments = [
            segment for strip in app.screen._compositor.render_strips() for segment in strip
        ]
        colours = {s.style.color.name for s in segments if s.style and s.style.color}
        assert colours <= {"default"}
        assert any(s.style and s.style.reverse for s in segments)

    Picker().run(body)
