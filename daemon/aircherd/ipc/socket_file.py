"""Claims the socket's path: one daemon per socket and one per data directory.

Two locks are held while the daemon runs: one next to the socket, and one of the data directory (see
`data_lock`), so that a shell with another runtime directory cannot start a second daemon on the
same data. A stale socket is removed and bound again only under both; without them this would race
with another start.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from aircher_wire import address
from aircher_wire.directories import failure_reason, make_private_directory
from aircher_wire.peer import peer_of
from aircherd.files.data_lock import AlreadyRunning, DataLock, FileLock
from aircherd.files.private_directory import prepare_own_directory

BACKLOG = 512
"""Clients that may wait to be accepted: enough for a burst of editors and scripts."""


class BoundSocket:
    """A listening Unix socket that knows whether it is still the one at its path.

    `is_passed` tells that the service manager has opened it, and keeps it when the daemon ends.
    """

    def __init__(
        self, path: Path, sock: socket.socket, data_lock: DataLock, *, is_passed: bool = False
    ) -> None:
        self.path = path
        self.sock = sock
        self.data_lock = data_lock
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
        lock_file = path.with_name(path.name + ".lock")
        stack.enter_context(closing(FileLock.on_file(lock_file, owner)))
        data_lock = stack.enter_context(closing(DataLock(data_dir, owner)))
        if passed is None:
            _remove_stale_socket(path)
            bound = BoundSocket(path, stack.enter_context(_open_listener(path)), data_lock)
        else:
            bound = BoundSocket(path, passed, data_lock, is_passed=True)
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
