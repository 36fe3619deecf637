"""`aircher-cli config unset`."""

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


def test_entries_are_removed(daemon: CliDaemon) -> None:
    """What was before is printed."""
    daemon.answers["config.set"] = {
        "file": "/f",
        "changed": True,
        "changes": [{"path": "default_model", "before": "m", "after": None}],
    }
    outcome = run_cli(daemon.environ, "config", "unset", "default_model", "models.m")
    assert outcome.out == "✓ saved /f\n- default_model  was m\n"
    expected = {"entries": [], "unset": ["default_model", "models.m"]}
    assert daemon.params_of("config.set") == expected


def test_a_key_is_required(daemon: CliDaemon) -> None:
    """The daemon is not called."""
    assert (run_cli(daemon.environ, "config", "unset").code, daemon.calls) == (2, [])
