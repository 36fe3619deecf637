"""Changes of the configuration file through the daemon."""

from aircher_cli.commands.config.changing import refusal_lines
from aircher_client import DaemonError
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


def refused(*problems: dict[str, object]) -> DaemonError:
    return DaemonError("config_invalid", "it is invalid", {"problems": list(problems)})


def test_problems_of_what_was_not_written_have_no_line() -> None:
    """Others have their line in the file, with the home as `~`."""
    error = refused(
        {"file": "", "line": 0, "path": "a.b", "message": "is unknown", "hint": "did you mean c?"},
        {"file": "/home/me/config.toml", "line": 4, "path": "x", "message": "is empty"},
    )
    assert refusal_lines(error, "/home/me") == [
        "  a.b: is unknown (did you mean c?)",
        "  ~/config.toml:4: x: is empty",
    ]


def test_of_a_key_only_that_is_said() -> None:
    """Where it belongs, and that the shell has it."""
    error = refused(
        {"path": "providers.x", "message": "has no kind"},
        {
            "path": "providers.x.api_key",
            "message": "a key does not belong in the config: remove it here and store it with "
            "`aircher-cli auth login x`",
        },
    )
    first, second = refusal_lines(error, "")
    assert first == (
        "  providers.x.api_key: a key does not belong in the config: store it with "
        "`aircher-cli auth login x`"
    )
    assert "the key is in the shell's history now" in second


def test_a_change_without_effect_is_reported_as_one(daemon: CliDaemon) -> None:
    """An entry that has its default already was set."""
    daemon.answers["config.set"] = {"file": "/f", "changed": True, "changes": []}
    outcome = run_cli(daemon.environ, "config", "set", "a", "1")
    assert outcome.out == "✓ saved /f; what is in effect stays the same\n"
