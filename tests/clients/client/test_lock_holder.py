"""The holder of the locks: what the lock files contain, and whether that process lives."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_client.lock_holder import (
    LockHolder,
    explain_elsewhere,
    find_draining_daemon,
    find_lock_holder,
    is_gone,
    read_lock_holder,
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".local/share/aircher").mkdir(parents=True)
    return {"HOME": str(tmp_path), "AIRCHER_SOCKET": str(tmp_path / "a.sock")}


def gone() -> int:
    """Return the id of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"7\n/run/a.sock\n", LockHolder(7, "/run/a.sock")),
        (b"7\n/run/a b\xff.sock\n", LockHolder(7, "/run/a b\udcff.sock")),
        (b"7\n/run/a.sock\n9\n", LockHolder(7, "/run/a.sock", 9)),
        (b"", None),
        (b"7\n", None),
        (b"0\n/run/a.sock\n", None),
        (b"-1\n/run/a.sock\n", None),
        (b"noise\n/run/a.sock\n", None),
        (b"/run/a.sock", None),
    ],
)
def test_parse_a_lock_file(tmp_path: Path, content: bytes, expected: LockHolder | None) -> None:
    """It has a process id and a socket; an incomplete one gives None."""
    (tmp_path / "lock").write_bytes(content)
    assert expected == read_lock_holder(tmp_path / "lock")


def test_a_lock_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder and a planted link give None."""
    (tmp_path / "lock").write_text("7\n/run/a.sock\n")
    (tmp_path / "link").symlink_to(tmp_path / "lock")
    assert [read_lock_holder(tmp_path / name) for name in ("none", "", "link")] == [
        None,
        None,
        None,
    ]


def test_the_socket_s_lock_comes_first(environ: dict[str, str], tmp_path: Path) -> None:
    """Both files are read; that of the data counts if no live process holds the other."""
    ours, other = str(os.getpid()), str(os.getppid())
    socket_lock, data_lock = (
        tmp_path / "a.sock.lock",
        tmp_path / ".local/share/aircher/aircherd.lock",
    )
    data_lock.write_text(f"{other}\n/b.sock\n")
    assert find_lock_holder(environ) == LockHolder(os.getppid(), "/b.sock")
    socket_lock.write_text(f"{ours}\n{tmp_path}/a.sock\n")
    assert find_lock_holder(environ) == LockHolder(os.getpid(), f"{tmp_path}/a.sock")
    socket_lock.write_text(f"{gone()}\n{tmp_path}/a.sock\n")
    assert find_lock_holder(environ) == LockHolder(os.getppid(), "/b.sock")


def test_a_lock_file_of_an_ended_process(environ: dict[str, str], tmp_path: Path) -> None:
    """Lock files outlive their daemons."""
    (tmp_path / "a.sock.lock").write_text(f"{gone()}\n{tmp_path}/a.sock\n")
    assert find_lock_holder(environ) is None


def test_the_same_socket_by_two_names(tmp_path: Path) -> None:
    """A directory reached through a link is the same directory."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    holder = LockHolder(7, f"{tmp_path}/real/a.sock")
    served = [holder.serves(f"{tmp_path}/{name}/a.sock") for name in ("real", "link", "other")]
    assert served == [True, True, False]


def test_is_gone() -> None:
    """An ended process is gone even before its parent has waited for it."""
    assert not is_gone(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert is_gone(child.pid)
    child.wait()
    assert is_gone(child.pid)
    assert is_gone(10**30)  # no number of a process at all


def test_a_draining_daemon_holds_its_lock(environ: dict[str, str], tmp_path: Path) -> None:
    """Without the lock the process id may be that of any program by now."""
    lock = tmp_path / "a.sock.lock"
    lock.write_text(f"{os.getpid()}\n{tmp_path}/a.sock\n")
    assert find_draining_daemon(environ) is None
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert find_draining_daemon(environ) == LockHolder(os.getpid(), f"{tmp_path}/a.sock")
        lock.write_text(f"{gone()}\n{tmp_path}/a.sock\n")
        assert find_draining_daemon(environ) is None


def test_a_daemon_at_another_socket_is_explained() -> None:
    """The message has both sockets, and a variable to paste."""
    text = explain_elsewhere(LockHolder(7, "/there/a.sock"), "/here/a.sock")
    assert "(process 7) holds your keys and serves /there/a.sock, not /here/a.sock" in text
    assert "set AIRCHER_SOCKET=/there/a.sock, or" in text
