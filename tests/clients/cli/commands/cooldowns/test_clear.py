"""`aircher-cli cooldowns clear`."""

import json

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, refuses


@pytest.mark.parametrize(
    ("words", "params", "cleared", "expected"),
    [
        ((), {}, 3, "✓ cleared 3 cooldowns"),
        (("openai",), {"provider": "openai"}, 1, "✓ cleared 1 cooldown of openai"),
        ((), {}, 0, "no cooldowns to clear"),
        (("openai",), {"provider": "openai"}, 0, "no cooldowns of openai to clear"),
    ],
)
def test_clear(
    daemon: CliDaemon, words: tuple[str, ...], params: object, cleared: int, expected: str
) -> None:
    """All, or those of one provider; none is no failure."""
    daemon.answers["cooldowns.clear"] = {"cleared": cleared}
    outcome = run_cli(daemon.environ, "cooldowns", "clear", *words)
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{expected}\n", "")
    assert daemon.params_of("cooldowns.clear") == params


def test_an_unknown_provider(daemon: CliDaemon) -> None:
    """Is the daemon's to refuse."""
    daemon.answers["cooldowns.clear"] = refuses("bad_request", "there is no provider 'opnai'")
    outcome = run_cli(daemon.environ, "cooldowns", "clear", "opnai")
    assert (outcome.code, outcome.err) == (1, "aircher-cli: there is no provider 'opnai'\n")


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says."""
    daemon.answers["cooldowns.clear"] = {"cleared": 2}
    assert json.loads(run_cli(daemon.environ, "cooldowns", "clear", "--json").out) == {"cleared": 2}
