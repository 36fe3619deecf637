"""Autostart: the client starts a daemon where none answers, and explains every failure."""

import fcntl
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from aircher_client import Client, DaemonUnreachable, autostart
from aircher_client.autostart import _Action, _next_action, _Progress
from aircher_client.connection import try_connect
from aircher_client.lock_holder import LockHolder
from aircher_wire import address
from helpers.daemon.fake_daemon import FakeDaemon

FAKE = Path(__file__).parents[2] / "helpers" / "daemon" / "fake_aircherd.py"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "AIRCHER_SOCKET": str(tmp_path / "run" / "a.sock"),
        "NOTIFY_SOCKET": "/not/ours",
    }


def connect(environ: dict[str, str], behaviour: str, timeout: float = 20.0) -> Client:
    return Client.connect(environ, command=[sys.executable, str(FAKE), behaviour], timeout=timeout)


def log_of(environ: dict[str, str]) -> Path:
    return Path(environ["HOME"]) / ".local/state/aircher/aircherd.log"


def test_a_daemon_is_started_detached(environ: dict[str, str]) -> None:
    """It runs in its own session and in /, without our terminal or supervisor, and writes a log."""
    with connect(environ, "serve") as client:
        status = client.call("status")
        client.call("shutdown")
    assert status["session"] == status["pid"] != os.getpid()
    assert (status["cwd"], status["stdin"]) == ("/", "/dev/null")
    assert status["environ"]["AIRCHER_STARTED_BY"] == "client"
    assert "NOTIFY_SOCKET" not in status["environ"]
    log = log_of(environ)
    assert log.read_text() == "serving\n"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (log, log.parent)]
    assert modes == [0o600, 0o700]


def test_the_started_daemon_serves_the_next_client(environ: dict[str, str]) -> None:
    """The daemon outlives the client that started it, and no second one is started."""
    with connect(environ, "serve") as client:
        pid = client.call("status")["pid"]
    with connect(environ, "fail") as client:
        assert client.call("status")["pid"] == pid
        client.call("shutdown")


def test_a_daemon_that_exits(environ: dict[str, str]) -> None:
    """The error has the exit code, the path of the log and its plain lines."""
    with pytest.raises(DaemonUnreachable) as caught:
        connect(environ, "fail")
    assert caught.value.message.splitlines() == [
        f"aircherd could not start (exit code 1); its log is {log_of(environ)}",
        "aircherd: the roof is on fire",
    ]


def test_only_new_log_lines_are_shown(environ: dict[str, str]) -> None:
    """Lines that an earlier daemon wrote are not repeated."""
    with pytest.raises(DaemonUnreachable):
        connect(environ, "fail")
    with pytest.raises(DaemonUnreachable) as caught:
        connect(environ, "fail")
    assert caught.value.message.count("roof") == 1
    assert log_of(environ).read_text().count("roof") == 2


def test_a_daemon_that_is_killed(environ: dict[str, str]) -> None:
    """The error names the signal."""
    with pytest.raises(DaemonUnreachable, match="was killed by signal 9"):
        connect(environ, "crash")


def test_a_daemon_that_is_never_ready(environ: dict[str, str]) -> None:
    """The wait ends at the deadline, and the error has the last lines of the log."""
    with pytest.raises(DaemonUnreachable, match=r"does not answer after 3 s.*\n\d+") as caught:
        connect(environ, "hang", timeout=3.0)
    pid = re.search(r"\n(\d+)$", caught.value.message)
    assert pid is not None
    os.kill(int(pid[1]), signal.SIGKILL)


def test_losing_a_race_is_not_a_failure(environ: dict[str, str]) -> None:
    """A daemon that finds the locks taken exits, and the client connects to the winner."""
    daemon: list[FakeDaemon] = []
    attempts = iter(range(1000))

    def poll() -> socket.socket | None:
        if next(attempts) == 30:  # the winner is ready long after the loser has gone
            daemon.append(FakeDaemon(Path(environ["AIRCHER_SOCKET"])))
        return try_connect(environ["AIRCHER_SOCKET"])

    command = [sys.executable, str(FAKE), "taken"]
    found = autostart.start(environ, poll, timeout=20, command=command)
    found.close()
    daemon[0].close()
    daemon[0].join()


def test_the_next_daemon_is_started_when_the_old_one_has_gone(environ: dict[str, str]) -> None:
    """Once a draining daemon has released its locks, another start succeeds."""
    with connect(environ, "taken-first") as client:
        assert client.call("ping") == {}
        client.call("shutdown")


def test_locks_held_by_an_unknown_process(environ: dict[str, str]) -> None:
    """At the deadline the error has the log lines of the failed starts, each once."""
    with pytest.raises(DaemonUnreachable) as caught:
        connect(environ, "taken", timeout=3.0)
    headline, *details = caught.value.message.splitlines()
    assert headline.startswith("another aircherd holds the locks, but none answers at ")
    assert details == ["aircherd: another aircherd is running"]
    assert log_of(environ).read_text().count("another") > 1


def write_lock(environ: dict[str, str], pid: int, socket: str) -> None:
    lock = address.data_directory(environ) / "aircherd.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"{pid}\n{socket}\n")


def test_a_daemon_at_another_socket_is_not_waited_for(environ: dict[str, str]) -> None:
    """One start is enough; the error names the process, the socket and what to do, in one line."""
    write_lock(environ, os.getpid(), "/elsewhere/a.sock")
    with pytest.raises(DaemonUnreachable) as caught:
        connect(environ, "taken", timeout=20.0)
    assert caught.value.message == (
        f"another aircherd (process {os.getpid()}) holds your keys and serves /elsewhere/a.sock, "
        f"not {environ['AIRCHER_SOCKET']}: set AIRCHER_SOCKET=/elsewhere/a.sock, or use the same "
        "XDG_RUNTIME_DIR. 'aircher-cli daemon restart' starts one here instead"
    )
    assert log_of(environ).read_text() == "aircherd: another aircherd is running\n"


def test_a_daemon_that_drains_for_long(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the old process lives, no other is started; at the deadline the error names it."""
    monkeypatch.setattr(autostart, "DRAIN_WAIT", 0.0)
    write_lock(environ, os.getpid(), environ["AIRCHER_SOCKET"])
    with pytest.raises(DaemonUnreachable) as caught:
        connect(environ, "taken", timeout=3.0)
    assert (
        f"after 3 s: process {os.getpid()} is still finishing its requests" in caught.value.message
    )
    assert log_of(environ).read_text() == "aircherd: another aircherd is running\n"


def test_a_draining_daemon_gets_more_time_than_a_start(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence for the user says what is waited for, once."""
    monkeypatch.setattr(autostart, "NOTICE_AFTER", 0.0)
    write_lock(environ, os.getpid(), environ["AIRCHER_SOCKET"])
    notes: list[str] = []
    polls = iter(range(10_000))
    began = time.monotonic()
    daemon: list[FakeDaemon] = []

    def poll() -> socket.socket | None:
        if next(polls) and not daemon and time.monotonic() - began > 1.0:  # after the timeout
            daemon.append(FakeDaemon(Path(environ["AIRCHER_SOCKET"])))
        return try_connect(environ["AIRCHER_SOCKET"])

    command = [sys.executable, str(FAKE), "taken"]
    found = autostart.start(environ, poll, timeout=0.5, command=command, on_wait=notes.append)
    found.close()
    daemon[0].close()
    daemon[0].join()
    assert notes == [f"waiting for aircherd (process {os.getpid()}) to finish its requests"]


def test_the_end_of_a_draining_daemon_is_waited_for(environ: dict[str, str]) -> None:
    """The next daemon is started when the old process has gone, not before."""
    old = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    write_lock(environ, old.pid, environ["AIRCHER_SOCKET"])
    marker = Path(environ["HOME"]) / "was-here"
    logs: list[str] = []

    def poll() -> socket.socket | None:
        if marker.exists() and len(logs) < 60:  # several times the pause between two starts
            logs.append(log_of(environ).read_text())
            if len(logs) == 60:
                old.communicate(b"\n")
        return try_connect(environ["AIRCHER_SOCKET"])

    command = [sys.executable, str(FAKE), "taken-first"]
    found = autostart.start(environ, poll, timeout=20, command=command)
    found.close()
    assert logs[-1] == "aircherd: another aircherd is running\n"
    with connect(environ, "fail") as client:
        client.call("shutdown")


HERE = LockHolder(7, "/a.sock")


@pytest.mark.parametrize(
    ("progress", "now", "expected"),
    [
        (_Progress(None), 1.0, _Action.WAIT),
        (_Progress(None), 9.0, _Action.GIVE_UP),
        (_Progress(0), 1.0, _Action.GIVE_UP),
        (_Progress(1), 1.0, _Action.GIVE_UP),
        (_Progress(-9), 1.0, _Action.GIVE_UP),
        (_Progress(3), 1.0, _Action.WAIT),
        (_Progress(3), 1.3, _Action.RESTART),
        (_Progress(3), 9.0, _Action.GIVE_UP),
        (_Progress(3, HERE), 1.3, _Action.WAIT),
        (_Progress(3, HERE), 9.0, _Action.GIVE_UP),
        (_Progress(3, HERE, is_elsewhere=True), 1.0, _Action.GIVE_UP),
    ],
)
def test_next_action(progress: _Progress, now: float, expected: _Action) -> None:
    """It follows from the child's exit code, from who holds the locks, and from the time."""
    assert _next_action(progress, now, started_at=1.0, deadline=9.0) is expected


def test_a_command_that_does_not_exist(environ: dict[str, str], tmp_path: Path) -> None:
    """The error names the command."""
    missing = str(tmp_path / "no-such-command")
    with pytest.raises(DaemonUnreachable, match=rf"cannot run {missing}: No such file"):
        Client.connect(environ, command=[missing])


def test_a_log_that_cannot_be_written(environ: dict[str, str], tmp_path: Path) -> None:
    """A daemon whose log cannot be written is not started."""
    (tmp_path / ".local").touch()
    with pytest.raises(DaemonUnreachable, match=r"its log .* cannot be written"):
        connect(environ, "serve")


def test_a_long_log_is_rotated(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A log does not grow forever."""
    monkeypatch.setattr(autostart, "LOG_LIMIT", 5)
    log = log_of(environ)
    for _ in range(2):
        with pytest.raises(DaemonUnreachable):
            connect(environ, "crash")
        log.write_text("a long log")
    with pytest.raises(DaemonUnreachable):
        connect(environ, "crash")
    assert (log.read_text(), log.with_name("aircherd.log.1").read_text()) == ("", "a long log")


def test_a_log_that_is_a_symlink(environ: dict[str, str], tmp_path: Path) -> None:
    """Nothing is written through a planted link."""
    log = log_of(environ)
    log.parent.mkdir(parents=True)
    log.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DaemonUnreachable, match="cannot be written"):
        connect(environ, "serve")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("word", ["0", "no", "off", "FALSE"])
def test_autostart_can_be_switched_off(word: str) -> None:
    """The usual words for "no" are understood; any other value means yes."""
    assert not autostart.is_enabled({"AIRCHER_AUTOSTART": word})
    assert autostart.is_enabled({"AIRCHER_AUTOSTART": "1"})
    assert autostart.is_enabled({})


def test_relative_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon runs in /, so paths relative to the working directory must be resolved."""
    monkeypatch.chdir(tmp_path)
    made = autostart.daemon_environment({"AIRCHER_SOCKET": "a.sock", "AIRCHER_HOME": "h", "X": "y"})
    assert made == {
        "AIRCHER_SOCKET": f"{tmp_path}/a.sock",
        "AIRCHER_HOME": f"{tmp_path}/h",
        "AIRCHER_STARTED_BY": "client",
        "X": "y",
    }


def test_many_clients_start_one_daemon_at_a_time(environ: dict[str, str]) -> None:
    """The others wait for it: many starts would take the machine's time from the one that wins."""
    threads = [threading.Thread(target=_use_and_leave, args=(environ,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert log_of(environ).read_text() == "serving\n"
    with connect(environ, "fail") as client:
        client.call("shutdown")


def _use_and_leave(environ: dict[str, str]) -> None:
    with connect(environ, "serve") as client:
        client.call("ping")


def test_no_daemon_is_started_while_an_old_one_drains(environ: dict[str, str]) -> None:
    """Its lock is held: a start would only find that out."""
    write_lock(environ, os.getpid(), environ["AIRCHER_SOCKET"])
    polls = iter(range(10_000))
    with (address.data_directory(environ) / "aircherd.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def poll() -> socket.socket | None:
            if next(polls) == 50:
                assert log_of(environ).read_text() == ""
                fcntl.flock(lock, fcntl.LOCK_UN)
            return try_connect(environ["AIRCHER_SOCKET"])

        command = [sys.executable, str(FAKE), "serve"]
        autostart.start(environ, poll, timeout=20, command=command).close()
    assert log_of(environ).read_text() == "serving\n"
    with connect(environ, "fail") as client:
        client.call("shutdown")
