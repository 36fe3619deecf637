"""A process that is not in the lock file: the holder in a container, an old daemon, a squatter."""

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_client.errors import DaemonUnreachable
from aircher_client.impostor import is_holder


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "aircher.sock")


def hold(path: str, pid: int) -> int:
    """Write and hold the lock of a socket; return its descriptor."""
    descriptor = os.open(path + ".lock", os.O_RDWR | os.O_CREAT)
    os.write(descriptor, f"{pid}\n{path}\n".encode())
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def test_a_daemon_in_a_container(path: str) -> None:
    """Its own process id is another one; the kernel says who holds the lock."""
    descriptor = hold(path, 7)
    assert is_holder(os.getpid(), path)
    os.close(descriptor)
    with pytest.raises(DaemonUnreachable):
        is_holder(os.getpid(), path)


def test_a_process_that_has_just_ended(path: str) -> None:
    """It was the daemon before the one in the lock file: the client connects again."""
    os.close(hold(path, os.getpid()))
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert not is_holder(ended.pid, path)


def test_the_lock_file_changes_meanwhile(path: str) -> None:
    """A daemon that starts writes it."""
    os.close(hold(path, os.getpid()))
    as_holder = is_holder(os.getpid(), path)
    Path(path + ".lock").write_text(f"1\n{path}\n{os.getpid()}\n")
    as_listener = is_holder(os.getpid(), path)
    Path(path + ".lock").write_text("")
    as_nothing = is_holder(os.getpid(), path)
    assert (as_holder, as_listener, as_nothing) == (True, True, False)


def test_another_process_holds_the_lock(path: str) -> None:
    """The message has both processes, and says how to get the daemon back."""
    descriptor = hold(path, os.getpid())
    with subprocess.Popen(["sleep", "60"]) as other:
        with pytest.raises(DaemonUnreachable) as caught:
            is_holder(other.pid, path)
        other.kill()
    os.close(descriptor)
    message = caught.value.message
    assert re.match(rf"process {other.pid} \(.*sleep\) answers at {path}", message)
    assert f"aircherd, which runs as process {os.getpid()}: nothing was sent" in message
    assert message.endswith("then run 'aircher-cli daemon restart'")
