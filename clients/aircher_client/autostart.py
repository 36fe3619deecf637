"""Starts a daemon where none answers: detached, its standard error in a log, watched until ready.

Several clients may do this at once. They take turns, and all keep trying to connect. Where they do
not see each other (a log that was rotated, several homes), each starts a daemon, one of the daemons
wins the locks, and the others exit with `EXIT_ALREADY_RUNNING`. A daemon also exits with this code

- while an old daemon drains: another is started once the old one is gone, which may take longer
  than a start: see `DRAIN_WAIT`;
- when a daemon holds the data but serves a different socket: waiting is pointless, so this fails.
"""

import enum
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from aircher_client.connection import POLL_SECONDS
from aircher_client.errors import DaemonUnreachable
from aircher_client.lock_holder import (
    LockHolder,
    explain_elsewhere,
    find_draining_daemon,
    find_lock_holder,
)
from aircher_wire import address
from aircher_wire.directories import (
    check_ownership,
    failure_reason,
    make_private_directory,
    write_problem,
)

DRAIN_WAIT = 25.0
"""Seconds to wait for a daemon that finishes its requests (18 s at most) before the next starts."""
NOTICE_AFTER = 1.0
"""Seconds of waiting until `on_wait` is called."""
RESTART_DELAY = 0.2
"""Seconds between two starts, when a daemon found locks taken whose holder is gone by now."""
LOG_LIMIT = 8 * 1024 * 1024
"""Bytes; a longer log is moved away. The daemon rotates its log earlier, once it is ready."""
TAIL_LINES = 8
TAIL_BYTES = 4096

# `-P`: a folder named aircherd in the working directory must not be run as the daemon.
COMMAND = (sys.executable or "python3", "-P", "-m", "aircherd")

# Meant for this process only: a daemon that inherited them would notify our supervisor.
_PRIVATE_VARIABLES = frozenset(
    {"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC"}
)


def is_enabled(environ: Mapping[str, str]) -> bool:
    """Tell whether clients may start a daemon: not with AIRCHER_AUTOSTART=0."""
    return environ.get("AIRCHER_AUTOSTART", "1").lower() not in {"0", "no", "off", "false"}


def check_directories(environ: Mapping[str, str]) -> None:
    """Check that no directory of the daemon belongs to another user.

    Raises:
        DaemonUnreachable: one does.
    """
    try:
        check_ownership(environ)
    except address.AddressError as error:
        raise DaemonUnreachable(str(error)) from None


def start(
    environ: Mapping[str, str],
    try_connect: Callable[[], socket.socket | None],
    *,
    timeout: float,
    command: Sequence[str] | None = None,
    on_wait: Callable[[str], object] | None = None,
) -> socket.socket:
    """Start a daemon, and return a socket that is connected to it or to one that won the locks.

    `try_connect` returns None while no daemon answers. `timeout` is in seconds. `command` replaces
    `aircherd`, which gets its log's path: it rotates the log while it runs. `on_wait` is called
    with a sentence if another daemon has to finish its requests first, and that takes a while.

    Raises:
        DaemonUnreachable: the daemon could not be started, exited, or was not ready in time; or a
            directory belongs to another user, in which case nothing was written.
    """
    check_directories(environ)
    path = address.log_path(environ)
    command = command or (*COMMAND, "--log-file", str(path))
    with _open_log(path) as log, _open_turn(path) as turn:
        wait = _Wait(timeout, on_wait)
        found = _wait_for_turn(environ, try_connect, turn, wait, path)
        return found or _start(environ, try_connect, command, wait, log=log, path=path)


def _wait_for_turn(
    environ: Mapping[str, str],
    try_connect: Callable[[], socket.socket | None],
    turn: int,
    wait: "_Wait",
    path: Path,
) -> socket.socket | None:
    """Wait until this client may start a daemon: return None, or a connection to another's daemon.

    One client starts a daemon at a time, and none while an old daemon drains: many that start at
    once would take the machine's time from the one that wins.
    """
    socket_path = address.find_socket(environ)
    while (found := try_connect()) is None:
        holder = find_draining_daemon(environ)
        if holder is not None and holder.serves(socket_path):
            wait.extend(holder)
        elif _try_lock(turn):
            wait.restart()
            return None
        if time.monotonic() >= wait.deadline:
            progress = _Progress(None, holder)
            raise DaemonUnreachable(_explain(progress, socket_path, wait.seconds(), path, 0))
        time.sleep(POLL_SECONDS)
    return found


def _start(
    environ: Mapping[str, str],
    try_connect: Callable[[], socket.socket | None],
    command: Sequence[str],
    wait: "_Wait",
    *,
    log: BinaryIO,
    path: Path,
) -> socket.socket:
    """Start a daemon, again if it found the locks of an old one, and return a connection to it."""
    socket_path, offset = address.find_socket(environ), log.tell()
    child, started_at = _launch(command, environ, log), time.monotonic()
    were_locks_taken = False
    try:
        while (found := try_connect()) is None:
            progress = _check_progress(child, environ, socket_path)
            if progress.holder is not None and not progress.is_elsewhere:
                wait.extend(progress.holder)
            action = _next_action(progress, time.monotonic(), started_at, wait.deadline)
            if action is _Action.GIVE_UP:
                if were_locks_taken and progress.status is None:
                    # The latest is still starting; those before it found the locks taken.
                    progress = _Progress(address.EXIT_ALREADY_RUNNING)
                raise DaemonUnreachable(
                    _explain(progress, socket_path, wait.seconds(), path, offset)
                )
            if action is _Action.RESTART:
                were_locks_taken = True
                child, started_at = _launch(command, environ, log), time.monotonic()
            time.sleep(POLL_SECONDS)
    finally:
        _release(child)
    return found


class _Progress(NamedTuple):
    """The state of the started daemon.

    `status` is its exit code, None while it runs. `holder` is a live process that holds the locks;
    `is_elsewhere` means that this process serves a different socket.
    """

    status: int | None
    holder: LockHolder | None = None
    is_elsewhere: bool = False


def _check_progress(
    child: subprocess.Popen[bytes], environ: Mapping[str, str], socket_path: str
) -> _Progress:
    status = child.poll()
    holder = find_lock_holder(environ) if status == address.EXIT_ALREADY_RUNNING else None
    return _Progress(status, holder, holder is not None and not holder.serves(socket_path))


class _Wait:
    """The time that a client waits; longer while another daemon finishes its requests."""

    def __init__(self, timeout: float, on_wait: Callable[[str], object] | None) -> None:
        self._began_at = time.monotonic()
        self._timeout = timeout
        self._on_wait = on_wait
        self.deadline = self._began_at + timeout

    def seconds(self) -> float:
        """Return the length of the wait until the deadline."""
        return round(self.deadline - self._began_at, 1)

    def restart(self) -> None:
        """Give a daemon that is started now the whole time."""
        self.deadline = time.monotonic() + self._timeout

    def extend(self, holder: LockHolder) -> None:
        """Wait for `holder`: after it is gone, there is time for a start."""
        now = time.monotonic()
        if self._on_wait is not None and now - self._began_at >= NOTICE_AFTER:
            self._on_wait(f"waiting for aircherd (process {holder.pid}) to finish its requests")
            self._on_wait = None
        self.deadline = min(self._began_at + DRAIN_WAIT, now) + self._timeout


class _Action(enum.Enum):
    WAIT = enum.auto()
    RESTART = enum.auto()
    GIVE_UP = enum.auto()


def _next_action(progress: _Progress, now: float, started_at: float, deadline: float) -> _Action:
    """Decide what to do while no daemon answers."""
    if now >= deadline or progress.status not in (None, address.EXIT_ALREADY_RUNNING):
        return _Action.GIVE_UP
    if progress.is_elsewhere:
        return _Action.GIVE_UP
    if (
        progress.status is not None
        and progress.holder is None
        and now - started_at >= RESTART_DELAY
    ):
        return _Action.RESTART
    return _Action.WAIT


def _launch(
    command: Sequence[str], environ: Mapping[str, str], log: BinaryIO
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            env=daemon_environment(environ),
            cwd="/",  # so that the daemon does not keep a file system from being unmounted
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in this terminal must not reach the daemon
        )
    except OSError as error:
        message = f"cannot run {command[0]}: {error.strerror}. Install aircher again"
        raise DaemonUnreachable(message) from None


def _release(child: subprocess.Popen[bytes]) -> None:
    """Stop watching the daemon, which is meant to outlive this process."""
    if child.poll() is None:
        child.returncode = 0  # otherwise the destructor warns that it is still running


def daemon_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a daemon started by a client; paths are absolute: it runs in /."""
    kept = {name: value for name, value in environ.items() if name not in _PRIVATE_VARIABLES}
    if environ.get("AIRCHER_SOCKET"):
        kept["AIRCHER_SOCKET"] = address.find_socket(environ)
    if environ.get("AIRCHER_HOME"):
        kept["AIRCHER_HOME"] = str(address.aircher_home(environ))
    return kept | {"AIRCHER_STARTED_BY": "client"}


# ------------------------------------------------------------------------------------- the log


def _open_log(path: Path) -> BinaryIO:
    """Open the log for appending, readable by its owner only."""
    try:
        make_private_directory(path.parent)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_name(f"{path.name}.1"))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        log = os.fdopen(os.open(path, flags, 0o600), "ab")
        os.fchmod(log.fileno(), 0o600)
    except OSError as error:
        reason = failure_reason(path, error, os.getuid())
        found = write_problem(path, "XDG_STATE_HOME", os.getuid())
        cure = f": {found[1]}" if found else ""
        raise DaemonUnreachable(
            f"cannot start aircherd: its log {path} cannot be written: {reason}{cure}"
        ) from None
    return log


@contextmanager
def _open_turn(path: Path) -> Iterator[int]:
    """Open the log for `_try_lock`; the daemon does not inherit it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)  # releases the lock


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explain(progress: _Progress, socket_path: str, waited: float, path: Path, offset: int) -> str:
    """Return why there is no daemon, in one line, followed by the last lines of its log."""
    if progress.holder is not None:
        return _explain_lock_holder(
            progress.holder, socket_path, waited, is_elsewhere=progress.is_elsewhere
        )
    if progress.status is None:
        what = f"aircherd was started, but does not answer after {waited:g} s"
    elif progress.status == address.EXIT_ALREADY_RUNNING:
        what = (
            f"another aircherd holds the locks, but none answers at {socket_path} "
            f"after {waited:g} s"
        )
    elif progress.status < 0:
        what = f"aircherd was started and was killed by signal {-progress.status}"
    else:
        what = f"aircherd could not start (exit code {progress.status})"
    return "\n".join([f"{what}; its log is {path}", *_tail(path, offset)])


def _explain_lock_holder(
    holder: LockHolder, socket_path: str, waited: float, *, is_elsewhere: bool
) -> str:
    if is_elsewhere:
        return explain_elsewhere(holder, socket_path)
    return (
        f"aircherd does not answer at {socket_path} after {waited:g} s: process {holder.pid} is "
        f"still finishing its requests before it stops, or is not ready yet. Try again later"
    )


def _tail(path: Path, offset: int) -> list[str]:
    """Return the last lines written since `offset`; plain ones if there are any, else JSON."""
    try:
        with path.open("rb") as log:
            log.seek(max(offset, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    for_people = [line for line in lines if line.strip() and not line.startswith("{")]
    # Several starts may write the same lines; each is shown once.
    return list(dict.fromkeys(for_people or lines))[-TAIL_LINES:]
