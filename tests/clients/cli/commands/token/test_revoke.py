"""`aircher-cli token revoke`."""

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


def test_revoke(daemon: CliDaemon) -> None:
    """By its name."""
    daemon.answers["token.revoke"] = {"name": "zed"}
    outcome = run_cli(daemon.environ, "token", "revoke", "zed")
    assert (outcome.code, outcome.out) == (0, "✓ token zed ends now\n")
    assert ("token.revoke", {"name": "zed"}) in daemon.calls
    assert run_cli(daemon.environ, "token", "revoke", "zed", "--json").out == '{"name": "zed"}\n'


def test_a_token_is_no_name(daemon: CliDaemon) -> None:
    """It is neither sent nor repeated."""
    token = "ak-air-" + "x" * 32
    outcome = run_cli(daemon.environ, "token", "revoke", token)
    assert outcome.code == 2
    assert "name of a token" in outcome.err
    assert token not in outcome.err
    assert not daemon.calls
