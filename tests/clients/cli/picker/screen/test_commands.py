import pytest
from textual import events
from textual.pilot import Pilot

from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.app import PickerApp
from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircher_cli.picker.screen.dialogs.sign_in import EMPTY, SignInDialog
from helpers.picker.actions import FakeOutcome
from helpers.picker.app import Picker, press, text, until
from helpers.picker.pilot import paste, shown, wait_for
from helpers.picker.views import a_key, a_model, a_view


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


@pytest.mark.parametrize("state", ["not_configured", "rejected"])
def test_enter_on_a_provider_without_models_signs_in(state: str) -> None:
    """There is nothing to choose or to fold before that."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("end", "enter")
        await wait_for(pilot, lambda: isinstance(app.screen, SignInDialog), "the key is asked for")

    Picker(view=a_view([a_model("work/alpha")], [a_key("work"), a_key("spare", state)])).run(body)


def test_enter_on_a_provider_that_cannot_list_its_models_says_so() -> None:
    """Nothing is shown or folded, and no key would help."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("end", "enter")
        await until(pilot, "no model of spare is known yet; Tab shows its state and what to do")

    Picker(view=a_view([a_model("work/alpha")], [a_key("work"), a_key("spare", "locked")])).run(
        body
    )


def test_refused_choice_stays_in_the_picker() -> None:
    """If the config cannot be written, the reason is shown, and nothing is lost."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("enter")
        await until(pilot, "work/alpha was not chosen: config.toml is read-only")

    picker = Picker(FakeOutcome(False, "config.toml is read-only")).run(body)
    assert picker.app.return_value is None
    assert picker.saved == []


def test_choice_for_a_chat_is_not_written() -> None:
    """For `chat` the name is returned at once."""
    picker = Picker(chooses_default=False).run(press("enter"))
    assert picker.app.return_value == Choice("work/alpha")
    assert picker.calls() == []


def test_escape_clears_the_filter_and_then_leaves() -> None:
    """Esc has two steps."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("b", "e", "escape")
        assert app.state.query == ""
        assert app.is_running
        await pilot.press("escape")

    picker = Picker().run(body)
    assert (picker.app.return_value, picker.app.return_code) == (None, 0)


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


@pytest.mark.parametrize("pastes", [False, True])
def test_a_key_right_behind_ctrl_l_is_in_the_field(pastes: bool) -> None:
    """All of it arrives before the dialog is open: it is sent whole, and never filters."""
    key = "sk-canary-0123456789"

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        typed = [events.Paste(key)] if pastes else [events.Key(each, each) for each in key]
        for event in (events.Key("ctrl+l", None), *typed, events.Key("enter", "\r")):
            await app.on_event(event)  # as from the terminal, without a pause between them
        await wait_for(pilot, lambda: bool(picker.calls()), "the key is sent")
        assert app.state.query == ""

    picker = Picker(FakeOutcome(True, "done", {"state": "authenticated"}))
    picker.run(body)
    assert picker.calls() == [("sign_in", "work", key, None)]


@pytest.mark.parametrize("early", ["ctrl+l", "enter", "tab", "escape"])
def test_other_keys_right_behind_ctrl_l_do_no_harm(early: str) -> None:
    """A key that repeats, an Enter without a key; Esc closes what has just opened."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        for key in ("ctrl+l", early):
            await app.on_event(events.Key(key, None))
        await pilot.pause(0.1)
        assert isinstance(app.screen, SignInDialog) == (early != "escape")
        if early != "escape":
            assert EMPTY not in shown(app.screen)

    assert Picker().run(body).calls() == []


def test_no_key_is_asked_for_a_daemon_on_another_machine() -> None:
    """A forward takes none: it must not be typed where it should never be."""

    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press("ctrl+l")
        await until(pilot, "the daemon is on another machine: sign in there")
        assert not isinstance(app.screen, SignInDialog)

    Picker(view=a_view([a_model("work/alpha")], config={"file": ""})).run(body)


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
