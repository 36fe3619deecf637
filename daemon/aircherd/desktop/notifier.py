"""Asks the user with notifications of the desktop: the parent process of `notification_child`.

A child that is no longer needed gets the end of its input, on which it closes its notification; a
second later it is killed. A child that is killed, or cannot be started, is an absent desktop.
"""

import contextlib
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence

import msgspec
import trio

from aircherd.access.questions import DesktopAnswer
from aircherd.auth.secret_process import kill_and_reap, start_process
from aircherd.auth.stores.session_bus import bus_addresses
from aircherd.auth.variables.child_environment import keyring_environment

# -P: nothing is imported from the daemon's current directory.
CHILD = (sys.executable, "-P", "-m", "aircherd.desktop.notification_child")
MAX_CHILDREN = 4
"""Notifications at a time; further questions wait for room, or for a terminal."""
ABSENT_SECONDS = 10.0
"""For which a missing desktop is not looked for again: each look starts a process."""
CLOSE_SECONDS = 1.0
MAX_ANSWER = 4096


class _Answer(msgspec.Struct):
    answer: DesktopAnswer
    reason: str | None = None


class DesktopNotifier:
    """The user's desktop. `is_wanted` returns whether the configuration lets it ask."""

    def __init__(
        self,
        environ: Mapping[str, str],
        is_wanted: Callable[[], bool] = lambda: True,
        *,
        command: Sequence[str] = CHILD,
    ) -> None:
        self._environ = environ
        self._is_wanted = is_wanted
        self._command = command
        self._children = trio.CapacityLimiter(MAX_CHILDREN)
        self._absent_until = -math.inf
        self.problem: str | None = None
        """Why the last question could not be asked."""

    @property
    def may_ask(self) -> bool:
        """Whether there may be a desktop. Its library comes with keyring, on Linux only."""
        return (
            sys.platform == "linux"
            and self._is_wanted()
            and trio.current_time() >= self._absent_until
        )

    async def ask(self, question: Mapping[str, object], seconds: float) -> DesktopAnswer:
        """Show a question until it is answered; the caller cancels this at its time-out.

        Args:
            question: a row of `Question.to_wire`.
            seconds: until the time-out.
        """
        buses = bus_addresses(self._environ, os.getuid())
        request = {"program": None, "pid": None, **question, "seconds": seconds, "buses": buses}
        async with self._children:
            found = await self._run(msgspec.json.encode(request) + b"\n")
        self.problem = found.reason
        if found.answer == "absent":
            self._absent_until = trio.current_time() + ABSENT_SECONDS
        return found.answer

    async def _run(self, request: bytes) -> _Answer:
        environ = keyring_environment(self._environ)
        try:
            process, stream = await start_process(self._command, environ, with_socket=True)
        except OSError as error:
            return _Answer("absent", f"its helper process cannot be run: {error.strerror}")
        assert isinstance(stream, trio.SocketStream)
        output = b""
        try:
            with contextlib.suppress(trio.BrokenResourceError):
                await stream.send_all(request)
                output = await _read_all(stream)
        finally:
            with (
                trio.move_on_after(CLOSE_SECONDS, shield=True),
                contextlib.suppress(trio.BrokenResourceError),
            ):
                await stream.send_eof()
                await _read_all(stream)
            await kill_and_reap(process, stream, has_exited=False)
        try:
            return msgspec.json.decode(output, type=_Answer)
        except msgspec.DecodeError:
            return _Answer("absent", f"its helper process failed (status {process.returncode})")

    def __repr__(self) -> str:
        return f"<DesktopNotifier, {self._children.borrowed_tokens} notifications>"


async def _read_all(stream: trio.SocketStream) -> bytes:
    """Return what the child writes until it ends."""
    output = b""
    while len(output) < MAX_ANSWER and (data := await stream.receive_some(MAX_ANSWER)):
        output += data
    return output
