"""The dialog that signs in."""

import io
import threading

import pytest
from rich.console import Console as RichConsole
from rich.traceback import Traceback

from aircher_cli.picker.screen.dialogs.key_field import CLEANED, KeyField
from aircher_cli.picker.screen.dialogs.sign_in import EMPTY, LABEL_IS_KEY, SignInDialog
from aircher_cli.picker.view.sign_in.key_facts import SignInFacts
from helpers.picker.actions import REFUSED, SIGNED_IN, FakeActions, FakeOutcome
from helpers.picker.pilot import ScreenHost, paste, run_pilot, shown, wait_for

KEY = "canary-0123456789abcdef"
FACTS = SignInFacts("work", keys_page="https://keys.example.com", notes=("A note.",))


def host(actions, facts=FACTS):
    return ScreenHost(SignInDialog(facts, actions))


def test_a_pasted_key_is_checked_and_its_result_shown_in_place():
    """Enter sends it; then the last characters are shown, and Enter closes the dialog."""

    async def body():
        actions = FakeActions(SIGNED_IN)
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            assert "https://keys.example.com" in shown(app.screen)
            assert "A note." in shown(app.screen)
            await paste(pilot, KEY)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "✓" in shown(app.screen), "the result is shown")
            assert "Signed in to work; key …cdef checked. Stored in: keyring." in shown(app.screen)
            await pilot.press("enter")
            await pilot.pause()
        assert actions.calls == [("sign_in", "work", KEY, None)]
        assert app.results == [True]

    run_pilot(body())


def test_spaces_and_line_ends_around_a_pasted_key_are_removed():
    """A sentence says so; the number of characters is that of the key."""

    async def body():
        actions = FakeActions(SIGNED_IN)
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, f"  \t{KEY}\r\n")
            await wait_for(pilot, lambda: CLEANED in shown(app.screen), "the sentence is shown")
            assert f"{len(KEY)} characters" in str(app.screen.query_one(KeyField).render())
            await pilot.press("enter")
            await wait_for(pilot, lambda: bool(actions.calls), "the key was sent")
        assert actions.calls[0][2] == KEY

    run_pilot(body())


def test_a_refused_key_says_why_and_can_be_tried_again():
    """The field is empty and has the focus."""

    async def body():
        actions = FakeActions(REFUSED, SIGNED_IN)
        app = host(actions, SignInFacts("work", labels=("default",)))
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("b", "a", "d", "enter")
            await wait_for(pilot, lambda: "✗" in shown(app.screen), "the refusal is shown")
            said = shown(app.screen)
            refusal = "work refused the key: HTTP 401; nothing was stored."
            assert f"✗ {refusal} Try again, or leave with Esc." in said
            assert app.focused is app.screen.query_one(KeyField)
            await paste(pilot, KEY)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "✓" in shown(app.screen), "the second key works")
        assert [call[2] for call in actions.calls] == ["bad", KEY]

    run_pilot(body())


def test_a_key_that_could_not_be_checked_is_not_called_checked():
    """The daemon stored it without a check."""

    async def body():
        row = {"provider": "work", "state": "unverified", "masked": "…cdef"}
        app = host(FakeActions(FakeOutcome(True, "stored", row)))
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, KEY)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "✓" in shown(app.screen), "the result is shown")
            assert "key …cdef stored, not checked." in shown(app.screen)

    run_pilot(body())


def test_escape_leaves_while_the_check_runs_and_its_result_is_notified():
    """The provider does not answer: the dialog closes at once, and nothing is lost."""

    async def body():
        actions = FakeActions(SIGNED_IN)
        actions.gate.clear()
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, KEY)
            await pilot.press("enter")
            await pilot.pause()
            assert "Checking the key with work, free of charge" in shown(app.screen)
            assert "the check goes on" in shown(app.screen)
            await pilot.press("escape")
            await wait_for(pilot, lambda: app.results == [False], "the dialog has gone")
            actions.gate.set()
            await wait_for(pilot, lambda: bool(app._notifications), "a notification is shown")
            (notification,) = app._notifications
            assert notification.message.startswith("Signed in to work; key …cdef checked.")

    run_pilot(body())


def test_leaving_the_program_does_not_wait_for_a_check_that_hangs():
    """The check still waits in its thread when the program has ended."""
    actions = FakeActions(SIGNED_IN)
    actions.gate.clear()

    async def body():
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, KEY)
            await pilot.press("enter")
            await pilot.pause()

    run_pilot(body())
    (thread,) = [each for each in threading.enumerate() if each.name == "aircher picker action"]
    assert (thread.daemon, actions.calls) == (True, [])
    actions.gate.set()
    thread.join(20)


def test_an_empty_field_is_not_sent():
    """Enter says what is missing."""

    async def body():
        actions = FakeActions()
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("enter")
            await pilot.pause()
            assert EMPTY in shown(app.screen)
        assert actions.calls == []

    run_pilot(body())


def test_a_key_of_another_vendor_is_sent_only_if_enter_is_pressed_again():
    """A key in the wrong dialog would be shown to a stranger."""

    async def body():
        actions = FakeActions(SIGNED_IN)
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, "sk-ant-0123456789")
            await pilot.press("enter")
            await pilot.pause()
            assert "That looks like a key of anthropic." in shown(app.screen)
            assert actions.calls == []
            await pilot.press("enter")
            await wait_for(pilot, lambda: bool(actions.calls), "the key was sent")

    run_pilot(body())


def test_a_label_is_asked_for_on_demand():
    """Tab shows its field with the labels that exist; Tab again goes back to the key."""

    async def body():
        actions = FakeActions(SIGNED_IN)
        app = host(actions, SignInFacts("work", labels=("default", "second")))
        async with app.run_test() as pilot:
            await pilot.pause()
            assert not app.screen.query_one("#label-row").display
            await pilot.press("tab")
            await pilot.pause()
            assert "Stored now: default, second." in shown(app.screen)
            await pilot.press(*"third", "tab", "k", "enter")
            await wait_for(pilot, lambda: bool(actions.calls), "the key was sent")
        assert actions.calls == [("sign_in", "work", "k", "third")]

    run_pilot(body())


@pytest.mark.parametrize("more", [["tab", "k", "enter"], ["enter"]], ids=["key", "no key"])
def test_a_key_in_the_field_for_the_label_is_refused(more):
    """That field is shown, so it is emptied and nothing is sent."""

    async def body():
        actions = FakeActions()
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("tab", *"sk-0123456789", *more)
            await pilot.pause()
            assert LABEL_IS_KEY in shown(app.screen)
            assert app.screen.query_one("#label").value == "default"
        assert actions.calls == []

    run_pilot(body())


@pytest.mark.parametrize("key", ["enter", "escape"])
def test_where_no_key_can_be_stored_the_reason_is_all_there_is(key):
    """There is no field, and both keys close it."""

    async def body():
        app = host(FakeActions(), SignInFacts("work", blocked="work needs no key."))
        async with app.run_test() as pilot:
            await pilot.pause()
            assert "work needs no key." in shown(app.screen)
            assert not app.screen.query(KeyField)
            await pilot.press(key)
            await wait_for(pilot, lambda: app.results == [False], "the dialog has gone")

    run_pilot(body())


@pytest.mark.parametrize("size", [(80, 24), (40, 15), (20, 5)])
def test_the_key_is_nowhere_to_be_seen(size):
    """Not on the screen, in a screenshot, in reprs, or in the traceback of a crash."""

    async def body():
        actions = FakeActions(SIGNED_IN)
        actions.gate.clear()
        app = host(actions)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await paste(pilot, KEY)
            await pilot.press("x")
            assert not _traces(app)
            await pilot.press("enter")
            await pilot.pause()
            assert not _traces(app)
            actions.gate.set()
            await wait_for(pilot, lambda: "✓" in shown(app.screen), "the result is shown")
            assert not _traces(app)

    run_pilot(body())


def _traces(app):
    """Return what shows the key: names of places."""
    dialog = app.screen
    widgets = [*dialog.walk_children()]
    places = {
        "screenshot": app.export_screenshot(),
        "text": shown(dialog),
        "reprs": repr([app, dialog, *widgets, [vars(each) for each in (dialog, *widgets)]]),
        "crash": _traceback_in(dialog),
    }
    return [name for name, text in places.items() if "canary" in text or KEY[-8:] in text]


def _traceback_in(dialog):
    """Return the traceback of a crash in the dialog, as Textual prints it: with local variables."""
    field = next(iter(dialog.query(KeyField)), None)
    try:
        locals_of_a_crash(dialog, field)
    except ZeroDivisionError:
        console = RichConsole(file=io.StringIO(), width=200)
        console.print(Traceback(show_locals=True, locals_max_length=5))
        return console.file.getvalue()


def locals_of_a_crash(dialog, field):
    attributes = (vars(dialog), vars(field) if field else None)
    raise ZeroDivisionError(len(attributes))


def test_textuals_own_log_has_no_key(monkeypatch, tmp_path):
    """TEXTUAL_LOG has a developer's log written: neither pasted nor typed keys are in it."""
    file = tmp_path / "textual.log"
    monkeypatch.setattr("textual.constants.LOG_FILE", str(file))

    async def body():
        app = host(FakeActions(REFUSED, SIGNED_IN))
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, KEY)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "✗" in shown(app.screen), "the refusal is shown")
            await pilot.press("Z", "Q", "enter")
            await wait_for(pilot, lambda: "✓" in shown(app.screen), "the result is shown")

    run_pilot(body())
    logged = file.read_text()
    assert "Submitted" in logged
    assert "canary" not in logged
    assert "'Z'" not in logged
    assert "character='Q'" not in logged
