"""`aircher-cli models use`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, "✓ work/new is now the default, in ~/config.toml\n"),
        (
            {"model": "work/old"},
            "✓ work/new is now the default instead of work/old, in ~/config.toml\n",
        ),
        ({"model": "work/new"}, "work/new is already the default, in ~/config.toml\n"),
    ],
)
def test_what_changed_and_where(
    daemon: CliDaemon, before: dict[str, object], expected: str
) -> None:
    """The new default, the one it replaces, and the file."""
    daemon.answers["status"] = {"default": before}
    file = str(daemon.home / "config.toml")
    daemon.answers["models.use"] = {"model": "work/new", "file": file}
    outcome = run_cli(daemon.environ, "models", "use", "work/new")
    assert (outcome.code, outcome.out) == (0, expected)
    assert daemon.params_of("models.use") == {"model": "work/new"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "! work does not list 'new'. It will be asked for it all the same.\n"),
        (
            {"nearest": "work/news"},
            (
                "! work does not list 'new'; did you mean work/news? It will be asked for it all "
                "the same.\n"
            ),
        ),
    ],
)
def test_a_model_that_is_not_listed(
    daemon: CliDaemon, more: dict[str, object], expected: str
) -> None:
    """It may be there nevertheless, as with `ask -m`; a misspelling is noticed."""
    daemon.answers["status"] = {"default": {}}
    answer = {"model": "work/new", "file": "/f", "unlisted": True, **more}
    daemon.answers["models.use"] = answer
    outcome = run_cli(daemon.environ, "models", "use", "work/new")
    assert (outcome.code, outcome.err) == (0, expected)


def test_json(daemon: CliDaemon) -> None:
    """The daemon's answer."""
    daemon.answers["status"] = {"default": {}}
    daemon.answers["models.use"] = {"model": "work/new", "file": "/f"}
    outcome = run_cli(daemon.environ, "models", "use", "--json", "work/new")
    assert json.loads(outcome.out) == {"model": "work/new", "file": "/f"}


def test_an_unknown_model(daemon: CliDaemon) -> None:
    """The daemon's reason, and nothing said to have changed."""
    daemon.answers["status"] = {"default": {}}
    daemon.answers["models.use"] = refuses("unknown_model", "unknown model x")
    outcome = run_cli(daemon.environ, "models", "use", "x")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "aircher-cli: unknown model x\n"
