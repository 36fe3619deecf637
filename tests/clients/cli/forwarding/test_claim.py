"""The socket's file on HOST: claimed, taken over, refused, and removed."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_cli.forwarding.claim import Refused, claim
from aircher_client.lock_holder import read_lock_holder
from aircher_wire.forward_record import Forward, read_record
from aircherd.files.data_lock import AlreadyRunning
from aircherd.ipc.socket_file import claim_socket

LAPTOP = Forward("laptop", "buildbox")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user's environment without a configuration."""
    return {"HOME": str(tmp_path)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the socket is to be; the folder does not exist yet."""
    return tmp_path / "run" / "a.sock"


def connects(path: Path) -> bool:
    """Tell whether a process listens."""
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(str(path))
        except OSError:
            return False
        return True


def test_a_claim_is_private_and_removed(environ: dict[str, str], path: Path) -> None:
    """The lock names our process; the record of the forward stays."""
    made = claim(environ, path, LAPTOP, "t")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    holder = read_lock_holder(path.with_name("a.sock.lock"))
    assert holder is not None
    assert (holder.pid, holder.socket, connects(path)) == (os.getpid(), str(path), True)

    made.release()
    made.release()

    assert not path.exists()
    assert read_lock_holder(path.with_name("a.sock.lock")) is None
    assert read_record(environ, str(path)) == LAPTOP


def test_no_daemon_starts_while_it_is_claimed(environ: dict[str, str], path: Path) -> None:
    """Nor is the socket of one that runs taken."""
    made = claim(environ, path, LAPTOP, "t")
    with pytest.raises(AlreadyRunning), claim_socket(path, path.parent / "data"):
        pass
    made.release()

    with claim_socket(path, path.parent / "data"):
        with pytest.raises(Refused, match="a daemon runs there"):
            claim(environ, path, LAPTOP, "t")
        assert connects(path)


def test_a_live_forward_is_refused(environ: dict[str, str], path: Path) -> None:
    """The message says whose it is."""
    made = claim(environ, path, LAPTOP, "t")
    with pytest.raises(Refused, match="another forward from laptop"):
        claim(environ, path, Forward("other", "box"), "u")
    made.release()


CLAIMING = """\
import os, signal, sys
from pathlib import Path
from aircher_cli.forwarding.claim import claim
from aircher_wire.forward_record import Forward
made = claim(os.environ, Path(sys.argv[1]), Forward("laptop", "box"), "t")
print("claimed", flush=True)
signal.pause()
"""


@pytest.mark.parametrize("is_killed", [True, False])
def test_an_earlier_end_is_taken_over(
    environ: dict[str, str], path: Path, *, is_killed: bool
) -> None:
    """One that was killed leaves its file; one of the same forward has to go: its ssh is dead."""
    earlier = subprocess.Popen(
        [sys.executable, "-c", CLAIMING, str(path)],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
    )
    with earlier:
        assert earlier.stdout is not None
        assert earlier.stdout.readline() == b"claimed\n"
        if is_killed:
            earlier.kill()
            earlier.wait()
            assert path.exists()
            assert not connects(path)

        made = claim(environ, path, LAPTOP, "u" if is_killed else "t")

        assert earlier.wait(20) == (-9 if is_killed else -15)
        assert connects(path)
    made.release()


def test_what_else_listens_is_left_alone(environ: dict[str, str], path: Path) -> None:
    """Such as ssh itself, or systemd; and so is a file that is no socket."""
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(Refused, match="another program listens"):
            claim(environ, path, LAPTOP, "t")
        assert connects(path)
    path.unlink()
    path.write_text("mine")
    with pytest.raises(Refused, match="not a socket"):
        claim(environ, path, LAPTOP, "t")
    assert path.read_text() == "mine"


def test_where_it_cannot_be(environ: dict[str, str], tmp_path: Path) -> None:
    """A path that is too long, and a folder that others may enter."""
    with pytest.raises(Refused, match="at most 107"):
        claim(environ, tmp_path / ("x" * 110), LAPTOP, "t")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(Refused, match="open to other users") as caught:
        claim(environ, tmp_path / "open" / "a.sock", LAPTOP, "t")
    # It may be /tmp, which must not be closed to others.
    assert ("chmod" in str(caught.value), "use --as" in str(caught.value)) == (False, True)


def test_a_removed_file_is_noticed(environ: dict[str, str], path: Path) -> None:
    """And another one at its place is not removed."""
    made = claim(environ, path, LAPTOP, "t")
    assert not made.is_displaced()
    path.unlink()
    path.write_text("another")

    assert made.is_displaced()
    made.release()
    assert path.read_text() == "another"
