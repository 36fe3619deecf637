"""`aircher-cli auth login`."""

import json
import os
import pty
import subprocess

import pytest

from helpers.daemon.cli import COMMAND, run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses

ROW = {
    "provider": "openai",
    "key": "default",
    "state": "authenticated",
    "source": "keyring",
    "masked": "…cdef",
    "shadowed": [],
}
KEY = "k-0123456789abcdef"


def test_the_key_goes_to_the_daemon(daemon: CliDaemon) -> None:
    """Standard input is sent, and what became of it is shown."""
    daemon.answers["auth.login"] = ROW
    outcome = run_cli(daemon.environ, "auth", "login", "openai", "--with-token", stdin=KEY)
    assert daemon.params_of("auth.login") == {"provider": "openai", "key": KEY, "verify": True}
    assert (outcome.code, outcome.out) == (
        0,
        "✓ openai  default  authenticated  …cdef\n    keyring\n",
    )


def test_label_and_no_verify(daemon: CliDaemon) -> None:
    """Options are passed on; --json prints the row."""
    daemon.answers["auth.login"] = ROW
    words = ("auth", "login", "openai", "--label", "work", "--no-verify", "--json")
    outcome = run_cli(daemon.environ, *words, stdin=KEY)
    params = daemon.params_of("auth.login")
    assert (params["label"], params["verify"]) == ("work", False)
    assert json.loads(outcome.out) == ROW


def test_a_refused_key_is_exit_code_4(daemon: CliDaemon) -> None:
    """A key that does not work is not stored, and signing in failed."""
    daemon.answers["auth.login"] = refuses("auth_rejected", "openai refused the key; not stored")
    outcome = run_cli(daemon.environ, "auth", "login", "openai", stdin=KEY)
    assert (outcome.code, outcome.out) == (4, "")
    assert outcome.err == "aircher-cli: openai refused the key; not stored\n"


@pytest.mark.parametrize(
    "words",
    [
        ("openai", KEY),
        ("openai", "sk-0123456789"),
        ("sk-0123456789",),
        ("openai", "--with-token", KEY),
        ("openai", f"--key={KEY}"),
        ("openai", "--token", KEY),
        ("openai", "--label", "sk-0123456789"),
    ],
)
def test_a_key_in_the_arguments_is_refused_and_not_repeated(
    daemon: CliDaemon, words: tuple[str, ...]
) -> None:
    """However it is tried: exit code 2, the daemon hears nothing, the key is not shown again."""
    outcome = run_cli(daemon.environ, "auth", "login", *words, stdin="")
    assert (outcome.code, outcome.out, daemon.calls) == (2, "", [])
    assert "0123456789" not in outcome.err


def test_a_person_who_mistypes_the_provider_is_not_asked_for_a_key(daemon: CliDaemon) -> None:
    """The name is checked before the user pastes a key."""
    daemon.answers["auth.status"] = {"rows": [{"provider": "openai"}, {"provider": "anthropic"}]}
    outcome = run_cli(daemon.environ, "auth", "login", "opnai", stdin=None)
    assert outcome.code == 2
    assert 'unknown provider "opnai" (did you mean openai?)' in outcome.err


def test_no_key_is_read_while_the_configuration_is_broken(daemon: CliDaemon) -> None:
    """A name that only the file knows is not called unknown: the file's problem is shown."""
    problem = {"message": "m", "problems": [{"file": "/c.toml", "line": 2, "message": "bad"}]}
    config = {"ok": False, "in_use": "none", "problem": problem}
    daemon.answers["auth.status"] = {"rows": [{"provider": "openai"}], "config": config}
    outcome = run_cli(daemon.environ, "auth", "login", "work", stdin=None)
    assert (outcome.code, daemon.methods) == (1, ["auth.status"])
    assert outcome.err.splitlines()[1:] == ["  /c.toml:2: bad"]


def test_no_key_is_read_for_a_refused_provider(daemon: CliDaemon) -> None:
    """Its address is not known, so the key could not be stored for it."""
    row = {"provider": "work", "state": "refused", "reason": "/c.toml, line 2: bad"}
    daemon.answers["auth.status"] = {"rows": [{"provider": "openai"}, row]}
    outcome = run_cli(daemon.environ, "auth", "login", "work", stdin=None)
    assert (outcome.code, daemon.methods) == (1, ["auth.status"])
    assert outcome.err == "aircher-cli: work is refused: /c.toml, line 2: bad\n"


def test_no_key_is_read_while_all_keys_are_locked(daemon: CliDaemon) -> None:
    """Nothing could be stored: a prompt would waste the user's paste."""
    lock = {"reason": "all keys are locked (auth lock)"}
    daemon.answers["auth.status"] = {"rows": [{"provider": "openai"}], "lock": lock}
    outcome = run_cli(daemon.environ, "auth", "login", "openai", stdin=None)
    assert (outcome.code, daemon.methods) == (4, ["auth.status"])
    assert "unlock them with 'aircher-cli auth unlock'" in outcome.err


def test_no_key_is_read_for_a_daemon_on_another_machine(daemon: CliDaemon) -> None:
    """A forward takes none: it must not be typed where it should never be."""
    daemon.answers["auth.status"] = {"rows": [{"provider": "openai"}], "config": {"file": ""}}
    outcome = run_cli(daemon.environ, "auth", "login", "openai", stdin=None)
    assert (outcome.code, daemon.methods) == (1, ["auth.status"])
    assert outcome.err == (
        "aircher-cli: the daemon is on another machine, and takes no keys from this one: "
        "run this there\n"
    )


def test_no_provider(daemon: CliDaemon) -> None:
    """Without a terminal to choose at, the message names them, and a command."""
    rows = [
        {"provider": "openai", "state": "not_configured", "builtin": True},
        {"provider": "work", "state": "not_configured"},
        {"provider": "ollama", "state": "not_required"},
    ]
    daemon.answers["auth.status"] = {"rows": rows}
    outcome = run_cli(daemon.environ, "auth", "login", stdin=KEY)
    assert (outcome.code, daemon.methods) == (2, ["auth.status"])
    assert outcome.err.splitlines() == [
        "aircher-cli: which provider? work, openai",
        "try: aircher-cli auth login work",
    ]


@pytest.mark.parametrize("words", [("openai", "--label", ""), ("openai", "--label="), ("",)])
def test_an_empty_name_is_a_usage_error(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """An unset variable must not overwrite the key with the usual label."""
    outcome = run_cli(daemon.environ, "auth", "login", *words, stdin=KEY)
    assert (outcome.code, daemon.calls) == (2, [])
    assert "must not be empty" in outcome.err


def test_a_terminal_does_not_show_the_key(daemon: CliDaemon) -> None:
    """At a real terminal the prompt is shown, the key is sent, and nothing echoes it."""
    row = {"provider": "openai", "keys_page": "https://keys.example.com"}
    daemon.answers["auth.status"] = {"rows": [row]}
    daemon.answers["auth.login"] = ROW
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "auth", "login", "openai"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=daemon.environ,
        start_new_session=True,
    ) as program:
        os.close(theirs)
        screen = _read_until(ours, b"shown): ")
        os.write(ours, KEY.encode() + b"\n")
        screen += _read_until(ours, None)
    os.close(ours)
    assert program.returncode == 0
    assert daemon.params_of("auth.login")["key"] == KEY
    assert KEY.encode() not in screen
    assert b"authenticated" in screen
    assert b"Keys for openai are created at https://keys.example.com" in screen


def _read_until(terminal: int, end: bytes | None) -> bytes:
    screen = b""
    while end is None or end not in screen:
        try:
            data = os.read(terminal, 1024)
        except OSError:  # the program has gone
            break
        if not data:
            break
        screen += data
    return screen


def test_the_password_of_an_engine_needs_its_section_first(daemon: CliDaemon) -> None:
    """It is not an unknown provider; nothing is asked before that is clear."""
    daemon.answers["auth.status"] = {"rows": [{"provider": "openai"}]}
    ours, theirs = pty.openpty()
    outcome = subprocess.run(
        [*COMMAND, "auth", "login", "shared"],
        stdin=theirs,
        capture_output=True,
        env=daemon.environ,
        check=False,
    )
    os.close(theirs)
    os.close(ours)
    assert outcome.returncode == 2
    assert b"the configuration has no [shared]" in outcome.stderr


def test_the_password_of_an_engine_is_asked_for_by_its_name(daemon: CliDaemon) -> None:
    """A key is something else."""
    daemon.answers["auth.status"] = {"rows": [], "shared": {"provider": "shared"}}
    daemon.answers["auth.login"] = ROW
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "auth", "login", "shared"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=daemon.environ,
        start_new_session=True,
    ) as program:
        os.close(theirs)
        screen = _read_until(ours, b"shown): ")
        os.write(ours, KEY.encode() + b"\n")
        screen += _read_until(ours, None)
    os.close(ours)
    assert program.returncode == 0
    assert b"Password of the engine (not shown): " in screen
    assert daemon.params_of("auth.login")["provider"] == "shared"
