"""Signing in from the picker: the dialog, its actions, a real daemon, simulated providers."""

import json
import signal

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker.live.actions import Actions
from aircher_cli.picker.screen.dialogs.sign_in import SignInDialog
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in.key_facts import sign_in_facts
from aircherd.testing.simulator import Fault
from helpers.picker.pilot import ScreenHost, paste, run_pilot, shown, wait_for
from helpers.secret_service import locked_keyring

KEY = "canary-work-0123456789abcdef"
WRONG = "canary-wrong-0123456789abcdef"

NETWORK_DOWN = """
[providers.down]
kind = "openai"
base_url = "http://127.0.0.1:1/v1"
"""


def rows_of(home):
    return json.loads(home.cli("auth", "status", "--json").stdout)["rows"]


def row_of(home, provider):
    """Return the row of a provider with one key."""
    (row,) = [row for row in rows_of(home) if row["provider"] == provider]
    return row


def dialog_of(home, provider="work"):
    """Return an app with the dialog, which knows what the daemon says now."""
    context = Context(Console(None, None, home.environ), home.environ, None)
    facts = sign_in_facts(DaemonView(keys=tuple(rows_of(home))), provider)
    return ScreenHost(SignInDialog(facts, Actions(context.connect)))


def sign_in(home, *keys, provider="work", until):
    """Paste each key and press Enter, wait for `until`; return the text of the dialog."""
    found = []

    async def body():
        app = dialog_of(home, provider)
        async with app.run_test() as pilot:
            await pilot.pause()
            for key in keys:
                await paste(pilot, key)
                await pilot.press("enter")
                await wait_for(
                    pilot,
                    lambda: "Checking" not in shown(app.screen),
                    f"the check has ended:\n{shown(app.screen)}",
                )
            await wait_for(pilot, lambda: until in shown(app.screen), f"{until} is shown")
            found.append(shown(app.screen))
            assert "canary" not in app.export_screenshot()

    run_pilot(body())
    assert "canary" not in home.log()
    return found[0]


def test_a_key_that_works_is_stored(daemon):
    """The dialog shows its last characters; the daemon has it, and a request uses it."""
    said = sign_in(daemon, f" {KEY}\n", until="✓")
    assert "Signed in to work; key …cdef checked." in said
    assert row_of(daemon, "work")["state"] == "authenticated"
    assert daemon.cli("ask", "-m", "work/m", "hi").returncode == 0


def test_a_refused_key_keeps_the_old_one(daemon):
    """The reason is the provider's, and the next try works."""
    daemon.login("work", KEY)
    said = sign_in(daemon, WRONG, until="✗")
    assert "401" in said
    assert "The key stored before stays as it is." in said
    assert row_of(daemon, "work")["masked"] == "…cdef"
    assert "✓" in sign_in(daemon, WRONG, KEY, until="✓")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("canary work", "white space"),
        ("canary\x07work", "control"),
        ("canary-wörk", "ASCII"),
    ],
)
def test_what_cannot_be_a_key_is_refused_with_a_sentence(daemon, sim, key, says):
    """Nothing is sent to the provider."""
    assert says in sign_in(daemon, key, until="✗")
    assert list(sim.requests) == []


def test_a_provider_that_cannot_be_reached_stores_nothing(home, sim):
    """The dialog says that the key could not be checked, and what to do."""
    home.write_config(home.config_file.read_text() + NETWORK_DOWN)
    home.start()
    said = sign_in(home, KEY, provider="down", until="✗")
    assert "127.0.0.1:1" in said
    assert row_of(home, "down")["state"] == "not_configured"


def test_escape_leaves_a_check_that_hangs_and_the_key_is_stored_when_it_ends(daemon, sim):
    """The result is not lost: the daemon stores the key, and a notification says so."""
    sim.faults.add(Fault("stall", endpoint="models", seconds=1.0))

    async def body():
        app = dialog_of(daemon)
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, KEY)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "Checking" in shown(app.screen), "the check runs")
            await pilot.press("escape")
            await wait_for(pilot, lambda: app.results == [False], "the dialog has gone")
            await wait_for(pilot, lambda: bool(app._notifications), "the check has ended")

    run_pilot(body())
    assert row_of(daemon, "work")["state"] == "authenticated"


def test_a_daemon_that_dies_during_the_check_is_reported(daemon, sim):
    """The dialog says so, and the key can be sent again when the daemon is back."""
    sim.faults.add(Fault("stall", endpoint="models", seconds=20.0))

    async def body():
        app = dialog_of(daemon)
        async with app.run_test() as pilot:
            await pilot.pause()
            await paste(pilot, KEY)
            await pilot.press("enter")
            asked = lambda: any(each.endpoint == "models" for each in sim.requests)  # noqa: E731
            await wait_for(pilot, asked, "the check has begun")
            daemon.stop(signal.SIGKILL)
            await wait_for(pilot, lambda: "✗" in shown(app.screen), "the failure is shown")
            daemon.start()
            await paste(pilot, KEY)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "✓" in shown(app.screen), "the key works")

    run_pilot(body())


@pytest.mark.secret_service
def test_a_locked_keyring_is_said_before_and_after(home):
    """The dialog says what is locked; the new key cannot be stored, and the reason is shown."""
    with locked_keyring(home, KEY):
        said = sign_in(home, KEY, until="✗")
        assert "Stored, but locked: key default" in said
        assert "keyring" in said.split("✗")[1]
