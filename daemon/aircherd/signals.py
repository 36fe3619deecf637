"""What signals do: SIGTERM and SIGINT stop the daemon, SIGHUP reloads the configuration.

    first    requests under way may finish: see `ipc.drain`
    second   they end with `shutting_down`; what hangs (a disk, a keyring) is not waited for
    third    the process ends without another step

In a terminal SIGHUP means that the terminal was closed: it stops the daemon, too.
"""

import os
import signal
import sys
import threading
import time
from contextlib import suppress

import structlog
import trio

from aircherd.api.audit import changed_entries
from aircherd.api.services import Services, Shutdown
from aircherd.errors import AircherError

FORCED_EXIT_SECONDS = 3.0
"""Seconds after the second signal until the process ends, whatever it waits for."""
EXIT_FORCED = 1

log = structlog.get_logger()


async def watch_signals(
    shutdown: Shutdown,
    reloads: trio.MemorySendChannel[None],
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Handle signals until cancelled; `reloads` gets an item for a SIGHUP, if it has room."""
    has_terminal = sys.stdin is not None and sys.stdin.isatty()
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        task_status.started()
        async for number in signals:
            name = signal.Signals(number).name
            if number == signal.SIGHUP and not has_terminal:
                log.info("reloading", signal=name)
                with suppress(trio.WouldBlock):  # the reload that waits will read the same file
                    reloads.send_nowait(None)
            else:
                log.info("stopping", signal=name, at_once=shutdown.requested.is_set())
                _stop(shutdown)


def _stop(shutdown: Shutdown) -> None:
    """Take the next of the three steps."""
    if shutdown.forced.is_set():
        os._exit(EXIT_FORCED)
    elif shutdown.requested.is_set():
        shutdown.forced.set()
        # A thread of its own: the event loop may be what hangs.
        threading.Thread(target=_exit_later, name="forced exit", daemon=True).start()
    else:
        shutdown.requested.set()


def _exit_later() -> None:
    time.sleep(FORCED_EXIT_SECONDS)
    os._exit(EXIT_FORCED)  # without a line in the log, which may be what hangs


async def reload_on_hangup(services: Services, reloads: trio.MemoryReceiveChannel[None]) -> None:
    """Reload the configuration for each item, until cancelled; an error is only reported."""
    async for _ in reloads:
        facts: dict[str, object] = {"by": "signal", "outcome": "ok"}
        try:
            result = await services.reload()
            facts |= changed_entries([change.path for change in result.changes])
        except (AircherError, ImportError) as error:  # or the installation was removed
            log.warning("reload_failed", reason=str(error))
            facts["outcome"] = error.code if isinstance(error, AircherError) else "internal"
        services.audit.note("config_reload", None, None, **facts)
