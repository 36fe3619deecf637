"""`aircher-cli audit`."""

import pytest

from aircher_cli.commands.audit import KINDS, describe
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

ROW = {"at": 1000.0, "kind": "sign_in", "client": "vi", "provider": "openai", "outcome": "ok"}


def test_lines_are_shown(daemon: CliDaemon) -> None:
    """With everything that is known; lost lines are reported."""
    lost = {"reason": "the disk is full", "lost": 2}
    daemon.answers["audit.list"] = {"rows": [ROW], "audit": lost}
    outcome = run_cli(daemon.environ, "audit", "--since", "2d", "--client", "vi")
    assert "sign_in  vi  provider=openai  outcome=ok" in outcome.out
    assert "the disk is full" in outcome.err
    params = daemon.params_of("audit.list")
    assert (params["client"], set(params)) == ("vi", {"since", "client", "limit"})
    daemon.answers["audit.list"] = {"rows": []}
    assert run_cli(daemon.environ, "audit").out == "nothing is noted\n"


@pytest.mark.parametrize("words", [("--since", "x"), ("--kind", "x"), ("--client", "")])
def test_a_filter_that_does_not_exist(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """An empty list would say that nothing happened."""
    assert run_cli(daemon.environ, "audit", *words).code == 2


def test_a_process_is_shown() -> None:
    """As the kernel knows it."""
    assert "  /bin/vi (process 7)  " in describe({**ROW, "program": "/bin/vi", "pid": 7}, 2000.0)
    assert "key_use" in KINDS
