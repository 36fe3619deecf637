"""Run a short-lived process whose output is a secret: bounded in time and size, then killed.

Its standard error goes nowhere, because nobody can know what a foreign program quotes there.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

import msgspec
import trio

READ_AT_ONCE = 64 * 1024


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

    However this is left, cancellation included, the child and what it started are gone afterwards.

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
    try:
        with trio.move_on_after(seconds):
            output = await _talk(process, given, max_output)
            if output is not None:
                return ChildResult(await process.wait(), output)
        return ChildResult(None)
    finally:
        await _end(process)


async def _talk(process: trio.Process, given: bytes, max_output: int) -> bytes | None:
    """Return everything the child writes, None when that is too much."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None
    # A child that does not want to hear us shows by its answer what that means.
    with contextlib.suppress(trio.BrokenResourceError):
        await stdin.send_all(given)
    await stdin.aclose()
    output = bytearray()
    while data := await stdout.receive_some(READ_AT_ONCE):
        output += data
        if len(output) > max_output:
            return None
    return bytes(output)


async def _end(process: trio.Process) -> None:
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
    with trio.CancelScope(shield=True):
        await process.wait()  # no deadline: nothing survives SIGKILL
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                await stream.aclose()
