"""The process of a client: real processes, their programs and scripts."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aircherd.access import peer as peer_module
from aircherd.access.peer import Peer


@contextmanager
def running(*command: str, cwd: Path | None = None) -> Iterator[Peer]:
    """Run a command; yield its process as a peer that has just connected."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=cwd) as process:
        try:
            yield Peer(process.pid, os.getuid())
        finally:
            process.kill()


def waits_for_exec(peer: Peer, argument: str) -> None:
    """Wait until the process runs its program, with this argument."""
    while argument.encode() not in Path(f"/proc/{peer.pid}/cmdline").read_bytes().split(b"\0"):
        time.sleep(0.01)


def test_an_executable() -> None:
    """Its path has no links, and the name on the command line does not matter."""
    with running("sleep", "60") as peer:
        waits_for_exec(peer, "60")
        path = os.path.realpath("/bin/sleep")
        assert (peer.program, peer.script, peer.runs("/bin/sleep")) == (path, None, True)
        assert not peer.runs("/bin/cat")


@pytest.mark.parametrize("options", [(), ("-I", "-B")])
def test_a_script_of_an_interpreter(tmp_path: Path, options: tuple[str, ...]) -> None:
    """It is the first argument that is a file; relative to its working directory."""
    (tmp_path / "tool").write_text("input()")
    with running(sys.executable, *options, "tool", "--flag", cwd=tmp_path) as peer:
        waits_for_exec(peer, "--flag")
        assert peer.script == str(tmp_path / "tool")
        assert (peer.runs(str(tmp_path / "tool")), peer.runs(sys.executable)) == (True, True)


def test_an_interpreter_without_a_script() -> None:
    """Such as `python -c`."""
    with running(sys.executable, "-c", "input()") as peer:
        waits_for_exec(peer, "input()")
        assert peer.script is None


def test_a_process_that_is_gone() -> None:
    """Nothing is known of it, so it is no program."""
    with running("sleep", "60") as peer:
        pass
    assert (peer.program, peer.script, peer.started_at) == (None, None, None)
    assert not peer.runs("/bin/sleep")


def test_a_later_process_with_the_same_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """It started after the connection: it is not the client."""
    monkeypatch.setattr(peer_module, "_uptime", lambda: 1.0)
    with running("sleep", "60") as peer:
        waits_for_exec(peer, "60")
        assert (peer.program, peer.started_at) == (None, None)


def test_the_start_of_a_process() -> None:
    """As a Unix time."""
    peer = Peer(os.getpid(), os.getuid())
    assert peer.started_at is not None
    assert peer.since - 86_400 < peer.started_at <= peer.since


def test_a_process_of_another_container() -> None:
    """The kernel gives it no number here."""
    assert Peer(0, os.getuid()).program is None
