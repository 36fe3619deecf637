"""Commands that change the service take turns."""

from pathlib import Path

import pytest

from aircher_cli.console import Console
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service.one_at_a_time import one_at_a_time


@pytest.fixture
def console() -> Console:
    return Console(None, None, {})


def test_the_second_waits_for_the_first(tmp_path: Path, console: Console) -> None:
    """It gives up after its timeout, and has its turn when the first has ended."""
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with (
        one_at_a_time(environ, console, timeout=1),
        pytest.raises(CommandFailed, match="still waiting for another aircher-cli"),
        one_at_a_time(environ, console, timeout=0),
    ):
        pass
    with one_at_a_time(environ, console, timeout=0):
        pass
    assert list(tmp_path.iterdir()) == []


def test_without_a_runtime_directory_nothing_is_locked(tmp_path: Path, console: Console) -> None:
    """Then there is no systemd either."""
    environ = {"XDG_RUNTIME_DIR": str(tmp_path / "none")}
    with one_at_a_time(environ, console, timeout=0), one_at_a_time(environ, console, timeout=0):
        pass
