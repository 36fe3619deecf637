"""`aircher-cli auth test`."""

import pytest

from aircher_cli.commands.auth.test import check_exit_code
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


def row(state: str, health: str = "ok") -> dict[str, object]:
    return {"provider": "x", "state": state, "health": health}


@pytest.mark.parametrize(
    ("rows", "named", "expected"),
    [
        ([row("authenticated")], False, 0),
        ([row("authenticated"), row("not_configured")], False, 0),
        ([row("not_configured")], True, 4),
        ([row("not_configured"), row("not_required")], False, 0),
        ([row("authenticated"), row("rejected")], False, 4),
        ([row("locked")], False, 4),
        ([row("unverified", "unreachable")], False, 5),
        ([row("not_required", "unreachable")], False, 0),
        ([row("not_required", "unreachable")], True, 5),
        ([row("rejected", "unreachable")], True, 4),
        ([], False, 0),
    ],
)
def test_verdict(rows: list[dict[str, object]], named: bool, expected: int) -> None:
    """4: a key is missing or does not work; 5: a provider could not be asked."""
    assert expected == check_exit_code(rows, named=named)


@pytest.mark.parametrize(("words", "params"), [((), {}), (("openai",), {"provider": "openai"})])
def test_rows_are_shown(daemon: CliDaemon, words: tuple[str, ...], params: dict[str, str]) -> None:
    """All keys are checked, or those of one provider."""
    daemon.answers["auth.test"] = {"rows": [row("rejected")]}
    outcome = run_cli(daemon.environ, "auth", "test", *words)
    assert (outcome.code, outcome.out) == (4, "✗ x  rejected\n")
    assert daemon.params_of("auth.test") == params
