"""`aircher-cli config reload`."""

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses


@pytest.mark.parametrize(
    ("changed", "expected"),
    [(True, "✓ loaded /c.toml\n"), (False, "nothing changed in /c.toml\n")],
)
def test_reload(daemon: CliDaemon, changed: bool, expected: str) -> None:
    """It says whether anything is different now."""
    daemon.answers["config.reload"] = {"changed": changed, "file": "/c.toml"}
    outcome = run_cli(daemon.environ, "config", "reload")
    assert (outcome.code, outcome.out) == (0, expected)


def test_changes_are_listed(daemon: CliDaemon) -> None:
    """Field by field; the home directory is shown as `~`."""
    changes = [{"path": "network.proxy", "before": None, "after": "http://h:1"}]
    file = f"{daemon.environ['HOME']}/.aircher/config.toml"
    daemon.answers["config.reload"] = {"changed": True, "changes": changes, "file": file}
    outcome = run_cli(daemon.environ, "config", "reload")
    assert outcome.out == "✓ loaded ~/.aircher/config.toml\n+ network.proxy  http://h:1\n"


def test_an_invalid_file(daemon: CliDaemon) -> None:
    """Every problem is named with its line; exit code 1."""
    problems = [{"file": "/c.toml", "line": n, "message": f"bad {n}"} for n in (1, 2)]
    daemon.answers["config.reload"] = refuses("config_invalid", "not used", problems=problems)
    outcome = run_cli(daemon.environ, "config", "reload")
    assert outcome.code == 1
    assert outcome.err.splitlines()[1:] == ["  /c.toml:1: bad 1", "  /c.toml:2: bad 2"]
