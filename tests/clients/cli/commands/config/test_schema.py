"""`aircher-cli config schema`."""

from pathlib import Path

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

SCHEMA = '{"type": "object"}\n'


def test_the_schema_is_printed(daemon: CliDaemon) -> None:
    """As the daemon has it, with or without `--json`."""
    daemon.answers["config.schema"] = {"schema": SCHEMA}
    assert run_cli(daemon.environ, "config", "schema").out == SCHEMA
    assert run_cli(daemon.environ, "config", "schema", "--json").out == SCHEMA


def test_the_schema_is_written(daemon: CliDaemon, tmp_path: Path) -> None:
    """The line for the configuration is printed; an old file is replaced."""
    daemon.answers["config.schema"] = {"schema": SCHEMA}
    file = tmp_path / "my.json"
    file.write_text("old")
    outcome = run_cli(daemon.environ, "config", "schema", "-o", str(file))
    assert (outcome.code, file.read_text()) == (0, SCHEMA)
    assert "the first line must be: #:schema ./my.json" in outcome.out
    assert [each.name for each in tmp_path.iterdir()] == ["my.json"]


def test_a_folder_that_does_not_exist(daemon: CliDaemon, tmp_path: Path) -> None:
    """The reason is printed."""
    daemon.answers["config.schema"] = {"schema": SCHEMA}
    outcome = run_cli(daemon.environ, "config", "schema", "-o", str(tmp_path / "no" / "x.json"))
    assert outcome.code == 1
    assert "cannot write" in outcome.err
    assert "No such file or directory" in outcome.err
