"""Run a short-lived process whose output is a secret: bounded in time and size, then killed.

Its standard error goes nowhere, because nobody can know what a foreign program quotes there.

    the child ends -> its group is killed -> it is reaped

Never the other way round: a reaped child's number is free, and may be another's group by then.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

import msgspec
import trio

READ_AT_ONCE = 64 * 1024
LAST_WORDS_SECONDS = 0.1
"""How long more output is waited for after the child's end, where something holds it open."""


class ChildResult(msgspec.Struct, frozen=True):
    """How a child ended. `status` is its exit status, None when it was killed for being late or
    too talkative; `output` is what it wrote, b"" when it was killed.
    """  # noqa: D205 - one sentence, two lines

    status: int | None
    output: bytes = b""

    def __repr__(self) -> str:
        return f"ChildResult(status={self.status}, {len(self.output)} bytes)"


async def run_child(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    given: bytes = b"",
    seconds: float,
    max_output: int,
) -> ChildResult:
    """Run `command` with `given` as its standard input.

    However this is left, cancellation included, the child is gone afterwards, and with it all that
    it started and did not put into a session of its own, as agents do. What it leaves running is
    not waited for. (One that runs as another user, as under sudo, is not ours to kill.)

    Args:
        command: the program and its arguments; no shell.
        environ: its whole environment.
        given: at most a few KiB, so that the pipe takes it in one go.
        seconds: it is killed when it takes longer.
        max_output: in bytes; it is killed when it writes more.

    Raises:
        OSError: the program cannot be started.
    """
    process = await trio.lowlevel.open_process(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environ),
        start_new_session=True,  # no terminal to ask on, and a group that can be killed
    )
    output: bytes | None = None
    has_ended = False
    try:
        with trio.move_on_after(seconds):
            output = await _talk(process, given, max_output)
            if output is not None:
                await _wait_end(process)
                has_ended = True
    finally:
        await _end(process, has_ended=has_ended)
    if output is None or not has_ended:
        return ChildResult(None)
    return ChildResult(process.returncode, output)


async def _talk(process: trio.Process, given: bytes, max_output: int) -> bytes | None:
    """Return everything the child writes, None when that is too much."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert isinstance(stdout, trio.lowlevel.FdStream)
    # A child that does not want to hear us shows by its answer what that means.
    with contextlib.suppress(trio.BrokenResourceError):
        await stdin.send_all(given)
    await stdin.aclose()
    output = bytearray()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop_reading_after, process, nursery.cancel_scope)
        while len(output) <= max_output and (data := await stdout.receive_some(READ_AT_ONCE)):
            output += data
        nursery.cancel_scope.cancel()
    while len(output) <= max_output and (data := _at_hand(stdout)):
        output += data
    return bytes(output) if len(output) <= max_output else None


def _at_hand(stdout: trio.lowlevel.FdStream) -> bytes:
    """Return what lies in the pipe, b"" when nothing does: a busy loop may have read too late."""
    with contextlib.suppress(BlockingIOError):
        return os.read(stdout.fileno(), READ_AT_ONCE)
    return b""


async def _stop_reading_after(process: trio.Process, reading: trio.CancelScope) -> None:
    """End the reading soon after the child's end: what it left behind may hold its output open."""
    await _wait_end(process)
    await trio.sleep(LAST_WORDS_SECONDS)
    reading.cancel()


async def _wait_end(process: trio.Process) -> None:
    """Wait for the child's end without reaping it. trio's own `wait` and `poll` would reap."""
    # A child that is nobody's (whoever started us may have SIGCHLD ignored) has ended as well.
    with contextlib.suppress(ChildProcessError):
        # Left behind when cancelled, the thread ends with the child, which is killed then.
        await trio.to_thread.run_sync(
            os.waitid, os.P_PID, process.pid, os.WEXITED | os.WNOWAIT, abandon_on_cancel=True
        )


async def _end(process: trio.Process, *, has_ended: bool) -> None:
    """Kill the group, which may outlive the child, and only then reap the child."""
    is_ours = True
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # reaped by the system, and nothing is left of the group
    except PermissionError:
        is_ours = False
    with trio.CancelScope(shield=True):
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                await stream.aclose()
        if is_ours or has_ended:
            await process.wait()  # no deadline: nothing of ours survives SIGKILL
        else:
            trio.lowlevel.spawn_system_task(process.wait)  # reaped whenever it ends
