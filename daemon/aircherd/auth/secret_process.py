"""Run a short-lived process whose output is a secret, with limits on time and output.

Its standard error is discarded, because a foreign program may print a secret there.

    the child exits -> its process group is killed -> the child is reaped

Never in another order: after a child is reaped, its process id is free and may belong to another
process group.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

import msgspec
import trio

READ_SIZE = 64 * 1024
DRAIN_SECONDS = 0.1
"""How long output is still read after the child exited, if a descendant keeps the pipe open."""


class ProcessResult(msgspec.Struct, frozen=True):
    """The result of a process.

    `status` is its exit status, None if it was killed because of a timeout or too much output;
    `output` is its output, b"" if it was killed.
    """

    status: int | None
    output: bytes = b""

    def __repr__(self) -> str:
        return f"ProcessResult(status={self.status}, {len(self.output)} bytes)"


async def run_secret_process(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    stdin: bytes = b"",
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
        stdin: at most a few KiB, so that it fits into the pipe.
        seconds: the timeout, after which it is killed.
        max_output: in bytes; it is killed if it writes more.

    Raises:
        OSError: the program cannot be started.
    """
    process = await trio.lowlevel.open_process(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environ),
        start_new_session=True,  # without a terminal to prompt on, in a group that can be killed
    )
    output: bytes | None = None
    has_exited = False
    try:
        with trio.move_on_after(seconds):
            output = await _exchange(process, stdin, max_output)
            if output is not None:
                await _wait_for_exit(process)
                has_exited = True
    finally:
        await _kill_and_reap(process, has_exited=has_exited)
    if output is None or not has_exited:
        return ProcessResult(None)
    return ProcessResult(process.returncode, output)


async def _exchange(process: trio.Process, data: bytes, max_output: int) -> bytes | None:
    """Send the input and return the whole output, None if it is too long."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert isinstance(stdout, trio.lowlevel.FdStream)
    # A child that closes its standard input is not an error; its output and status tell.
    with contextlib.suppress(trio.BrokenResourceError):
        await stdin.send_all(data)
    await stdin.aclose()
    output = bytearray()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop_reading_after_exit, process, nursery.cancel_scope)
        while len(output) <= max_output and (data := await stdout.receive_some(READ_SIZE)):
            output += data
        nursery.cancel_scope.cancel()
    while len(output) <= max_output and (data := _read_available(stdout)):
        output += data
    return bytes(output) if len(output) <= max_output else None


def _read_available(stdout: trio.lowlevel.FdStream) -> bytes:
    """Return what is in the pipe, b"" if it is empty: a busy event loop may have read too late."""
    with contextlib.suppress(BlockingIOError):
        return os.read(stdout.fileno(), READ_SIZE)
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


async def _kill_and_reap(process: trio.Process, *, has_exited: bool) -> None:
    """Kill the process group, which may outlive the child, and only then reap the child."""
    can_kill = True
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # reaped by the system, and the group is empty
    except PermissionError:
        can_kill = False
    with trio.CancelScope(shield=True):
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                await stream.aclose()
        if can_kill or has_exited:
            await process.wait()  # no deadline: SIGKILL ends it
        else:
            trio.lowlevel.spawn_system_task(process.wait)  # reaped when it ends
