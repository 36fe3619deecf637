import itertools

import pytest

from aircher_cli.picker.screen.keys import KEY_NAMES
from aircher_cli.picker.view.pane.cures import ACTIONS, PHRASES, cure_text
from aircher_cli.picker.view.states.key_state import explain_key
from helpers.picker.views import a_key

STATES = ("not_configured", "rejected", "locked", "refused", "authenticated", "unverified")
HEALTH = ("ok", "cooling", "quota_exhausted", "unreachable")
SOURCES = ("keyring", "file, not encrypted", "command op", "environment variable A_KEY", "")


@pytest.mark.parametrize(
    ("advice", "text"),
    [
        ("sign in again with 'aircher-cli auth login a'", "Ctrl-L signs in again"),
        (
            "sign in with 'aircher-cli auth login a'; keys: https://a.example/keys",
            "Ctrl-L signs in; keys: https://a.example/keys",
        ),
        (
            "sign in with 'aircher-cli auth login a --label b', or 'aircher-cli auth logout a'",
            "Ctrl-L signs in, or Ctrl-D",
        ),
        ("unlock them with 'aircher-cli auth unlock'", "Ctrl-L unlocks them"),
        ("renew it there, then 'aircher-cli auth test a'", "renew it there, then Ctrl-T"),
        ("aircher-cli auth logout a removes the key", "Ctrl-D removes the key"),
        ("then 'aircher-cli auth status'", "then Ctrl-T"),
        (
            "to encrypt it: start a keyring, then run 'aircher-cli auth login a' again",
            "to encrypt it: start a keyring, then press Ctrl-L again",
        ),
        ("check it: aircher-cli auth test a", "Ctrl-T checks it"),
        ("to try it at once: aircher-cli cooldowns clear a", "Ctrl-X ends the cooldown now"),
        ("add credit, then: aircher-cli cooldowns clear a", "add credit, then Ctrl-X"),
        ("start it, then: aircher-cli models refresh --provider a", "start it, then Ctrl-R"),
        ("set A_KEY, or sign in: aircher-cli auth login a", "set A_KEY, or sign in with Ctrl-L"),
        ("correct it: aircher-cli config edit", "correct it: aircher-cli config edit"),
        ("log in to the desktop", "log in to the desktop"),
        ("", ""),
    ],
)
def test_a_key_of_the_picker_takes_the_place_of_a_command(advice, text):
    """The key comes first if it is all that there is to do; other commands stay."""
    assert cure_text(advice, KEY_NAMES) == text


@pytest.mark.parametrize(
    ("state", "health", "source"), list(itertools.product(STATES, HEALTH, SOURCES))
)
def test_no_state_names_a_command_that_a_key_does(state, health, source):
    """Leaving the picker to type a command is not what it is for."""
    advice = explain_key(a_key("a", state, health, source=source)).advice
    cured = cure_text(advice, KEY_NAMES)
    assert not [command for command in ACTIONS if f"aircher-cli {command}" in cured]
    assert bool(cured) is bool(advice)


def test_without_keys_the_command_is_named():
    """For a reader outside the picker."""
    assert cure_text("check it: aircher-cli auth test a", {}) == "check it: aircher-cli auth test a"


def test_each_action_has_a_key():
    """The names of the keys are those of the screen's bindings."""
    assert {*ACTIONS.values(), *PHRASES} <= KEY_NAMES.keys()
