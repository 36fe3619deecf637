"""`aircherd`: from the command line to `trio.run`."""

import aircherd.process.hide_first  # isort: skip -- before what takes long to import
import aircherd.optional_imports  # noqa: F401  # isort: skip -- before httpx and structlog
import argparse
import gc
import os
import resource
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import trio

from aircher_wire.address import EXIT_ALREADY_RUNNING, AddressError
from aircher_wire.version import __version__
from aircherd.about import started_by
from aircherd.api.services import Services, Shutdown
from aircherd.app import open_daemon
from aircherd.files.data_lock import AlreadyRunning
from aircherd.logging_setup import LEVELS, LogOutput, configure_logging
from aircherd.memory.allocator import fix_mapping
from aircherd.process.hiding import hide
from aircherd.process.loop_guard import EXIT_BROKEN, guarded
from aircherd.process.time_zone import drop_inherited_zone
from aircherd.redaction import Redactor
from aircherd.signals import reload_on_hangup, watch_signals
from aircherd.swap_lock import SWAP_LOCK

EXIT_CANNOT_START = 1
EXIT_CODES = {
    0: "stopped on request",
    EXIT_CANNOT_START: "could not start",
    2: "the command line is wrong",
    EXIT_ALREADY_RUNNING: "another daemon is running",
    EXIT_BROKEN: "its event loop failed, as without memory; the next client starts another daemon",
}
GC_THRESHOLD = 20_000
"""New objects until the youngest generation is collected; Python's default is 700."""

MANAGER_VARIABLES = ("NOTIFY_SOCKET", "LISTEN_FDS", "WATCHDOG_USEC")
"""With none of them, no service manager takes part."""

if TYPE_CHECKING:
    from aircherd.systemd.manager import ServiceManager

log = structlog.get_logger()


def main() -> int:
    """Run the daemon until it is stopped."""
    hide()
    fix_mapping()
    drop_inherited_zone(os.environ, started_by(os.environ))
    arguments = command_line_parser().parse_args()
    redactor = Redactor(SWAP_LOCK.keep)
    as_json = {"auto": None, "json": True, "text": False}[arguments.log_format]
    if arguments.log_file is not None and not _open_log(arguments.log_file):
        return EXIT_CANNOT_START
    output = configure_logging(redactor, level=arguments.log_level, as_json=as_json)
    # Uncaught exceptions are logged, so that keys are redacted as in every other line.
    sys.excepthook = lambda *crash: log.critical("crashed", exc_info=crash)
    _raise_file_limit()
    manager = _service_manager()
    code = 0
    try:
        _run(partial(_serve, redactor, output, arguments.log_file, manager))
    except* AlreadyRunning as group:
        code = _fail(group, EXIT_ALREADY_RUNNING, manager)
    except* (AddressError, OSError) as group:
        code = _fail(group, EXIT_CANNOT_START, manager)
    return code


def _run(serve: Callable[[], Awaitable[None]]) -> None:
    """Run the event loop. If it fails itself, nothing is left that could close what is open."""
    try:
        trio.run(guarded, serve)
    except trio.TrioInternalError as error:
        log.critical("event_loop_broken", reason=repr(error.__cause__ or error))
        os._exit(EXIT_BROKEN)


def _service_manager() -> "ServiceManager | None":
    """Return the service manager that started the daemon, None if none has."""
    if not any(name in os.environ for name in MANAGER_VARIABLES):
        return None
    from aircherd.systemd.manager import ServiceManager  # noqa: PLC0415 -- only under systemd

    return ServiceManager.from_environ(os.environ)


async def _serve(
    redactor: Redactor,
    output: LogOutput,
    log_file: Path | None,
    manager: "ServiceManager | None",
) -> None:
    """Serve until a signal or a client's `shutdown`; see `signals` for a second signal."""
    shutdown = Shutdown()
    send_reload, reloads = trio.open_memory_channel[None](1)
    async with trio.open_nursery() as nursery:
        await nursery.start(watch_signals, shutdown, send_reload)
        async with open_daemon(
            os.environ, redactor, shutdown, manager=manager, log_file=log_file
        ) as services:
            nursery.start_soon(reload_on_hangup, services, reloads)
            if log_file is not None:
                # Not before: only the daemon that holds the locks may rotate its log.
                from aircherd.log_file import LogFile  # noqa: PLC0415 -- only for a file

                output.rotate(LogFile(log_file))
            _tune_garbage_collection()
            if manager is not None:
                # In this nursery, so that the manager hears from the daemon until the very end.
                nursery.start_soon(_report, manager, services)
            # No deadline: the daemon runs until it is stopped.
            await shutdown.requested.wait()
        nursery.cancel_scope.cancel()
    log.info("stopped")


async def _report(manager: "ServiceManager", services: Services) -> None:
    """Report to the service manager that clients are served, and what the daemon is doing."""
    from aircherd.api.service_status import service_status  # noqa: PLC0415 -- only under systemd

    await manager.run(partial(service_status, services), services.shutdown.requested)


def _open_log(path: Path) -> bool:
    from aircherd.log_file import redirect_outputs  # noqa: PLC0415 -- not under a supervisor

    try:
        redirect_outputs(path)
    except OSError as error:
        print(f"aircherd: cannot write the log {path}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return False
    return True


def _raise_file_limit() -> None:
    """Raise the limit of open files to the maximum allowed: each client needs two."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _tune_garbage_collection() -> None:
    """Collect garbage less often, and never objects that exist when the daemon is ready.

    Requests create few reference cycles, so most collections would only scan modules and running
    tasks. `docs/performance.md` has the effect.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)


def _fail(
    group: BaseExceptionGroup[BaseException], code: int, manager: "ServiceManager | None"
) -> int:
    for error in _leaves(group):
        print(f"aircherd: {error}", file=sys.stderr)  # noqa: T201 - for the terminal
        if manager is not None:
            manager.report.failed(str(error))
    return code


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves


def command_line_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="aircherd",
        description="The aircher daemon: holds the API keys and calls model providers for all "
        "tools of one user. aircher-cli usually starts it automatically.",
        epilog="The socket is $AIRCHER_SOCKET, or aircher/aircher.sock in $XDG_RUNTIME_DIR or "
        "/run/user/UID, or in ~/.aircher/run where there is no such directory.",
    )
    parser.add_argument("--version", action="version", version=f"aircherd {__version__}")
    parser.add_argument("--log-level", choices=LEVELS, default="info", help="default: info")
    parser.add_argument(
        "--log-format",
        choices=("auto", "json", "text"),
        default="auto",
        help="auto: text on a terminal, JSON elsewhere",
    )
    parser.add_argument(
        "--log-file",
        type=Path,
        metavar="FILE",
        help="write the log to this file, and rotate it at 4 MiB; default: standard error",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
