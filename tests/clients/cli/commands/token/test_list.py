"""`aircher-cli token list`."""

import json
import time

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map

NOW = time.time()
ZED: Map = {
    "name": "zed",
    "created_at": NOW - 9000,
    "used_at": NOW - 7200,
    "models": ["sonnet"],
    "providers": ["openai"],
    "limits": [{"per": "day", "usd": "5"}],
    "project": "/src/acme",
}


def test_tokens_and_the_tools_that_run(daemon: CliDaemon) -> None:
    """A line for each."""
    running: Map = {"name": "claude", "project": "/src/acme"}
    new: Map = {"name": "ci", "created_at": NOW}
    zed: Map = {**ZED, "used_at": time.time() - 7230}  # this file may have been loaded long ago
    daemon.answers["token.list"] = {"tokens": [zed, new], "running": [running]}
    outcome = run_cli(daemon.environ, "token", "list")
    assert outcome.code == 0
    used = "✓ zed used 2 h 0 min ago"
    assert [" ".join(line.split()) for line in outcome.out.splitlines()] == [
        f"{used} models sonnet; providers openai; $5/day; project /src/acme",
        "✓ ci never used",
        "→ claude runs now project /src/acme",
    ]


def test_a_token_that_has_expired(daemon: CliDaemon) -> None:
    """It is marked, with the time."""
    ended: Map = {**ZED, "expires_at": NOW - 60, "expired": True}
    daemon.answers["token.list"] = {"tokens": [ended]}
    out = run_cli(daemon.environ, "token").out
    assert out.startswith("✗ zed")
    assert "expired 20" in out


def test_no_tokens(daemon: CliDaemon) -> None:
    """It says so, and how to create one."""
    daemon.answers["token.list"] = {"tokens": [], "running": []}
    out = run_cli(daemon.environ, "token", "list").out
    assert out == "there are no tokens; create one: aircher-cli token create NAME\n"


def test_a_file_that_cannot_be_used(daemon: CliDaemon) -> None:
    """The reason, and not that there are none."""
    daemon.answers["token.list"] = {"tokens": [], "problem": "tokens.json is damaged"}
    outcome = run_cli(daemon.environ, "token", "list")
    assert (outcome.out, outcome.err) == ("", "✗ tokens.json is damaged\n")


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says."""
    daemon.answers["token.list"] = {"tokens": [ZED]}
    assert json.loads(run_cli(daemon.environ, "token", "list", "--json").out) == {"tokens": [ZED]}
