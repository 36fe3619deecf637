"""`aircherd`: from the command line to `trio.run`.

Exit codes: 0 stopped as asked, 1 it could not start, 2 wrong usage, 3 another daemon is running.
"""

import argparse
import ctypes
import gc
import os
import resource
import signal
import sys

import structlog
import trio

from aircher_wire.address import EXIT_ALREADY_RUNNING, AddressError
from aircher_wire.version import __version__
from aircherd.api.services import Shutdown
from aircherd.app import open_daemon
from aircherd.ipc.socket_file import AlreadyRunning
from aircherd.logging_setup import LEVELS, configure_logging
from aircherd.redaction import Redactor

EXIT_CANNOT_START = 1
PR_SET_DUMPABLE = 4
GC_THRESHOLD = 20_000
"""Objects that come to stay before the youngest are looked through; Python's own choice is 700."""

log = structlog.get_logger()


def main() -> int:
    """Run the daemon until it is asked to stop."""
    _hide_memory()
    arguments = _parser().parse_args()
    redactor = Redactor()
    as_json = {"auto": None, "json": True, "text": False}[arguments.log_format]
    configure_logging(redactor, level=arguments.log_level, as_json=as_json)
    # What nobody caught goes through the same filter as every other line.
    sys.excepthook = lambda *crash: log.critical("crashed", exc_info=crash)
    _allow_many_files()
    code = 0
    try:
        trio.run(_serve, redactor)
    except* AlreadyRunning as group:
        code = _fail(group, EXIT_ALREADY_RUNNING)
    except* (AddressError, OSError) as group:
        code = _fail(group, EXIT_CANNOT_START)
    return code


async def _serve(redactor: Redactor) -> None:
    """Serve until SIGTERM, SIGINT or a client's `shutdown`.

    A second signal cancels what is under way, and every client is still told; a third ends it all.
    """
    shutdown = Shutdown()
    async with trio.open_nursery() as nursery:
        await nursery.start(_watch_signals, shutdown, nursery.cancel_scope)
        async with open_daemon(os.environ, redactor, shutdown):
            _collect_less()
            # No deadline: this is how long a daemon lives.
            await shutdown.asked.wait()
        nursery.cancel_scope.cancel()
    log.info("stopped")


async def _watch_signals(
    shutdown: Shutdown,
    everything: trio.CancelScope,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            log.info("stopping", signal=signal.Signals(number).name)
            if shutdown.hurried.is_set():
                everything.cancel()
            elif shutdown.asked.is_set():
                shutdown.hurried.set()
            shutdown.asked.set()


def _hide_memory() -> None:
    """Keep the user's other processes out of our memory and environment, and write no core."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _allow_many_files() -> None:
    """Raise our limit of open files to what the system lets us have: each client takes two."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _collect_less() -> None:
    """Look for garbage less often, and never among what was there when the daemon was ready.

    Requests make few cycles, and reference counts free the rest: what is looked through time and
    again are the modules and the tasks under way. See `docs/performance.md` for what it brings.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)


def _fail(group: BaseExceptionGroup[BaseException], code: int) -> int:
    for error in _leaves(group):
        print(f"aircherd: {error}", file=sys.stderr)  # noqa: T201 - a person reads this
    return code


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aircherd",
        description="The aircher daemon: holds the keys and speaks to model providers, for every "
        "tool of one user. Usually aircher-cli starts it by itself.",
        epilog="Its socket is $AIRCHER_SOCKET, else aircher/aircher.sock in $XDG_RUNTIME_DIR.",
    )
    parser.add_argument("--version", action="version", version=f"aircherd {__version__}")
    parser.add_argument("--log-level", choices=LEVELS, default="info", help="default: info")
    parser.add_argument(
        "--log-format",
        choices=("auto", "json", "text"),
        default="auto",
        help="auto: text on a terminal, JSON elsewhere",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
