"""Run a short-lived process whose output is a secret, with limits on time and output.

Its standard error is discarded, because a foreign program may print a secret there.

    the child exits -> its process group is killed -> the child is reaped

Never in another order: after a child is reaped, its process id is free and may belong to another
process group.

What the child reads is sent through a socket, and so is what it prints then: unlike a pipe, a
socket cannot be opened through /proc by another program of the user.
"""

import contextlib
import errno
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import trio

READ_SIZE = 64 * 1024
DRAIN_SECONDS = 0.1
"""How long output is still read after the child exited, if a descendant keeps the pipe open."""
MAX_STARVED = 12.0
"""Seconds of waiting for a processor that do not count towards a timeout."""

Output = trio.lowlevel.FdStream | trio.SocketStream


class ProcessResult(msgspec.Struct, frozen=True):
    """The result of a process.

    `status` is its exit status, None if it was killed because of a timeout (`is_late`) or too much
    output; `output` is its output, b"" if it was killed.
    """

    status: int | None
    output: bytes = b""
    is_late: bool = False

    def __repr__(self) -> str:
        return f"ProcessResult(status={self.status}, {len(self.output)} bytes)"


async def run_secret_process(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    stdin: bytes | None = None,
    seconds: float,
    max_output: int,
) -> ProcessResult:
    """Run `command` with `stdin` as its standard input.

    On return, also after cancellation, the child is gone, and so are its descendants, unless they
    are in a session of their own, as agents are. Processes it leaves running are not waited for. (A
    child that runs as another user, for example under sudo, cannot be killed.)

    Args:
        command: the program and its arguments; no shell.
        environ: its whole environment.
        stdin: at most a few KiB; standard input and output are one socket then. None for an empty
            standard input, and a pipe, as programs expect it, for the output.
        seconds: the timeout, after which it is killed. On Linux the time that the child waits for a
            processor does not count, up to `MAX_STARVED`.
        max_output: in bytes; it is killed if it writes more.

    Raises:
        OSError: the program cannot be started or waited for.
    """
    process, stream = await start_process(command, environ, with_socket=stdin is not None)
    output: bytes | None = None
    has_exited = False
    try:
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as scope:
                nursery.start_soon(_expire, process.pid, seconds, scope)
                output = await _exchange(process, stream, stdin, max_output)
                if output is not None:
                    await _wait_for_exit(process)
                    has_exited = True
            nursery.cancel_scope.cancel()
    except ExceptionGroup as group:
        raise _as_oserror(group) from None
    finally:
        await kill_and_reap(process, stream, has_exited=has_exited)
    if output is None or not has_exited:
        return ProcessResult(None, is_late=scope.cancelled_caught)
    return ProcessResult(process.returncode, output)


def _as_oserror(group: ExceptionGroup[Exception]) -> Exception:
    """Return the error of the system in a group, or that there are too many threads; else it."""
    causes, others = group.split((OSError, RuntimeError))
    if causes is None or others is not None:
        return group
    cause: BaseException = causes
    while isinstance(cause, ExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(cause, OSError):
        return cause
    return OSError(errno.EAGAIN, str(cause))


async def start_process(
    command: Sequence[str], environ: Mapping[str, str], *, with_socket: bool
) -> tuple[trio.Process, Output]:
    """Start a process, in a group that can be killed, and without a terminal to prompt on."""
    if not with_socket:
        process = await trio.lowlevel.open_process(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
        assert isinstance(process.stdout, trio.lowlevel.FdStream)
        return process, process.stdout
    ours, its = socket.socketpair()
    with its, contextlib.ExitStack() as stack:
        stack.callback(ours.close)
        process = await trio.lowlevel.open_process(
            list(command),
            stdin=its.fileno(),
            stdout=its.fileno(),
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
        stack.pop_all()
    return process, trio.SocketStream(trio.socket.from_stdlib_socket(ours))


async def _expire(pid: int, seconds: float, scope: trio.CancelScope) -> None:
    """Cancel `scope` when the child had its time."""
    deadline = trio.current_time() + seconds
    # The system has no event for it.
    while (left := deadline + min(_starved_seconds(pid), MAX_STARVED) - trio.current_time()) > 0:  # noqa: ASYNC110
        await trio.sleep(left)
    scope.cancel()


def _starved_seconds(pid: int) -> float:
    """Return how long the child waited for a processor while it could have run, 0 if unknown."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


async def _exchange(
    process: trio.Process, stream: Output, data: bytes | None, max_output: int
) -> bytes | None:
    """Send the input and return the whole output, None if it is too long."""
    if data is not None and isinstance(stream, trio.SocketStream):
        # A child that does not read its input is not an error; its output and status tell.
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            await stream.send_all(data)
            await stream.send_eof()
    output = bytearray()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop_reading_after_exit, process, nursery.cancel_scope)
        with contextlib.suppress(trio.BrokenResourceError):  # it ended without reading its input
            while len(output) <= max_output and (data := await stream.receive_some(READ_SIZE)):
                output += data
        nursery.cancel_scope.cancel()
    while len(output) <= max_output and (data := _read_available(stream)):
        output += data
    return bytes(output) if len(output) <= max_output else None


def _read_available(stream: Output) -> bytes:
    """Return what is there, b"" if nothing is: a busy event loop may have read too late."""
    number = stream.socket.fileno() if isinstance(stream, trio.SocketStream) else stream.fileno()
    with contextlib.suppress(BlockingIOError, ConnectionResetError):
        return os.read(number, READ_SIZE)
    return b""


async def _stop_reading_after_exit(process: trio.Process, reading: trio.CancelScope) -> None:
    """Stop reading soon after the child exited: a descendant may keep its output open."""
    await _wait_for_exit(process)
    await trio.sleep(DRAIN_SECONDS)
    reading.cancel()


async def _wait_for_exit(process: trio.Process) -> None:
    """Wait until the child exits, without reaping it as trio's own `wait` and `poll` would."""
    # If our parent had SIGCHLD ignored, an exited child is reaped by the system and is unknown.
    with contextlib.suppress(ChildProcessError):
        # If cancelled, the abandoned thread ends when the child is killed.
        await trio.to_thread.run_sync(
            os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT, abandon_on_cancel=True
        )


async def kill_and_reap(process: trio.Process, stream: Output, *, has_exited: bool) -> None:
    """Kill the process group, which may outlive the child, and only then reap the child."""
    can_kill = True
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # reaped by the system, and the group is empty
    except PermissionError:
        can_kill = False
    with trio.CancelScope(shield=True):
        await stream.aclose()
        if can_kill or has_exited:
            await process.wait()  # no deadline: SIGKILL ends it
        else:
            trio.lowlevel.spawn_system_task(process.wait)  # reaped when it ends
