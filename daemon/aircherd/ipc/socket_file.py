"""Claims the socket's path: one daemon per socket and one per data directory.

Two locks are held while the daemon runs: one next to the socket, and one in the data directory, so
that a shell with another runtime directory cannot start a second daemon on the same data. A stale
socket is removed and bound again only under both; without them this would race with another start.
"""

import errno
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from aircher_wire import address
from aircher_wire.directories import failure_reason, make_private_directory
from aircher_wire.peer import peer_of
from aircherd.files.private_directory import prepare_own_directory

BACKLOG = 512
"""Clients that may wait to be accepted: enough for a burst of editors and scripts."""


class AlreadyRunning(Exception):
    """Another daemon holds the socket or the data directory."""


class BoundSocket:
    """A listening Unix socket that knows whether it is still the one at its path.

    `is_passed` tells that the service manager has opened it, and keeps it when the daemon ends.
    """

    def __init__(self, path: Path, sock: socket.socket, *, is_passed: bool = False) -> None:
        self.path = path
        self.sock = sock
        self.is_passed = is_passed
        self._identity = _identity(path)

    def is_displaced(self) -> bool:
        """Return whether the socket file was removed or replaced: no client can connect then."""
        return _identity(self.path) != self._identity

    def remove(self) -> None:
        """Remove the file if it is still ours, and no other process listens on it."""
        if not (self.is_passed or self.is_displaced()):
            self.path.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"<BoundSocket {self.path}>"


@contextmanager
def claim_socket(
    path: Path, data_dir: Path, passed: socket.socket | None = None
) -> Iterator[BoundSocket]:
    """Hold both locks and a listening socket at `path` with mode 0600 inside the context.

    `passed` is a socket that the service manager has opened there; the caller closes it.

    Raises:
        AlreadyRunning: another daemon runs; the message has its process and socket.
        AddressError: the path is too long, or a directory is not safe or cannot be created.
        OSError: the socket cannot be bound.
    """
    uid = os.getuid()
    address.check_length(path)
    _prepare_runtime(path.parent, uid)
    prepare_own_directory(data_dir, uid)
    with ExitStack() as stack:
        owner = _lock_text(path, passed)
        stack.enter_context(_hold_lock(path.with_name(path.name + ".lock"), owner))
        stack.enter_context(_hold_lock(data_dir / "aircherd.lock", owner))
        if passed is None:
            _remove_stale_socket(path)
            bound = BoundSocket(path, stack.enter_context(_open_listener(path)))
        else:
            bound = BoundSocket(path, passed, is_passed=True)
        try:
            yield bound
        finally:
            bound.remove()


def _prepare_runtime(directory: Path, uid: int) -> None:
    try:
        make_private_directory(directory)
    except OSError as error:
        reason = failure_reason(directory, error, uid)
        raise address.AddressError(f"cannot create {directory}: {reason}") from None
    address.check_directory(directory, uid)


def _lock_text(path: Path, passed: socket.socket | None) -> bytes:
    """Return what the lock files say: our process, our socket, and the process that opened it."""
    lines = [str(os.getpid()), str(path)]
    if passed is not None:
        # Of a listening socket, the kernel tells who called `listen`: clients see that process.
        lines.append(str(peer_of(passed)[0]))
    return ("\n".join(lines) + "\n").encode(errors="surrogateescape")


@contextmanager
def _hold_lock(lock_file: Path, text: bytes) -> Iterator[None]:
    # O_NOFOLLOW: a planted symlink must not redirect the write to another file.
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(lock_file, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise AlreadyRunning(_running_message(descriptor, lock_file)) from None
        # A full disk is not an error: clients then check less.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text)
        yield
    finally:
        # Closing releases the lock. The file stays: if it were removed, two daemons could lock two
        # different files.
        os.close(descriptor)


def _running_message(descriptor: int, lock_file: Path) -> str:
    text = os.pread(descriptor, 4096, 0).decode(errors="replace")
    pid, where = (*text.split("\n"), "")[:2]
    where = where or "an unknown socket"
    return (
        f"another aircherd is running (process {pid or 'unknown'}, socket {where}); it holds "
        f"{lock_file}. Use it (AIRCHER_SOCKET={where}) or stop it: aircher-cli daemon stop"
    )


def _remove_stale_socket(path: Path) -> None:
    """Remove the socket of a killed daemon. We hold the locks, so no running daemon uses it."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise address.AddressError(
            f"{path} is in the way: it is not a socket. Move it away, or set AIRCHER_SOCKET"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.settimeout(1)
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise AlreadyRunning(f"cannot tell whether {path} is in use: {error}") from None
    raise AlreadyRunning(f"another program that is not aircherd listens on {path}")


@contextmanager
def _open_listener(path: Path) -> Iterator[socket.socket]:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(os.fspath(path))
        # No client can connect before listen(), and the directory has mode 0700.
        path.chmod(0o600)
        sock.listen(BACKLOG)
        sock.setblocking(False)
        yield sock
    finally:
        sock.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
