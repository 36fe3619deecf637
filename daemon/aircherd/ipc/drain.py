"""The end of all sessions at shutdown: active requests may finish, then every client is closed.

0 s      new requests are refused with `shutting_down`, active ones go on
18 s     those that are left are cancelled; each is answered with `shutting_down`
20 s     every client has got a last frame, or does not read
"""

from collections import Counter
from collections.abc import Collection

import structlog
import trio

from aircherd.ipc.session import Session

DRAIN_TIMEOUT = 18.0
"""Seconds that active requests have to finish at shutdown; closing takes at most 2 s more."""
REPORT_INTERVAL = 5.0
"""Seconds between two lines in the log that say what is waited for."""

log = structlog.get_logger()


async def drain_sessions(sessions: Collection[Session], forced: trio.Event) -> None:
    """Wait for the active requests, then close all sessions.

    It takes little more than `DRAIN_TIMEOUT`, and ends at once when `forced` is set.
    """
    with trio.move_on_after(DRAIN_TIMEOUT) as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_when_set, forced, scope)
            nursery.start_soon(_report, sessions, scope)
            await _wait_drained(sessions)
            nursery.cancel_scope.cancel()
    if left := active_requests(sessions):
        log.warning("requests_cancelled", by_client=left)
    async with trio.open_nursery() as nursery:
        for session in sessions:
            nursery.start_soon(session.close)


def active_requests(sessions: Collection[Session]) -> dict[str, int]:
    """Return the number of active requests of each client that has any, by its name."""
    counts: Counter[str] = Counter()
    for session in sessions:
        counts[session.caller.client] += session.active
    return {name: count for name, count in counts.items() if count}


async def _report(sessions: Collection[Session], scope: trio.CancelScope) -> None:
    """Log what the drain waits for, at its start and then regularly."""
    while waits_for := active_requests(sessions):
        left = round(scope.deadline - trio.current_time())
        log.info("draining", waits_for=waits_for, seconds_left=left)
        await trio.sleep(REPORT_INTERVAL)


async def _wait_drained(sessions: Collection[Session]) -> None:
    async with trio.open_nursery() as nursery:
        for session in sessions:
            nursery.start_soon(session.wait_drained)


async def _cancel_when_set(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
