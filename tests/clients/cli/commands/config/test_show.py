"""`aircher-cli config show`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Session

ROWS = [
    {"path": "default_model", "value": "m", "source": "file", "line": 1},
    {"path": "providers.work.kind", "value": "openai", "source": "file", "line": 4},
    {"path": "providers.workshop.kind", "value": "openai", "source": "file", "line": 7},
    {"path": "catalog.'work/m'.window", "value": 5, "source": "file", "line": 9},
    {"path": "limits[0].usd", "value": 5, "source": "file", "line": 12},
    {"path": "fallback.max_attempts", "value": 4, "source": "default"},
]


def shown(session: Session, msgid: int, params: Map) -> object:
    """Answer with the defaults only if they are asked for."""
    rows = [row for row in ROWS if params.get("all") or row["source"] != "default"]
    return {"file": "/f/config.toml", "exists": True, "rows": rows}


@pytest.fixture(autouse=True)
def answers(daemon: CliDaemon) -> None:
    daemon.answers["config.show"] = shown


def test_settings_that_differ_from_the_defaults(daemon: CliDaemon) -> None:
    """Each with the line that it comes from."""
    outcome = run_cli(daemon.environ, "config", "show")
    assert outcome.code == 0
    assert outcome.out.splitlines()[:2] == [
        'default_model = "m"                 # /f/config.toml:1',
        'providers.work.kind = "openai"      # /f/config.toml:4',
    ]
    assert "max_attempts" not in outcome.out
    assert "max_attempts = 4" in run_cli(daemon.environ, "config", "show", "--all").out


@pytest.mark.parametrize(
    ("key", "paths"),
    [
        ("providers.work", ["providers.work.kind"]),
        ("providers", ["providers.work.kind", "providers.workshop.kind"]),
        ("catalog.work/m", ["catalog.'work/m'.window"]),
        ('catalog."work/m".window', ["catalog.'work/m'.window"]),
        ("limits", ["limits[0].usd"]),
        ("fallback", ["fallback.max_attempts"]),
    ],
)
def test_a_key_selects_settings(daemon: CliDaemon, key: str, paths: list[str]) -> None:
    """A section or a setting, with its defaults; quotes do not matter."""
    outcome = run_cli(daemon.environ, "config", "show", key, "--json")
    assert [row["path"] for row in json.loads(outcome.out)["rows"]] == paths


def test_an_unknown_key(daemon: CliDaemon) -> None:
    """With a suggestion."""
    outcome = run_cli(daemon.environ, "config", "show", "fallbck")
    assert (outcome.code, outcome.out) == (1, "")
    assert "fallbck is not set (did you mean fallback?)" in outcome.err


def test_no_file(daemon: CliDaemon) -> None:
    """Is no error."""
    daemon.answers["config.show"] = {"file": "/f/config.toml", "exists": False, "rows": []}
    outcome = run_cli(daemon.environ, "config", "show")
    assert (outcome.code, outcome.out) == (
        0,
        "/f/config.toml does not exist; the defaults are used\n",
    )
