"""Ends the process when trio's event loop has lost one of its own tasks.

One of them takes the results of threads and signals. The system may refuse it a wait or a read, for
example without memory. Then trio cancels everything, and whatever waits for a thread waits forever:
the daemon would neither serve nor end.
"""

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
import trio

WAKE_SECONDS = 5.0
"""A thread whose result is ready may be refused the byte that wakes trio's task: for how long."""
EXIT_BROKEN = 70
"""`EX_SOFTWARE` of sysexits.h."""

log = structlog.get_logger()


async def guarded(serve: Callable[[], Awaitable[None]]) -> None:
    """Run the program as trio's main task; end the process if trio cancels it.

    What is on its way to the disk then is lost, as with `kill -9`.
    """
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_end_if_broken, nursery.cancel_scope)
        await serve()
        nursery.cancel_scope.cancel()


async def _end_if_broken(outermost: trio.CancelScope) -> None:
    """Wake trio's task until cancelled; end the process unless it was `outermost` that was."""
    token = trio.lowlevel.current_trio_token()
    try:
        while True:
            await trio.sleep(WAKE_SECONDS)
            with suppress(OSError):  # the next time
                token.run_sync_soon(_do_nothing, idempotent=True)
    finally:
        if not outermost.cancel_called:
            log.critical("event_loop_broken", reason=_reason())
            os._exit(EXIT_BROKEN)


def _do_nothing() -> None:
    pass


def _reason() -> str:
    """Return the error of trio's task, as far as this version of trio tells."""
    nurseries = getattr(trio.lowlevel.current_root_task(), "child_nurseries", ())
    errors = [each for nursery in nurseries for each in getattr(nursery, "_pending_excs", ())]
    # A wait that fails may be tried twice, and then only the first error tells.
    found = [
        f"{each!r}{f' after {each.__context__!r}' if each.__context__ else ''}"
        for each in errors
        if not isinstance(each, trio.Cancelled)
    ]
    return "; ".join(found) or "unknown"
