"""`aircher-cli providers list`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


@pytest.fixture(autouse=True)
def answers(daemon: CliDaemon) -> None:
    url = "https://api.openai.com/v1"
    daemon.answers["status"] = {
        "providers": [
            {"provider": "openai", "kind": "openai", "base_url": url, "state": "authenticated"},
            {
                "provider": "work",
                "kind": "ollama",
                "base_url": "http://h",
                "state": "not_required",
                "health": "unreachable",
            },
        ]
    }
    daemon.answers["config.show"] = {
        "file": "/f/config.toml",
        "rows": [
            {"path": "providers.openai.kind", "value": "openai", "source": "default"},
            {"path": "providers.work.kind", "value": "ollama", "source": "file", "line": 4},
        ],
    }


def test_providers_and_where_they_come_from(daemon: CliDaemon) -> None:
    """Built in, or a line of the configuration."""
    outcome = run_cli(daemon.environ, "providers")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "✓ openai  authenticated              openai",
        "    https://api.openai.com/v1, built in",
        "! work    needs no key, unreachable  ollama",
        "    http://h, /f/config.toml:4",
    ]


def test_an_entry_that_is_refused_has_no_address(daemon: CliDaemon) -> None:
    """It could not be read."""
    daemon.answers["status"] = {"providers": [{"provider": "work", "state": "refused"}]}
    assert run_cli(daemon.environ, "providers").out.splitlines() == [
        "✗ work  refused",
        "    /f/config.toml:4",
    ]


def test_json(daemon: CliDaemon) -> None:
    """Rows of `status`, with their entries."""
    record = json.loads(run_cli(daemon.environ, "providers", "list", "--json").out)
    assert [
        (row["provider"], row["builtin"], row["configured"], row.get("line"))
        for row in record["providers"]
    ] == [("openai", True, False, None), ("work", False, True, 4)]
