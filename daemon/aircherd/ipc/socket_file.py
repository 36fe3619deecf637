"""Claims the socket's path: one daemon per socket and one per data directory.

Two locks are held while the daemon runs: one next to the socket, and one of the data directory (see
`data_lock`), so that a shell with another runtime directory cannot start a second daemon on the
same data. A stale socket is removed and bound again only under both; without them this would race
with another start.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from aircher_wire import address
from aircher_wire.directories import failure_reason, make_private_directory
from aircher_wire.peer import peer_of
from aircherd.files.data_lock import AlreadyRunning, DataLock, FileLock
from aircherd.files.private_directory import prepare_own_directory
from aircherd.sockets.socket_path import InUse, file_identity, listen_at, remove_stale_socket


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
        self._identity = file_identity(path)

    def is_displaced(self) -> bool:
        """Return whether the socket file was removed or replaced: no client can connect then."""
        return file_identity(self.path) != self._identity

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
            _make_way(path)
            bound = BoundSocket(path, stack.enter_context(closing(listen_at(path))), data_lock)
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


def _make_way(path: Path) -> None:
    try:
        remove_stale_socket(path)
    except InUse as error:
        raise AlreadyRunning(str(error)) from None
