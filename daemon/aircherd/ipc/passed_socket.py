"""Claims a socket that the service manager has opened, after an earlier daemon has ended."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import trio

from aircherd.files.data_lock import AlreadyRunning
from aircherd.ipc.socket_file import BoundSocket, claim_socket

CLAIM_TIMEOUT = 30.0
"""Seconds to wait for a daemon that holds the locks: more than it needs to drain."""
POLL_INTERVAL = 0.1


@asynccontextmanager
async def claim_passed_socket(
    path: Path,
    data_dir: Path,
    passed: socket.socket,
    *,
    on_wait: Callable[[str], None],
    stop_requested: trio.Event,
) -> AsyncIterator[BoundSocket]:
    """Hold both locks and the passed socket inside the context, as `claim_socket` does.

    The manager's socket may have replaced that of a daemon which was started by hand. That one
    notices within seconds and drains; meanwhile the clients of the new socket wait. `on_wait`
    receives the reason, once. The socket is closed in any case.

    Raises:
        AlreadyRunning: the other daemon has not ended in time, or not before `stop_requested`.
        AddressError, OSError: as `claim_socket`.
    """
    with passed, ExitStack() as stack:
        deadline = trio.current_time() + CLAIM_TIMEOUT
        bound, is_waiting = None, False
        while bound is None:
            try:
                bound = stack.enter_context(claim_socket(path, data_dir, passed))
            except AlreadyRunning as error:
                if trio.current_time() >= deadline or stop_requested.is_set():
                    raise
                if not is_waiting:
                    on_wait(str(error))
                is_waiting = True
                with trio.move_on_after(POLL_INTERVAL):
                    await stop_requested.wait()
        yield bound
