import itertools
from typing import get_args

import pytest

from aircher_cli.picker.view.states.key_state import explain_key, source_kind
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map
from aircherd.auth.key_sources import KeySource
from aircherd.vocabulary.keys import USABLE, Health, KeyState, SourceKind
from helpers.picker.views import a_key

KINDS: tuple[SourceKind, ...] = get_args(SourceKind)

NAMES: dict[SourceKind, str] = {"command": "command", "environment": "env:WORK_KEY"}


def key_row(state: KeyState, health: Health, kind: SourceKind | None) -> Map:
    """Return a row of `auth.status` as the daemon writes it."""
    row: Map = {"provider": "work", "state": state.value, "health": health.value}
    if kind is None:
        return row
    name = NAMES.get(kind, "default")
    locator = {"command": ("op",), "environment": ("WORK_KEY", "/home/a/.aircher/environment")}
    source = KeySource(
        provider="work",
        name=name,
        kind=kind,
        origin="https://work:443",
        locator=locator.get(kind, (name,)),
    )
    return {**row, "key": name, "source": source.description}


# The whole table: what each state of a key is, and what helps. States that cannot be used are the
# same in any health, and states that can be used the same for any kind of source.
EXPECTED: dict[tuple[KeyState, Health], tuple[Mark, str]] = {
    (KeyState.AUTHENTICATED, Health.OK): (Mark.READY, ""),
    (KeyState.AUTHENTICATED, Health.COOLING): (Mark.COOLING, "clear_cooldowns"),
    (KeyState.AUTHENTICATED, Health.QUOTA_EXHAUSTED): (Mark.NO_CREDIT, "clear_cooldowns"),
    (KeyState.AUTHENTICATED, Health.UNREACHABLE): (Mark.UNREACHABLE, "refresh"),
    (KeyState.UNVERIFIED, Health.OK): (Mark.UNCHECKED, "test"),
    (KeyState.UNVERIFIED, Health.COOLING): (Mark.COOLING, "clear_cooldowns"),
    (KeyState.UNVERIFIED, Health.QUOTA_EXHAUSTED): (Mark.NO_CREDIT, "clear_cooldowns"),
    (KeyState.UNVERIFIED, Health.UNREACHABLE): (Mark.UNREACHABLE, "refresh"),
    (KeyState.NOT_REQUIRED, Health.OK): (Mark.READY, ""),
    (KeyState.NOT_REQUIRED, Health.COOLING): (Mark.COOLING, "clear_cooldowns"),
    (KeyState.NOT_REQUIRED, Health.QUOTA_EXHAUSTED): (Mark.NO_CREDIT, "clear_cooldowns"),
    (KeyState.NOT_REQUIRED, Health.UNREACHABLE): (Mark.UNREACHABLE, "refresh"),
}

UNUSABLE: dict[tuple[KeyState, SourceKind | None], tuple[Mark, str]] = {
    (KeyState.NOT_CONFIGURED, None): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "keyring"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "file"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "command"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "environment"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.REJECTED, None): (Mark.REJECTED, "sign_in"),
    (KeyState.REJECTED, "keyring"): (Mark.REJECTED, "sign_in"),
    (KeyState.REJECTED, "file"): (Mark.REJECTED, "sign_in"),
    (KeyState.REJECTED, "command"): (Mark.REJECTED, "test"),
    (KeyState.REJECTED, "environment"): (Mark.REJECTED, "sign_in"),
    (KeyState.LOCKED, None): (Mark.LOCKED, "test"),
    (KeyState.LOCKED, "keyring"): (Mark.LOCKED, "unlock"),
    (KeyState.LOCKED, "file"): (Mark.LOCKED, "test"),
    (KeyState.LOCKED, "command"): (Mark.LOCKED, "test"),
    (KeyState.LOCKED, "environment"): (Mark.LOCKED, "test"),
    **{(KeyState.UNREADABLE, kind): (Mark.UNREADABLE, "test") for kind in (None, *KINDS)},
    (KeyState.REFUSED, None): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "keyring"): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "file"): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "command"): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "environment"): (Mark.INVALID, "edit_config"),
}

EVERY = list(itertools.product(KeyState, Health, (None, *KINDS)))


@pytest.mark.parametrize(("state", "health", "kind"), EVERY)
def test_each_state_of_the_daemon_has_its_mark_and_what_helps(state, health, kind):
    """A state that the daemon learns fails here until the picker can explain it."""
    expected = EXPECTED[state, health] if state in USABLE else UNUSABLE[state, kind]
    found = explain_key(key_row(state, health, kind))
    assert expected == (found.mark, found.action)


@pytest.mark.parametrize(("state", "health", "kind"), EVERY)
def test_each_state_says_why_and_what_to_do(state, health, kind):
    """Unless all is well, one sentence says why and another names one command or step."""
    found = explain_key(key_row(state, health, kind))
    assert found.why
    assert "{" not in found.why + found.advice
    assert bool(found.advice) == bool(found.action)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_source_is_read_from_its_description(kind):
    """`auth.status` has the source as text for people."""
    row = key_row(KeyState.REJECTED, Health.OK, kind)
    assert kind == source_kind(str(row["source"]))


def test_the_reason_and_the_hint_of_the_daemon_come_first():
    """The daemon knows more than the table: its own reason and hint replace the general ones."""
    row = a_key("openai", "rejected", reason="HTTP 401: no such key.", hint="ask the admin")
    found = explain_key(row)
    assert (found.why, found.advice) == ("HTTP 401: no such key", "ask the admin")


@pytest.mark.parametrize(
    ("hint", "why"),
    [
        ("unlock the keyring", "it is locked"),
        ("then 'aircher-cli auth status'", "it is locked; unlock it"),
    ],
)
def test_what_to_do_is_said_once(hint, why):
    """A reason may end with it, unless the hint only goes on from there."""
    found = explain_key(a_key("a", "locked", reason="it is locked; unlock it", hint=hint))
    assert (found.why, found.advice) == (why, hint)


def test_a_check_without_result_does_not_say_that_a_working_key_failed():
    """It was accepted before: `ready` and `could not be verified` are not of the same time."""
    reason = "could not be verified: cannot connect to work:443"
    ready = explain_key({**a_key("work"), "reason": reason})
    assert (ready.mark, ready.why) == (Mark.READY, f"the key worked, then {reason}")
    unchecked = explain_key({**a_key("work", state="unverified"), "reason": reason})
    assert (unchecked.mark, unchecked.why) == (Mark.UNCHECKED, reason)


def test_the_label_of_a_stored_key_is_in_the_command_to_sign_in():
    """Signing in without the label would replace another key."""
    found = explain_key(a_key("openai", "rejected", key="work"))
    assert found.advice == "sign in again: aircher-cli auth login openai --label work"


def test_the_hint_to_encrypt_a_working_key_is_no_advice():
    """A key that works needs nothing."""
    row = a_key("openai", source="file, not encrypted", hint="to encrypt it: start a keyring")
    assert explain_key(row).advice == ""


@pytest.mark.parametrize(
    ("health", "is_running", "mark"),
    [("ok", True, Mark.LOCAL), ("ok", False, Mark.STOPPED), ("unreachable", True, Mark.STOPPED)],
)
def test_a_local_server_runs_or_not(health, is_running, mark):
    """A server on this machine that does not answer is not running, rather than unreachable."""
    row = a_key("ollama", "not_required", health)
    assert explain_key(row, is_local=True, is_running=is_running).mark is mark


def test_a_server_without_a_key_elsewhere_is_reached_or_not():
    """It may run, but not be reachable from here."""
    row = a_key("gpu", "not_required")
    assert explain_key(row, is_running=False).mark is Mark.UNREACHABLE


def test_another_daemon_is_no_local_server():
    """It has the keys, and may be on another machine: a socket is where ssh has it end."""
    row = a_key("laptop", "not_required", source="the daemon at /run/laptop.sock has the keys")
    for is_local in (False, True):  # true before the status has arrived
        found = explain_key(row, is_local=is_local)
        assert (found.mark, found.why) == (Mark.READY, "another daemon answers, and has the keys")
    assert explain_key(row, is_running=False).mark is Mark.UNREACHABLE


@pytest.mark.parametrize("row", [{}, {"state": 3}, {"state": None, "health": []}, {"state": "new"}])
def test_a_state_of_a_later_daemon_is_unknown(row):
    """A state that this version does not know is neither good nor bad."""
    assert explain_key(row).mark is Mark.UNKNOWN
