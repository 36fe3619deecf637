"""`aircher-cli auth logout`."""

import pytest

from aircher_cli.__main__ import run
from aircher_cli.console import Console
from aircher_cli.context import Context
from helpers.daemon.cli import Stream, run_cli
from helpers.daemon.cli_daemon import CliDaemon

LEFT = {"provider": "openai", "key": "env:OPENAI_API_KEY", "state": "unverified", "shadowed": []}


@pytest.mark.parametrize(
    ("words", "params"),
    [
        (("openai",), {"provider": "openai"}),
        (("openai", "--label", "work"), {"provider": "openai", "label": "work"}),
    ],
)
def test_logout_shows_what_is_left(
    daemon: CliDaemon, words: tuple[str, ...], params: dict[str, str]
) -> None:
    """If an environment variable now supplies the key, the output shows it."""
    daemon.answers["auth.status"] = {"rows": []}
    daemon.answers["auth.logout"] = {"rows": [LEFT], "removed": 2}
    outcome = run_cli(daemon.environ, "auth", "logout", *words)
    assert daemon.params_of("auth.logout") == params
    assert outcome.out == "removed 2 keys of openai\n? openai  env:OPENAI_API_KEY  unverified\n"


TWO = {
    "rows": [
        {"provider": "openai", "key": "default", "state": "authenticated", "masked": "…ab12"},
        {"provider": "openai", "key": "work", "state": "rejected"},
        LEFT,
        {"provider": "gemini", "key": "other", "state": "authenticated"},
    ]
}
NAMES = "openai has 2 stored keys: default (…ab12) and work."


@pytest.mark.parametrize(
    ("answer", "removes"), [(b"y\n", True), (b"yes\n", True), (b"\n", False), (b"", False)]
)
def test_several_keys_are_removed_after_a_question(
    daemon: CliDaemon, answer: bytes, removes: bool
) -> None:
    """On a terminal; anything but a yes removes nothing."""
    daemon.answers["auth.status"] = TWO
    daemon.answers["auth.logout"] = {"rows": [], "removed": 2}
    out, err = Stream(terminal=True), Stream(terminal=True)
    console = Console(out, err, daemon.environ)
    context = Context(console, daemon.environ, Stream(answer, terminal=True))
    code = run(context, ["auth", "logout", "openai"])
    assert f"{NAMES} Remove all? [y/N] " in err.text
    assert ("auth.logout" in daemon.methods) is removes
    assert (code, "nothing was removed" in err.text) == ((0, False) if removes else (1, True))


def test_several_keys_without_a_terminal(daemon: CliDaemon) -> None:
    """The error names both options, and each works."""
    daemon.answers["auth.status"] = TWO
    daemon.answers["auth.logout"] = {"rows": [], "removed": 2}
    outcome = run_cli(daemon.environ, "auth", "logout", "openai", stdin="")
    assert (outcome.code, "auth.logout" in daemon.methods) == (2, False)
    assert f"{NAMES} Name one with --label, or add --yes to remove all of them" in outcome.err
    assert run_cli(daemon.environ, "auth", "logout", "openai", "--yes", stdin="").code == 0
    words = ("auth", "logout", "openai", "--label", "work")
    assert run_cli(daemon.environ, *words, stdin="").code == 0


def test_one_stored_key_is_removed_at_once(daemon: CliDaemon) -> None:
    """A variable or a command cannot be removed, and does not count."""
    command = {"provider": "openai", "key": "command", "state": "unverified"}
    daemon.answers["auth.status"] = {"rows": [TWO["rows"][0], LEFT, command]}
    daemon.answers["auth.logout"] = {"rows": [], "removed": 1}
    assert run_cli(daemon.environ, "auth", "logout", "openai", stdin="").code == 0


@pytest.mark.parametrize("words", [("openai", "--label", ""), ("",)])
def test_an_empty_name_removes_nothing(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """An unset variable must not remove every key."""
    outcome = run_cli(daemon.environ, "auth", "logout", *words)
    assert (outcome.code, daemon.calls) == (2, [])


def test_nothing_to_remove_is_no_failure(daemon: CliDaemon) -> None:
    """Scripts may log out twice."""
    daemon.answers["auth.status"] = {"rows": []}
    daemon.answers["auth.logout"] = {"rows": [], "removed": 0}
    outcome = run_cli(daemon.environ, "auth", "logout", "openai")
    assert (outcome.code, outcome.out) == (0, "removed 0 keys of openai\n")
