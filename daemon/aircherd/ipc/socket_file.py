"""Claiming the socket's path: one daemon per socket and one per data directory.

Two locks are held for life: one beside the socket, one in the data directory, so that a shell
with another runtime directory cannot start a second daemon on the same data. Only under both is a
dead socket removed and bound anew; without them, check and unlink would race with another start.
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

BACKLOG = 512
"""Clients that may wait to be accepted: more than a burst of editors and scripts needs."""


class AlreadyRunning(Exception):
    """Another daemon holds the socket or the data directory."""


class BoundSocket:
    """A listening Unix socket that knows whether it is still the one at its path."""

    def __init__(self, path: Path, sock: socket.socket) -> None:
        self.path = path
        self.sock = sock
        self._identity = _identity(path)

    def is_displaced(self) -> bool:
        """Whether somebody removed or replaced the socket file: nobody can reach us any more."""
        return _identity(self.path) != self._identity

    def remove(self) -> None:
        """Remove the file, if it is still ours."""
        if not self.is_displaced():
            self.path.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"<BoundSocket {self.path}>"


@contextmanager
def claim_socket(path: Path, data_dir: Path) -> Iterator[BoundSocket]:
    """Hold both locks and a listening socket at `path`, mode 0600, for as long as this lasts.

    Raises:
        AlreadyRunning: another daemon has it; the message names its process and socket.
        AddressError: the path is too long, or its directory is not safe.
        OSError: the directory cannot be made or the socket cannot be bound.
    """
    uid = os.getuid()
    address.check_length(path)
    make_private_directory(path.parent)
    address.check_directory(path.parent, uid)
    make_private_directory(data_dir)
    with ExitStack() as stack:
        stack.enter_context(_hold_lock(path.with_name(path.name + ".lock"), path))
        stack.enter_context(_hold_lock(data_dir / "aircherd.lock", path))
        _remove_stale_socket(path)
        sock = stack.enter_context(_open_listener(path))
        bound = BoundSocket(path, sock)
        try:
            yield bound
        finally:
            bound.remove()


def make_private_directory(directory: Path) -> None:
    """Make `directory`, readable by its owner only; leave one that is there as it is."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _hold_lock(lock_file: Path, socket_path: Path) -> Iterator[None]:
    # O_NOFOLLOW: a planted symlink must not make us write into somebody else's file.
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(lock_file, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise AlreadyRunning(_running_message(descriptor, lock_file)) from None
        # Who has it is a courtesy to the next one: a full disk is no reason not to start.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n{socket_path}\n".encode(errors="surrogateescape"))
        yield
    finally:
        # Closing releases the lock. The file stays: once removed, two daemons could lock two files.
        os.close(descriptor)


def _running_message(descriptor: int, lock_file: Path) -> str:
    text = os.pread(descriptor, 4096, 0).decode(errors="replace")
    pid, _, rest = text.partition("\n")
    where = rest.strip() or "an unknown socket"
    return (
        f"another aircherd is running (process {pid or 'unknown'}, socket {where}); it holds "
        f"{lock_file}. Use it (AIRCHER_SOCKET={where}) or stop it: aircher-cli daemon stop"
    )


def _remove_stale_socket(path: Path) -> None:
    """Remove what a killed daemon left. We hold the locks, so nobody living has it."""
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
            raise AlreadyRunning(
                f"{path} does not answer as a dead socket would: {error}"
            ) from None
    raise AlreadyRunning(f"another program, which is not aircherd, listens on {path}")


@contextmanager
def _open_listener(path: Path) -> Iterator[socket.socket]:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(os.fspath(path))
        # Nobody can connect before listen(); the directory is 0700 anyway.
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
