"""What the `daemon` commands share: is one there, start one, stop it and see it gone."""

import time
from collections.abc import Callable

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.parser import Parser, positive
from aircher_cli.render.formatting import count
from aircher_cli.render.problems import config_problems
from aircher_cli.values import Map, as_map, number
from aircher_client.connection import connect
from aircher_client.lock_holder import is_gone
from aircher_wire import address, methods

POLL_SECONDS = 0.02
"""Seconds between two looks at a process that is on its way out."""

NOTICE_AFTER_SECONDS = 1.0
"""Seconds of silence before we say what we wait for."""

STOP_TIMEOUT_SECONDS = 60.0
"""Seconds for a daemon to finish its requests, unless the user says otherwise."""


def socket_path(context: Context) -> str:
    """Return where the daemon's socket is, or would be."""
    return address.find_socket(context.environ)


def is_running(context: Context) -> bool:
    """Tell whether a daemon listens; none is started.

    Raises:
        DaemonUnreachable: the socket's place is not safe, or the daemon hangs.
    """
    sock = connect(socket_path(context), time.monotonic() + 5.0)
    if sock is None:
        return False
    sock.close()
    return True


def start(context: Context) -> Map:
    """Start a daemon unless one runs, and return its status once it is ready.

    Whoever says `daemon start` means it: AIRCHER_AUTOSTART=0 is for the other commands.

    Raises:
        DaemonUnreachable: it could not be started, or was not ready in time.
    """
    environ = {
        name: value for name, value in context.environ.items() if name != "AIRCHER_AUTOSTART"
    }
    with Context(context.console, environ, context.stdin).connect() as client:
        status: Map = client.call(methods.STATUS)
        return status


def stop(context: Context, timeout: float) -> int | None:
    """Have the daemon finish its requests and leave; return its process id, None if none ran.

    Raises:
        CommandFailed: it is still there after `timeout` seconds.
        DaemonUnreachable: it does not answer.
    """
    if not is_running(context):
        return None
    with context.connect(autostart=False) as client:
        status = client.call(methods.STATUS)
        client.call(methods.SHUTDOWN)
    pid = int(number(status.get("pid")) or 0)
    waiting = f"waiting for aircherd (process {pid}) to finish {_pending_work(status)}"
    wait_until(lambda: is_gone(pid), context.console, timeout=timeout, waiting=waiting)
    return pid


def _pending_work(status: Map) -> str:
    active = number(as_map(status.get("requests")).get("active"))
    return count(int(active), "request") if active else "its work"


def wait_until(
    is_done: Callable[[], bool],
    console: Console,
    *,
    timeout: float,
    waiting: str,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until `is_done`, and say so after a second.

    Raises:
        CommandFailed: it is not, after `timeout` seconds.
    """
    begun = clock()
    told = False
    while not is_done():
        waited = clock() - begun
        if waited >= timeout:
            raise CommandFailed(f"still {waiting} after {timeout:g} s; it leaves when that is done")
        if waited >= NOTICE_AFTER_SECONDS and not told:
            told = True
            console.note(waiting)
        sleep(POLL_SECONDS)


def show_config_problems(context: Context, status: Map) -> None:
    """Say on standard error what is wrong with the configuration of the daemon that runs."""
    for line in config_problems(as_map(status.get("config")), context.environ.get("HOME", "")):
        context.console.note(line)


def add_timeout(parser: Parser) -> None:
    """Add the option that says how long to wait for a daemon to leave."""
    parser.add_argument(
        "--timeout",
        type=positive,
        default=STOP_TIMEOUT_SECONDS,
        metavar="SECONDS",
        help=f"how long to wait for requests under way (default {STOP_TIMEOUT_SECONDS:g})",
    )
