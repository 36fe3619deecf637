"""`aircher-cli token create`."""

import json
import time

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal

TOKEN = "ak-air-" + "x" * 32
CREATED: Map = {"name": "zed", "token": TOKEN, "socket": "/run/http.sock"}


def sent(daemon: CliDaemon) -> Map:
    return next(params for method, params in daemon.calls if method == "token.create")


def test_the_token_is_the_output_and_all_else_is_a_note(daemon: CliDaemon) -> None:
    """So that a script can take it; the notes say where to set it."""
    daemon.answers["token.create"] = {**CREATED, "url": "http://127.0.0.1:8137"}
    outcome = run_cli(daemon.environ, "token", "create", "zed")
    assert (outcome.code, outcome.out) == (0, f"{TOKEN}\n")
    assert "shown once" in outcome.err
    assert "ANTHROPIC_BASE_URL=http://127.0.0.1:8137 " in outcome.err
    assert "OPENAI_BASE_URL=http://127.0.0.1:8137/v1 " in outcome.err
    assert TOKEN not in outcome.err
    assert sent(daemon) == {"name": "zed"}


def test_without_a_port_it_says_how_to_open_one(daemon: CliDaemon) -> None:
    """A token is of no use to a program that cannot come in."""
    daemon.answers["token.create"] = CREATED
    assert (
        "aircher-cli config set http.port 8137"
        in run_cli(daemon.environ, "token", "create", "zed").err
    )


def test_what_it_may_be_used_for(daemon: CliDaemon, tmp_path) -> None:
    """Everything goes to the daemon as it wants it."""
    daemon.answers["token.create"] = CREATED
    words = ("-m", "sonnet", "--model", "gpt-*", "--provider", "openai", "--usd", "5/day")
    more = ("--requests", "9/hour", "--tokens", "1k/month", "--expires", "30d")
    before = time.time()
    outcome = run_cli(
        daemon.environ, "token", "create", "zed", *words, *more, "--project", str(tmp_path)
    )
    assert outcome.code == 0
    params = sent(daemon)
    assert before + 30 * 86_400 <= params.pop("expires_at") <= time.time() + 30 * 86_400
    assert params == {
        "name": "zed",
        "models": ["sonnet", "gpt-*"],
        "providers": ["openai"],
        "limits": [
            {"per": "day", "usd": "5"},
            {"per": "hour", "requests": 9},
            {"per": "month", "tokens": 1000},
        ],
        "project": str(tmp_path.resolve()),
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "NAME"),
        (("zed", "--usd", "5"), "--usd: must be like 5/day"),
        (("zed", "--expires", "soon"), "--expires: must be a time"),
        (("zed", "--expires", "2001-01-01"), "is over"),
        (("",), "must not be empty"),
        (("my tool",), "must have up to 64 letters, digits, '.', '_' and '-'"),
    ],
)
def test_mistakes_are_found_before_the_daemon_is_asked(daemon: CliDaemon, words, message) -> None:
    """With exit code 2."""
    outcome = run_cli(daemon.environ, "token", "create", *words)
    assert outcome.code == 2
    assert message in outcome.err
    assert not daemon.calls


def test_what_the_daemon_refuses(daemon: CliDaemon) -> None:
    """Its message, and no token."""

    def refuse(*_: object) -> None:
        raise Refusal("bad_request", "name: there is a token 'zed'")

    daemon.answers["token.create"] = refuse
    outcome = run_cli(daemon.environ, "token", "create", "zed")
    assert (outcome.code, outcome.out) == (1, "")
    assert "there is a token 'zed'" in outcome.err


def test_a_port_that_cannot_be_opened(daemon: CliDaemon) -> None:
    """The reason, and not the advice to set what is set."""
    daemon.answers["token.create"] = {**CREATED, "port_problem": "port 80 is in use: end the other"}
    outcome = run_cli(daemon.environ, "token", "create", "zed")
    assert "No port is open: port 80 is in use" in outcome.err
    assert "config set" not in outcome.err


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says."""
    daemon.answers["token.create"] = CREATED
    outcome = run_cli(daemon.environ, "token", "create", "zed", "--json")
    assert (json.loads(outcome.out), outcome.err) == (CREATED, "")


def test_a_narrow_terminal(daemon: CliDaemon) -> None:
    """The token is not broken; notes wrap."""
    daemon.answers["token.create"] = {**CREATED, "url": "http://127.0.0.1:8137"}
    environ = {**daemon.environ, "COLUMNS": "40", "NO_COLOR": "1"}
    outcome = run_cli(environ, "token", "create", "zed", terminal=True)
    assert TOKEN in outcome.out.splitlines()
    assert max(map(len, outcome.err.splitlines())) <= 60
