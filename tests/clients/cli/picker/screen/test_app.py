"""The picker under Textual's pilot, with a view of the test's own and actions that note calls."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.app import PickerApp
from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircher_cli.picker.screen.dialogs.first_run import FirstRun
from aircher_cli.picker.screen.dialogs.sign_in import SignInDialog
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.preferences import Preferences
from helpers.picker.actions import REFUSED, FakeActions, FakeOutcome
from helpers.picker.pilot import paste, run_pilot, wait_for
from helpers.picker.views import NOW, a_key, a_model, a_view

MODELS = [
    a_model("work/alpha", is_default=True),
    a_model("work/beta"),
    a_model("cool/gamma"),
    a_model("spare/delta", state="not_configured"),
]
KEYS = [
    a_key("work", masked="…cdef"),
    a_key("cool", health="cooling", until=NOW + 90),
    a_key("spare", "not_configured"),
]
NO_KEY = [a_key("work", "not_configured")]
VIEW = a_view(MODELS, KEYS, default="work/alpha")

Body = Callable[[PickerApp, "Pilot[Choice]"], Awaitable[None]]


class NotedActions(FakeActions):
    """Notes the refreshes too."""

    def refresh(self, provider: str | None = None) -> FakeOutcome:
        return self._next("refresh", provider)

    def sign_out(self, provider: str, label: str | None = None) -> FakeOutcome:
        return self._next("sign_out", provider, label)


class Picker:
    """A picker to test: the app, its actions, and the preferences that it saved."""

    def __init__(
        self,
        *outcomes: FakeOutcome,
        view: DaemonView | None = VIEW,
        chooses_default: bool = True,
        size: tuple[int, int] = (120, 35),
    ) -> None:
        self.actions = NotedActions(*outcomes)
        self.saved: list[Preferences] = []
        self.size = size
        state = PickerState(Preferences(), chooses_default=chooses_default, clock=lambda: NOW)
        self.app = PickerApp(state, self.actions, {}, lambda after, _: self.saved.append(after))  # type: ignore[arg-type]
        if view is not None:
            self.app.receive(view)

    def run(self, body: Body) -> "Picker":
        async def run() -> None:
            async with self.app.run_test(size=self.size) as pilot:
                await pilot.pause()
                await body(self.app, pilot)

        run_pilot(run())
        return self

    def calls(self) -> list[tuple[object, ...]]:
        return [call for call in self.actions.calls if call[0] != "explain"]


def text(app: PickerApp) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in app.canvas.frame.lines)


async def until(pilot: "Pilot[Choice]", word: str) -> None:
    await wait_for(pilot, lambda: word in text(pilot.app), f"{word} is shown")  # type: ignore[arg-type]


def press(*keys: str) -> Body:
    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press(*keys)
        await pilot.pause()

    return body


def test_enter_makes_the_model_the_default() -> None:
    """Enter writes the choice through the daemon, remembers it, and leaves."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("down", "enter")
        await wait_for(pilot, lambda: app.return_value is not None, "the picker ends")

    picker = Picker(FakeOutcome(True, "work/beta is now the default model")).run(body)
    assert picker.calls() == [("choose_default", "work/beta")]
    assert picker.app.return_value is not None
    assert picker.app.return_value.name == "work/beta"
    assert picker.saved[-1].recent == ("work/beta",)
    assert picker.app.return_code == 0


def test_enter_on_a_provider_without_models_signs_in() -> None:
    """There is nothing to choose or to fold before that."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("end", "enter")
        await wait_for(pilot, lambda: isinstance(app.screen, SignInDialog), "the key is asked for")

    Picker(
        view=a_view([a_model("work/alpha")], [a_key("work"), a_key("spare", "not_configured")])
    ).run(body)


def test_enter_on_a_provider_that_cannot_list_its_models_says_so() -> None:
    """Nothing is shown or folded, and no key would help."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("end", "enter")
        await until(pilot, "no model of spare is known yet")

    Picker(view=a_view([a_model("work/alpha")], [a_key("work"), a_key("spare", "locked")])).run(
        body
    )


def test_refused_choice_stays_in_the_picker() -> None:
    """If the config cannot be written, the reason is shown, and nothing is lost."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("enter")
        await until(pilot, "config.toml is read-only")

    picker = Picker(FakeOutcome(False, "config.toml is read-only")).run(body)
    assert picker.app.return_value is None
    assert picker.saved == []


def test_choice_for_a_chat_is_not_written() -> None:
    """For `chat` the name is returned at once."""
    picker = Picker(chooses_default=False).run(press("enter"))
    assert picker.app.return_value == Choice("work/alpha")
    assert picker.calls() == []


def test_letters_filter() -> None:
    """Letters, j, k, q and ? included, go to the filter."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("j", "k", "q", "question_mark", "slash")
        assert app.state.query == "jkq?/"

    Picker().run(body)


def test_escape_clears_the_filter_and_then_leaves() -> None:
    """Esc has two steps."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("b", "e", "escape")
        assert app.state.query == ""
        assert app.is_running
        await pilot.press("escape")

    picker = Picker().run(body)
    assert (picker.app.return_value, picker.app.return_code) == (None, 0)


@pytest.mark.parametrize("before", [[], ["x"], ["ctrl+g"], ["ctrl+l"]])
def test_ctrl_c_leaves_at_once(before: list[str]) -> None:
    """Ctrl-C leaves from everywhere, dialogs included, with the exit code of an interrupt."""
    assert Picker().run(press(*before, "ctrl+c")).app.return_code == 130


@pytest.mark.parametrize(
    ("keys", "call"),
    [
        (["ctrl+t"], ("test", "work")),
        (["c", "o", "o", "l", "ctrl+x"], ("clear_cooldowns", "cool")),
        (["ctrl+r"], ("refresh", None)),
    ],
)
def test_keys_of_the_daemon(keys: list[str], call: tuple[object, ...]) -> None:
    """Each key calls the daemon for the provider of the row, and shows the outcome."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press(*keys)
        await until(pilot, "the outcome")

    assert [call] == Picker(FakeOutcome(True, "the outcome")).run(body).calls()


def test_favourite_is_saved_and_marked() -> None:
    """Ctrl-F marks the row, saves it, and takes the mark away again."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("down", "ctrl+f")
        await until(pilot, "work/beta is now a favourite")
        assert "★ work/beta" in text(app)
        await pilot.press("ctrl+f")
        await until(pilot, "work/beta is no longer a favourite")

    picker = Picker().run(body)
    assert [saved.favourites for saved in picker.saved] == [("work/beta",), ()]


def test_copy_sends_the_name_to_the_terminal() -> None:
    """Ctrl-Y copies the full name, and says how."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+y")
        assert app.clipboard == "work/alpha"
        await until(pilot, "sent work/alpha to the terminal's clipboard (OSC 52)")

    Picker().run(body)


def test_all_models_and_order() -> None:
    """Ctrl-E unfolds everything; Ctrl-O changes the order and saves it."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        assert "delta" not in text(app)
        await pilot.press("ctrl+e")
        assert "delta" in text(app)
        await pilot.press("ctrl+o")
        assert "by price" in text(app)

    assert Picker().run(body).saved[-1].sort == "price"


@pytest.mark.parametrize("close", ["escape", "ctrl+g", "f1", "enter"])
def test_help_opens_and_closes(close: str) -> None:
    """Ctrl-G shows all keys; the same key, Esc and Enter return to the list."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+g")
        assert "fetch the lists of models again" in text(app)
        await pilot.press(close)
        assert "alpha" in text(app)
        assert app.return_value is None

    Picker().run(body)


def test_typing_leaves_the_help() -> None:
    """Typing filters from the help too."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+g", "b", "e")
        assert "work/beta" in text(app)

    Picker().run(body)


def test_details_cover_a_small_screen() -> None:
    """Tab shows everything about the model where there is no room for the pane."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        assert "…cdef" not in text(app)
        await pilot.press("tab")
        assert "…cdef" in text(app)
        await pilot.press("tab")
        assert "…cdef" not in text(app)

    Picker(size=(40, 15)).run(body)


def test_sign_in_opens_the_dialog_of_the_provider() -> None:
    """Ctrl-L asks for a key of the provider of the row; Esc returns to the list."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+l")
        assert isinstance(app.screen, SignInDialog)
        await pilot.press("x", "escape")
        assert not isinstance(app.screen, SignInDialog)
        assert app.state.query == ""

    Picker().run(body)


def test_model_without_sign_in_asks_for_the_key_first() -> None:
    """Enter on a model of a provider that is not signed in signs in, and chooses it then."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press(*"delta", "enter")
        assert isinstance(app.screen, SignInDialog)
        await paste(pilot, "sk-canary-0123456789")
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(picker.actions.calls) > 0, "the key is sent")
        await pilot.pause(0.1)
        await pilot.press("enter")
        await wait_for(pilot, lambda: app.return_value is not None, "the model is chosen")

    picker = Picker(FakeOutcome(True, "done", {"state": "authenticated"}))
    picker.run(body)
    assert [str(call[0]) for call in picker.calls()] == ["sign_in", "choose_default"]


def test_model_without_sign_in_is_not_chosen_after_escape() -> None:
    """If the user leaves the dialog, nothing is written, and a line says so."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press(*"delta", "enter", "escape")
        await until(pilot, "spare/delta was not chosen: you are not signed in to spare")

    assert Picker().run(body).calls() == []


def test_sign_out_asks_first() -> None:
    """Ctrl-D asks; only the choice of a key signs out."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+d")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("enter")
        await pilot.pause()
        assert picker.calls() == []
        await pilot.press("ctrl+d", "down", "enter")
        await until(pilot, "signed out")

    picker = Picker(FakeOutcome(True, "signed out"))
    picker.run(body)
    assert picker.calls() == [("sign_out", "work", "default")]


def test_sign_out_without_a_stored_key_says_why_not() -> None:
    """Where nothing is stored, there is nothing to ask."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press(*"delta", "ctrl+d")
        await until(pilot, "No key of spare is stored.")

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
