"""The screen for users who are not signed in anywhere."""

import pytest

from aircher_cli.picker.screen.dialogs.choice_list import ChoiceList
from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircher_cli.picker.screen.dialogs.first_run import FirstRun
from aircher_cli.picker.screen.dialogs.sign_in import SignInDialog
from aircher_cli.picker.view.daemon_view import DaemonView
from helpers.picker.actions import SIGNED_IN, FakeActions, FakeOutcome
from helpers.picker.pilot import ScreenHost, paste, run_pilot, shown, wait_for

LOST = "the connection to the daemon was lost; connecting again…"
KEY = "canary-0123456789abcdef"
ENVIRON = {"WORK_KEY": KEY, "SPARE_KEY": f"{KEY}-spare"}


def row(provider, state="not_configured", **more):
    return {"provider": provider, "state": state, "health": "ok", "shadowed": [], **more}


def view(*keys, **more):
    return DaemonView(link="connected", has_models=True, keys=keys, **more)


WORK, SPARE, OLLAMA = row("work"), row("spare"), row("ollama", "not_required")
NOTHING = view(WORK, SPARE, OLLAMA)
WITH_KEYS = view(WORK, SPARE, environment=("WORK_KEY", "SPARE_KEY"))
WORK_SIGNED_IN = view(row("work", "authenticated", key="default"), SPARE, OLLAMA)
QWEN = {"provider": "ollama", "model": "qwen3", "state": "not_required"}
WITH_OLLAMA = view(WORK, OLLAMA, models=(QWEN,), lists=({"provider": "ollama", "fetched_at": 1.0},))


def host(actions, shown_view=NOTHING, environ=None):
    return ScreenHost(FirstRun(shown_view, actions, {"HOME": "/nonexistent", **(environ or {})}))


def titles(app):
    return list(app.first.query_one(ChoiceList).titles)


def test_what_the_earlier_aircher_left_is_carried_over_first(tmp_path):
    """Its keys need no typing; the step goes when they are stored."""
    old = tmp_path / ".config/aircher/auth.json"
    old.parent.mkdir(parents=True)
    old.touch()

    async def body():
        app = host(FakeActions(), environ={"HOME": str(tmp_path)})
        async with app.run_test() as pilot:
            await pilot.pause()
            assert titles(app)[:2] == [
                "Carry over what the earlier aircher left",
                "Sign in to work",
            ]
            assert "from ~/.config/aircher/auth.json" in shown(app.screen)
            await pilot.press("enter")
            await wait_for(pilot, lambda: isinstance(app.screen, ConfirmDialog), "the command")
            assert "In another terminal: aircher-cli migrate" in shown(app.screen)
            await pilot.press("enter")
            (tmp_path / ".local/share/aircher").mkdir(parents=True)
            (tmp_path / ".local/share/aircher/keys.json").touch()
            app.first.show(view(WORK, SPARE, OLLAMA, environment=("X",)))
            assert titles(app)[0] == "Sign in to work"

    run_pilot(body())


def test_the_steps_are_listed_and_explained():
    """The one under the cursor has its detail and its command."""

    async def body():
        app = host(FakeActions())
        async with app.run_test() as pilot:
            await pilot.pause()
            assert titles(app) == [
                "Sign in to work",
                "Sign in to spare",
                "Run models on this machine",
                "Try it without a provider",
                "Look at the list of models first",
            ]
            assert "aircher-cli auth login work" in shown(app.screen)
            await pilot.press("down", "down")
            await pilot.pause()
            assert "Ollama does not run here. Get it at" in shown(app.screen)

    run_pilot(body())


def test_a_damaged_list_of_keys_is_said_first():
    """With what to do; the words go when the damaged file is removed, whose steps are the same."""
    reason = "the list of stored keys was damaged and was moved to /a: a stored key may be missing"

    async def body():
        app = host(FakeActions(), view(row("work", reason=reason), SPARE, OLLAMA))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            words = " ".join(shown(app.screen).split())
            assert "any more The list of stored keys was damaged and was moved to /a: a" in words
            assert "missing. Sign in again to the providers that you use:" in words
            assert titles(app)[0] == "Sign in to work"
            app.first.show(NOTHING)
            await pilot.pause()
            assert "No provider is signed in yet" in shown(app.screen)
            assert "damaged" not in shown(app.screen)

    run_pilot(body())


def test_enter_opens_the_dialog_and_success_goes_on_to_the_list():
    """The new provider is selected there, once its result has been read."""

    async def body():
        actions = FakeActions(SIGNED_IN)
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, SignInDialog)
            await paste(pilot, KEY)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "✓" in shown(app.screen), "the result is shown")
            app.first.show(WORK_SIGNED_IN)
            await pilot.pause()
            assert isinstance(app.screen, SignInDialog)
            await pilot.press("enter")
            await wait_for(pilot, lambda: app.results == ["work"], "the screen has gone")

    run_pilot(body())


def test_a_step_can_be_clicked():
    """The mouse does what Enter does."""

    async def body():
        app = host(FakeActions())
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.click("#steps", offset=(4, 1))
            await pilot.pause()
            assert isinstance(app.screen, SignInDialog)
            assert app.screen.query_one("#box").border_title == "Sign in to spare"

    run_pilot(body())


def test_the_keys_of_the_shell_are_imported_with_one_enter():
    """The result of each is shown, then the list with what works."""

    async def body():
        outcomes = [
            {"variable": "WORK_KEY", "provider": "work", "outcome": "refused", "message": "401"},
            {"variable": "SPARE_KEY", "provider": "spare", "outcome": "stored"},
        ]
        actions = FakeActions(FakeOutcome(True, "", {"outcomes": outcomes}))
        app = host(actions, WITH_KEYS, ENVIRON)
        async with app.run_test() as pilot:
            await pilot.pause()
            assert titles(app)[0] == "Use the keys in WORK_KEY, SPARE_KEY"
            assert KEY not in shown(app.screen)
            assert KEY not in app.export_screenshot()
            assert KEY not in repr(app.screen)
            await pilot.press("enter")
            is_open = lambda: isinstance(app.screen, ConfirmDialog)  # noqa: E731
            await wait_for(pilot, is_open, "the results are shown")
            assert "✗ WORK_KEY (work): refused, not stored: 401" in shown(app.screen)
            assert "✓ SPARE_KEY (spare): stored" in shown(app.screen)
            app.first.show(view(WORK, row("spare", "authenticated", key="default")))
            await pilot.press("enter")
            await wait_for(pilot, lambda: app.results == ["spare"], "the screen has gone")
        assert actions.calls == [("import_keys", ENVIRON)]

    run_pilot(body())


def test_an_import_that_fails_says_why():
    """The daemon could not be reached, for example; the screen stays."""

    async def body():
        app = host(FakeActions(FakeOutcome(False, "the daemon is gone", None)), WITH_KEYS, ENVIRON)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("enter")
            await wait_for(pilot, lambda: "the daemon is gone" in shown(app.screen), "it is said")
            await pilot.press("enter")
            await pilot.pause()
            assert app.screen is app.first

    run_pilot(body())


def test_ollama_that_starts_meanwhile_ends_the_screen():
    """Its first model is selected in the list."""

    async def body():
        app = host(FakeActions())
        async with app.run_test() as pilot:
            await pilot.pause()
            app.first.show(WITH_OLLAMA)
            await wait_for(pilot, lambda: app.results == ["ollama/qwen3"], "the screen has gone")

    run_pilot(body())


def test_a_key_stored_in_another_terminal_ends_the_screen():
    """The provider is selected in the list."""

    async def body():
        app = host(FakeActions())
        async with app.run_test() as pilot:
            await pilot.pause()
            app.first.show(WORK_SIGNED_IN)
            await wait_for(pilot, lambda: app.results == ["work"], "the screen has gone")

    run_pilot(body())


def test_a_view_of_a_lost_connection_changes_nothing():
    """It has no keys, which does not mean that the user is signed in."""

    async def body():
        app = host(FakeActions())
        async with app.run_test() as pilot:
            await pilot.pause()
            before = titles(app)
            app.first.show(DaemonView(link="reconnecting"))
            await pilot.pause()
            assert (app.screen, app.results, titles(app)) == (app.first, [], before)
            assert LOST in shown(app.screen)
            app.first.show(NOTHING)
            await pilot.pause()
            assert LOST not in shown(app.screen)

    run_pilot(body())


def test_a_daemon_that_was_stopped_is_started_on_demand():
    """Ctrl-R starts it; a failure says why."""

    async def body():
        actions = FakeActions(FakeOutcome(False, "it cannot be started"), FakeOutcome(True))
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("ctrl+r")
            assert actions.calls == []
            app.first.show(DaemonView(link="stopped", link_problem="the daemon was stopped"))
            await pilot.pause()
            assert "the daemon was stopped; Ctrl-R starts the daemon" in shown(app.screen)
            await pilot.press("ctrl+r")
            is_said = lambda: "it cannot be started" in shown(app.screen)  # noqa: E731
            await wait_for(pilot, is_said, "the failure is shown")
            await pilot.press("ctrl+r")
            await wait_for(pilot, lambda: len(actions.calls) == 2, "the daemon is started")

    run_pilot(body())


@pytest.mark.parametrize(
    ("position", "result"), [(4, [""]), (2, [])], ids=["look at the list", "Ollama is missing"]
)
def test_steps_without_a_call(position, result):
    """The list can be looked at without a key; a missing Ollama is waited for."""

    async def body():
        actions = FakeActions()
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press(*["down"] * position, "enter")
            await pilot.pause()
            assert app.results == result
            assert result or "appears here by itself" in shown(app.screen)
        assert actions.calls == []

    run_pilot(body())


def test_an_invalid_configuration_is_explained():
    """Enter shows what is wrong and the command; a valid file removes the step."""

    async def body():
        problem = {"message": "/c.toml, line 2: bad"}
        broken = {"ok": False, "in_use": "none", "problem": problem}
        app = host(FakeActions(), view(WORK, config=broken))
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("enter")
            await pilot.pause()
            assert "/c.toml, line 2: bad" in shown(app.screen)
            assert "aircher-cli config edit" in shown(app.screen)
            await pilot.press("enter")
            app.first.show(view(WORK))
            await pilot.pause()
            assert titles(app)[0] == "Sign in to work"

    run_pilot(body())


def test_a_daemon_on_another_machine_is_signed_in_to_there():
    """Enter asks for no key, which the daemon would refuse."""

    async def body():
        app = host(FakeActions(), view(WORK, config={"file": ""}))
        async with app.run_test() as pilot:
            await pilot.pause()
            assert titles(app)[0] == "Sign in where the daemon runs"
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, ConfirmDialog)
            assert "On that machine: aircher-cli auth login work" in shown(app.screen)

    run_pilot(body())


def test_the_demo_needs_a_terminal():
    """Where the screen cannot be suspended, its command is named."""

    async def body():
        app = host(FakeActions())
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("down", "down", "down", "enter")
            await pilot.pause()
            assert "Run aircher-cli demo in a terminal." in shown(app.screen)

    run_pilot(body())


def test_escape_quits():
    """The owner leaves the picker then."""

    async def body():
        app = host(FakeActions())
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("escape")
            await wait_for(pilot, lambda: app.results == [None], "the screen has gone")

    run_pilot(body())


@pytest.mark.parametrize("size", [(80, 24), (40, 15), (20, 5)])
def test_it_fits_each_terminal(size):
    """The heading or the chosen step is visible, and nothing fails."""

    async def body():
        app = host(FakeActions(), WITH_KEYS, ENVIRON)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press("down", "up")
            assert "<svg" in app.export_screenshot()

    run_pilot(body())
