"""The socket's file on HOST, at the address where clients look for a daemon.

It is claimed as a daemon does it: with a lock beside it, which no daemon can take meanwhile. The
lock's file names our process, so that clients know which one may answer; a fourth and a fifth line
say that it is a forward, from where, and which one. The file of a killed forward is taken over; one
that is in use is not.
"""

import errno
import fcntl
import os
import signal
import socket
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from aircher_client.lock_holder import FORWARD, forward_origin, read_lines, read_lock_holder
from aircher_wire import address
from aircher_wire.directories import failure_reason, make_private_directory
from aircher_wire.forward_record import Forward, write_record

BACKLOG = 512
PREDECESSOR_SECONDS = 5.0
"""For the earlier end of the same forward to go: its ssh is dead, which it may not know yet."""
POLL_SECONDS = 0.05


class Refused(Exception):
    """The socket cannot be claimed; the message is for the user, who is at another machine."""


class Claim:
    """A listening socket, its file and its lock, until `release`."""

    def __init__(self, path: Path, sock: socket.socket, lock: int) -> None:
        self.path = path
        self.sock = sock
        self._lock = lock
        self._identity = _identity(path)

    def is_displaced(self) -> bool:
        """Tell whether the file was removed or replaced: no client can connect then."""
        return _identity(self.path) != self._identity

    def release(self) -> None:
        """Remove the file if it is still ours, and give the lock back. Idempotent.

        The lock's file is emptied: what listens here later may be ssh itself, which writes none.
        """
        if self._identity is None:
            return
        if not self.is_displaced():
            self.path.unlink(missing_ok=True)
        self._identity = None
        self.sock.close()
        os.ftruncate(self._lock, 0)
        os.close(self._lock)

    def __repr__(self) -> str:
        return f"<Claim of {self.path}>"


def claim(environ: Mapping[str, str], path: Path, forward: Forward, token: str) -> Claim:
    """Return a listening socket at `path`, for clients of this user only.

    An earlier forward with the same `token` has to go.

    Raises:
        Refused: it is in use, or cannot be made.
    """
    try:
        address.check_length(path)
        make_private_directory(path.parent)
        address.check_directory(path.parent, os.getuid())
    except address.AddressError as error:
        raise Refused(_unsuitable(error, environ, path)) from None
    except OSError as error:
        reason = failure_reason(path.parent, error, os.getuid())
        raise Refused(f"cannot create {path.parent}: {reason}") from None
    lock = _lock(path, token)
    try:
        _remove_stale(path)
        _write_holder(lock, path, forward.origin, token)
        made = Claim(path, _listen(path), lock)
    except BaseException:
        os.close(lock)
        raise
    # A full disk is no reason to refuse: clients then start a daemon after the end, as ever.
    with suppress(OSError):
        write_record(environ, str(path), forward)
    return made


def _unsuitable(error: address.AddressError, environ: Mapping[str, str], path: Path) -> str:
    """Return what is wrong; another folder than aircher's own is not for it to be closed."""
    what, cure, _ = str(error).partition(": run chmod ")
    if not cure or path.parent == address.socket_path(environ).parent:
        return str(error)
    return f"{what}: use --as with a path in a folder of yours alone"


def _lock(path: Path, token: str) -> int:
    file = path.with_name(path.name + ".lock")
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        lock = os.open(file, flags, 0o600)
    except OSError as error:
        raise Refused(f"cannot open {file}: {error.strerror}") from None
    until = time.monotonic() + PREDECESSOR_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                os.close(lock)
                raise Refused(f"cannot lock {file}: {error.strerror}") from None
            if not _tell_predecessor(file, token) or time.monotonic() >= until:
                os.close(lock)
                raise Refused(_in_use(file, path)) from None
            time.sleep(POLL_SECONDS)
        else:
            return lock


def _tell_predecessor(file: Path, token: str) -> bool:
    """Tell the earlier end of the same forward to go; return whether it is that which is there."""
    holder = read_lock_holder(file)
    if holder is None or not token or read_lines(file)[4:5] != [token]:
        return False
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(holder.pid, signal.SIGTERM)
    return True


def _in_use(file: Path, path: Path) -> str:
    holder = read_lock_holder(file)
    who = f"process {holder.pid}" if holder else "another process"
    origin = forward_origin(file)
    if origin is not None:
        what = f"another forward from {origin} ({who}) has {path}. End that one, or use --as PATH"
    else:
        what = (
            f"a daemon runs there ({who}) and has {path}: stop it there (aircher-cli daemon stop), "
            "or leave it, and use --as PATH"
        )
    return what


def _write_holder(lock: int, path: Path, origin: str, token: str) -> None:
    lines = (str(os.getpid()), str(path), "", f"{FORWARD}{origin}", token)
    # On a full disk clients check less.
    with suppress(OSError):
        os.ftruncate(lock, 0)
        os.write(lock, ("\n".join(lines) + "\n").encode(errors="surrogateescape"))


def _remove_stale(path: Path) -> None:
    """Remove the file of a killed forward or daemon: we hold the lock, so it is of none that runs.

    Raises:
        Refused: another program listens there, such as systemd, or something else is in the way.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise Refused(f"{path} is in the way, and is not a socket: move it away there")
    # Of another type, so that it is not a connection: for one, systemd would start a service.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                raise Refused(f"cannot tell whether {path} is in use: {error.strerror}") from None
    raise Refused(
        f"another program listens at {path}: ssh with a RemoteForward, or systemd for a daemon "
        "there. End that, or use --as PATH"
    )


def _listen(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(os.fspath(path))
        # No client can connect before listen(), and the directory has mode 0700.
        path.chmod(0o600)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise Refused(f"cannot listen at {path}: {error.strerror}") from None
    return sock


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
