"""`aircher-cli daemon stop`."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aircher_cli.commands.daemon import lifecycle
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, Session
from helpers.systemd.fake_systemctl import FakeSystemctl


def test_it_waits_until_the_process_is_gone(daemon: CliDaemon) -> None:
    """The command returns when the daemon has left, not when it promised to."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    def shutdown(session: Session, msgid: int, params: Map) -> object:
        threading.Timer(0.1, child.communicate, (b"\n",)).start()
        return {}

    daemon.answers["status"] = {"pid": child.pid, "requests": {"active": 1}}
    daemon.answers["shutdown"] = shutdown
    outcome = run_cli(daemon.environ, "daemon", "stop")
    ended = child.wait(timeout=20)
    assert (outcome.code, outcome.out) == (0, f"✓ aircherd (process {child.pid}) has stopped\n")
    assert (ended, daemon.methods) == (0, ["status", "shutdown"])


def test_one_that_does_not_leave(daemon: CliDaemon) -> None:
    """After the timeout it says what is still going on; exit code 1."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        daemon.answers["status"] = {"pid": child.pid, "requests": {"active": 2}}
        daemon.answers["shutdown"] = {}
        outcome = run_cli(daemon.environ, "daemon", "stop", "--timeout", "0.05")
        child.communicate(b"\n")
    assert outcome.code == 1
    assert f"(process {child.pid}) to finish 2 requests after 0.05 s" in outcome.err


def test_none_runs(daemon: CliDaemon) -> None:
    """That there is none is what was wanted."""
    environ = {**daemon.environ, "AIRCHER_SOCKET": str(daemon.home / "run" / "none.sock")}
    outcome = run_cli(environ, "daemon", "stop")
    assert (outcome.code, outcome.out) == (0, "aircherd is not running\n")
    outcome = run_cli(environ, "daemon", "stop", "--json")
    assert json.loads(outcome.out) == {"stopped": False, "pid": None, "listening": False}


def test_an_unsafe_directory_is_not_taken_for_a_daemon_that_stopped(daemon: CliDaemon) -> None:
    """A socket's directory that is open to others is reported, with exit code 3."""
    daemon.path.parent.chmod(0o755)
    outcome = run_cli(daemon.environ, "daemon", "stop")
    assert (outcome.code, outcome.out) == (3, "")
    assert "open to other users" in outcome.err


def test_systemd_starts_it_again(tmp_path: Path) -> None:
    """With a service the socket goes on listening, and the output says how to stop that, too."""
    systemctl = FakeSystemctl(tmp_path / "fake")
    assert run_cli(systemctl.environ, "daemon", "install", "--no-start").code == 0
    systemctl.make_socket()
    pid = 2**22 + 1  # larger than any process id, so it is gone
    systemctl.answer({"show aircherd.service": (0, f"MainPID={pid}"), "is-active": (0, "active")})
    outcome = run_cli(systemctl.environ, "daemon", "stop")
    assert (outcome.code, outcome.out) == (0, f"✓ aircherd (process {pid}) has stopped\n")
    assert "starts the daemon with the next request" in outcome.err
    assert "stop --no-block aircherd.service" in systemctl.calls
    outcome = run_cli(systemctl.environ, "daemon", "stop", "--json")
    assert json.loads(outcome.out)["listening"] is True


def test_a_daemon_that_cannot_answer_gets_a_signal(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example because its installation is gone, or because it is of an earlier version."""
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(lifecycle, "_signal", lambda pid: signals.append((pid, 15)))
    monkeypatch.setattr(lifecycle, "is_gone", lambda pid: True)
    daemon.answers["status"] = _refuse("internal")
    outcome = run_cli(daemon.environ, "daemon", "stop")
    own = os.getpid()  # the fake daemon is served by this process
    assert (outcome.code, outcome.out) == (0, f"✓ aircherd (process {own}) has stopped\n")
    assert signals == [(own, 15)]


@pytest.mark.parametrize(("options", "expected"), [((), 0), (("--now",), 1)])
def test_a_daemon_that_drains_gets_a_signal_only_with_now(
    daemon: CliDaemon,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    expected: int,
) -> None:
    """A second signal ends its requests."""
    signals: list[int] = []
    monkeypatch.setattr(lifecycle, "_signal", signals.append)
    monkeypatch.setattr(lifecycle, "is_gone", lambda pid: True)
    daemon.answers["status"] = _refuse("shutting_down")
    assert run_cli(daemon.environ, "daemon", "stop", *options).code == 0
    assert signals == [os.getpid()] * expected


def _refuse(code: str) -> object:
    def answer(session: Session, msgid: int, params: Map) -> object:
        raise Refusal(code, "no")

    return answer
