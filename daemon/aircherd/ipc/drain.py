"""The end of all sessions at shutdown: active requests may finish, then every client is closed."""

from collections.abc import Iterable

import trio

from aircherd.ipc.session import Session

DRAIN_TIMEOUT = 18.0
"""Seconds that active requests have to finish at shutdown."""


async def drain_sessions(sessions: Iterable[Session], forced: trio.Event) -> None:
    """Wait for the active requests, then close all sessions.

    It takes little more than `DRAIN_TIMEOUT`, and ends at once when `forced` is set.
    """
    with trio.move_on_after(DRAIN_TIMEOUT) as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_when_set, forced, scope)
            await _wait_drained(sessions)
            nursery.cancel_scope.cancel()
    async with trio.open_nursery() as nursery:
        for session in sessions:
            nursery.start_soon(session.close)


async def _wait_drained(sessions: Iterable[Session]) -> None:
    async with trio.open_nursery() as nursery:
        for session in sessions:
            nursery.start_soon(session.wait_drained)


async def _cancel_when_set(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
