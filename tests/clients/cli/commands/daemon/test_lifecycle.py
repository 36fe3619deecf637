"""What the `daemon` commands share."""

import pytest

from aircher_cli.commands.daemon.lifecycle import is_running, wait_until
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import CliDaemon


class Clock:
    """Time that passes only in `sleep`."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("needs", "expected"), [(0.0, ""), (0.9, ""), (1.5, "waiting for X\n")])
def test_a_long_wait_is_reported_once(needs: float, expected: str) -> None:
    """After a second, and not before, it says what it waits for."""
    clock, err = Clock(), Stream()
    wait_until(
        lambda: clock.now >= needs,
        Console(None, err, {}),
        timeout=5,
        waiting="waiting for X",
        clock=clock,
        sleep=clock.sleep,
    )
    assert expected == err.text


def test_a_wait_ends() -> None:
    """After the timeout it is a failure that says so."""
    clock = Clock()
    with pytest.raises(CommandFailed, match="still waiting for X after 3 s"):
        wait_until(
            lambda: False,
            Console(None, None, {}),
            timeout=3,
            waiting="waiting for X",
            clock=clock,
            sleep=clock.sleep,
        )
    assert 3 <= clock.now < 3.1


def test_is_running(daemon: CliDaemon) -> None:
    """A socket that accepts connections is a daemon; none is started to find out."""

    def context(name: str) -> Context:
        environ = {**daemon.environ, "AIRCHER_SOCKET": str(daemon.home / "run" / name)}
        return Context(Console(None, None, {}), environ, None)

    assert is_running(context("aircher.sock"))
    assert not is_running(context("other.sock"))
