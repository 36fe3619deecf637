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


def test_an_entry_that_is_not_there_is_named(daemon: CliDaemon) -> None:
    """With the one that was probably meant."""
    absent = [{"path": "nothing.here"}, {"path": "a.b", "meant": "a.c"}]
    daemon.answers["config.set"] = {"file": "/f", "changed": False, "absent": absent}
    outcome = run_cli(daemon.environ, "config", "unset", "nothing.here", "a.b")
    assert (outcome.code, outcome.out) == (0, "nothing to change in /f\n")
    assert outcome.err.splitlines() == [
        "nothing.here is not set in the file",
        "a.b is not set in the file; did you mean a.c?",
    ]


def test_a_key_is_required(daemon: CliDaemon) -> None:
    """The daemon is not called."""
    assert (run_cli(daemon.environ, "config", "unset").code, daemon.calls) == (2, [])
