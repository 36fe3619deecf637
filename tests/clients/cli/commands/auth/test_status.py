"""`aircher-cli auth status`."""

import json

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

STATUS = {
    "rows": [{"provider": "openai", "state": "not_configured", "shadowed": [], "hint": "sign in"}],
    "environment": ["OPENAI_API_KEY"],
}


def test_rows_and_exit_code(daemon: CliDaemon) -> None:
    """States are an answer, not a failure."""
    daemon.answers["auth.status"] = STATUS
    outcome = run_cli(daemon.environ, "auth", "status")
    expected = "– openai  not configured\n    → sign in\n"  # noqa: RUF001 -- a dash it is
    assert (outcome.code, outcome.out) == (0, expected)


def test_ascii(daemon: CliDaemon) -> None:
    """On an output without Unicode the symbols are plain."""
    daemon.answers["auth.status"] = STATUS
    outcome = run_cli(daemon.environ, "auth", "status", encoding="ascii")
    assert outcome.out == "- openai  not configured\n    -> sign in\n"


def test_a_variable_the_daemon_cannot_see(daemon: CliDaemon) -> None:
    """The caller's shell has one: it is named, with the command that brings it over."""
    daemon.answers["auth.status"] = STATUS
    environ = {**daemon.environ, "OPENAI_API_KEY": "k-0123456789"}
    outcome = run_cli(environ, "auth", "status")
    assert "This shell has OPENAI_API_KEY, which the daemon cannot see." in outcome.out
    assert "aircher-cli auth import" in outcome.out
    assert "k-0123456789" not in outcome.out


def test_vendors_that_were_never_wanted_are_in_one_line(daemon: CliDaemon) -> None:
    """A user who names one, or asks for all, sees what to do about each."""
    new = {**STATUS["rows"][0], "builtin": True}  # type: ignore[call-overload]
    mine = {"provider": "work", "key": "default", "state": "authenticated", "shadowed": []}
    local = {"provider": "ollama", "state": "not_required", "builtin": True, "absent": True}
    daemon.answers["auth.status"] = {"rows": [new, mine, local], "environment": []}
    assert run_cli(daemon.environ, "auth", "status").out.splitlines() == [
        "✓ work  default  authenticated",
        "○ not signed in: openai (aircher-cli auth login NAME)",
        "○ not running: ollama",
    ]
    every = run_cli(daemon.environ, "auth", "status", "--all").out.splitlines()
    assert [line.split()[1] for line in every] == ["openai", "sign", "work", "ollama"]
    assert "→ sign in" in run_cli(daemon.environ, "auth", "status", "openai").out
    rows = json.loads(run_cli(daemon.environ, "auth", "status", "--json").out)["rows"]
    assert rows == [new, mine, local]


def test_one_key(daemon: CliDaemon) -> None:
    """As models are named: `provider@label`."""
    rows = [
        {"provider": "openai", "key": key, "state": "authenticated", "shadowed": []}
        for key in ("default", "work")
    ]
    daemon.answers["auth.status"] = {"rows": rows, "environment": []}
    assert run_cli(daemon.environ, "auth", "status", "openai@work").out == (
        "✓ openai  work  authenticated\n"
    )
    outcome = run_cli(daemon.environ, "auth", "status", "openai@nope")
    assert outcome.code == 2
    assert 'openai has no key "nope" (it has default, work)' in outcome.err
    assert "aircher-cli auth login openai --label nope" in outcome.err


def test_json(daemon: CliDaemon) -> None:
    """A script gets the rows as they are, and the unseen variables by name."""
    daemon.answers["auth.status"] = STATUS
    environ = {**daemon.environ, "OPENAI_API_KEY": "k-0123456789"}
    outcome = run_cli(environ, "auth", "status", "--json")
    assert json.loads(outcome.out) == {**STATUS, "unseen": ["OPENAI_API_KEY"]}


def test_a_broken_configuration(daemon: CliDaemon) -> None:
    """A user who misses a provider here learns why, with file and line."""
    problem = {"file": f"{daemon.home}/c.toml", "line": 2, "message": "is unknown", "path": "x"}
    config = {"ok": False, "in_use": "none", "problem": {"message": "m", "problems": [problem]}}
    daemon.answers["auth.status"] = {**STATUS, "config": config}
    outcome = run_cli(daemon.environ, "auth", "status")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-3:] == [
        "",
        "the configuration is invalid; no provider is asked until it is fixed:",
        "  ~/c.toml:2: x: is unknown",
    ]


TWO = [{"provider": name, "state": "authenticated", "shadowed": []} for name in ("ann", "bob")]


def test_one_provider(daemon: CliDaemon) -> None:
    """Only its keys are shown, and no variables of other providers."""
    daemon.answers["auth.status"] = {"rows": TWO, "environment": ["ANN_KEY"]}
    outcome = run_cli({**daemon.environ, "ANN_KEY": "k-0123456789"}, "auth", "status", "bob")
    assert (outcome.code, outcome.out) == (0, "✓ bob  authenticated\n")


def test_one_provider_as_json(daemon: CliDaemon) -> None:
    """The result has the shape that it has for all."""
    daemon.answers["auth.status"] = {"rows": TWO, "environment": []}
    outcome = run_cli(daemon.environ, "auth", "status", "bob", "--json")
    assert json.loads(outcome.out)["rows"] == TWO[1:]


def test_an_unknown_provider_is_a_usage_error(daemon: CliDaemon) -> None:
    """The message suggests the nearest one."""
    daemon.answers["auth.status"] = {"rows": TWO, "environment": []}
    outcome = run_cli(daemon.environ, "auth", "status", "bop")
    assert outcome.code == 2
    assert 'unknown provider "bop" (did you mean bob?); known: ann, bob' in outcome.err


def test_password_of_the_engine_is_shown_like_a_key(daemon: CliDaemon) -> None:
    """After those of the providers; it does not count as signed in to one."""
    engine = {"provider": "shared", "key": "default", "state": "unverified", "shadowed": []}
    daemon.answers["auth.status"] = {**STATUS, "shared": engine}
    lines = run_cli(daemon.environ, "auth", "status").out.splitlines()
    assert lines[-1].split() == ["?", "shared", "default", "unverified"]
    assert run_cli(daemon.environ, "auth", "status", "shared").out == (
        "? shared  default  unverified\n"
    )
