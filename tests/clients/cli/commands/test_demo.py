"""`aircher-cli demo`."""

import signal
from pathlib import Path

import pytest

from aircher_cli.commands import demo
from aircher_cli.commands.demo import shell_code
from helpers.daemon.cli import run_cli


@pytest.mark.parametrize(
    ("returncode", "expected"), [(0, 0), (3, 3), (-signal.SIGTERM, 143), (-signal.SIGINT, 130)]
)
def test_shell_code(returncode: int, expected: int) -> None:
    """A demo that was killed has the exit code a shell would give it."""
    assert expected == shell_code(returncode)


def test_the_demo_runs_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its output is the terminal's, its exit code is ours."""
    (tmp_path / "fake_demo.py").write_text("import sys; print('hello from it'); sys.exit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(demo, "MODULE", "fake_demo")
    assert run_cli({}, "demo").code == 7
    assert capfd.readouterr().out == "hello from it\n"


def test_a_python_that_was_removed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by an update of the system, while an old virtual environment is still there."""
    monkeypatch.setattr("sys.executable", "/aircher-tests-none/python")
    done = run_cli({}, "demo")
    assert done.code == 1
    assert done.err == (
        "aircher-cli: cannot run /aircher-tests-none/python: No such file or directory. Install "
        "aircher again\n"
    )
