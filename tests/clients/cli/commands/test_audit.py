"""`aircher-cli audit`."""

import json
from pathlib import Path

import pytest

from aircher_cli.commands import audit
from aircher_cli.commands.audit import KINDS, describe
from aircher_wire import address
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


def test_its_files_are_read_while_no_daemon_runs(tmp_path: Path) -> None:
    """And none is started; a file that others may write is refused."""
    environ = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/bin"}
    path = address.data_directory(environ) / "audit.jsonl"
    assert run_cli(environ, "audit").out == "nothing is noted\n"
    path.parent.mkdir(parents=True)
    lines = [ROW, {**ROW, "kind": "lock"}, {**ROW, "at": 2000.0}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    outcome = run_cli(environ, "audit", "--kind", "sign_in", "--json")
    assert json.loads(outcome.out) == {"file": str(path), "rows": [ROW, lines[2]]}
    path.chmod(0o666)
    outcome = run_cli(environ, "audit")
    assert (outcome.code, "chmod 600" in outcome.err) == (1, True)


def test_what_is_added_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After what is there, until Ctrl-C."""
    environ = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/bin"}
    path = address.data_directory(environ) / "audit.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(ROW) + "\n")
    steps = iter(("lock", "sign_in", None))

    def add(_seconds: float) -> None:
        if (kind := next(steps)) is None:
            raise KeyboardInterrupt
        with path.open("a") as file:
            file.write(json.dumps({**ROW, "kind": kind, "client": kind}) + "\n")

    monkeypatch.setattr(audit.time, "sleep", add)
    outcome = run_cli(environ, "audit", "-f", "--kind", "sign_in", "--json")
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [line.get("client") for line in lines[:2]] == ["vi", "sign_in"]
    assert [line["error"]["code"] for line in lines[2:]] == ["cancelled"]


def test_values_are_for_people(daemon: CliDaemon) -> None:
    """And the advice does not name another command."""
    row = {**ROW, "allow": True, "seconds": 7199.99, "entries": ["a.b", "c"]}
    assert describe(row, 2000.0).endswith("allow=yes  seconds=7200  entries=a.b,c")
    assert "usage --help" not in run_cli(daemon.environ, "audit", "--since", "x").err
