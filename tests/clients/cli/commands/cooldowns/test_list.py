"""`aircher-cli cooldowns list`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map

AWAY: Map = {"provider": "ollama", "health": "unreachable", "health_reason": "connection refused"}
WELL: Map = {"provider": "openai", "health": "ok"}


def stands(daemon: CliDaemon, *rows: Map) -> None:
    daemon.answers["events.subscribe"] = {"snapshot": {"provider": list(rows)}}


@pytest.mark.parametrize("words", [("cooldowns",), ("cooldowns", "list")])
def test_who_is_cooling(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """Who and why; the word alone is enough to ask."""
    stands(daemon, AWAY, WELL)
    outcome = run_cli(daemon.environ, *words)
    assert outcome.out.splitlines() == [
        "! ollama  unreachable  used again by the next request",
        "    connection refused",
    ]
    assert (outcome.code, outcome.err) == (0, "")
    assert daemon.params_of("events.subscribe") == {"topics": ["provider"]}


def test_nothing_is_cooling_down(daemon: CliDaemon) -> None:
    """Is good news."""
    stands(daemon, WELL)
    outcome = run_cli(daemon.environ, "cooldowns")
    assert (outcome.code, outcome.out) == (0, "nothing is cooling down\n")


def test_json(daemon: CliDaemon) -> None:
    """Only those who are, an empty list if none is."""
    stands(daemon, AWAY, WELL)
    assert json.loads(run_cli(daemon.environ, "cooldowns", "--json").out) == {"cooldowns": [AWAY]}
