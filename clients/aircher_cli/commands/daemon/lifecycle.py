"""Shared by the `daemon` commands: finds, starts and stops the daemon."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.parser import Parser, positive
from aircher_cli.render.config.problems import config_problems
from aircher_cli.render.formatting import count
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, as_map, number
from aircher_client import ConnectionLost, DaemonError
from aircher_client.connection import connect
from aircher_client.lock_holder import find_draining_daemon, is_gone
from aircher_wire import address, codes, methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.service.control import Control
    from aircher_client import Client

POLL_SECONDS = 0.02
"""Seconds between two checks of a process that is stopping."""

NOTICE_AFTER_SECONDS = 1.0
"""Seconds before a notice says what is waited for."""

STOP_TIMEOUT_SECONDS = 60.0
"""Default time in seconds for a daemon to finish its requests."""


def socket_path(context: Context) -> str:
    """Return the path of the daemon's socket, whether it exists or not."""
    return address.find_socket(context.environ)


def at_socket(context: Context, path: str) -> Context:
    """Return a context whose daemon is the one that serves the socket `path`."""
    environ = {**context.environ, "AIRCHER_SOCKET": path}
    return Context(context.console, environ, context.stdin, context.own_notices)


def find_service(context: Context) -> "Control | None":
    """Return the service that `daemon install` has set up for this socket, None without one."""
    from aircher_cli.service.control import find_control  # noqa: PLC0415 -- only `daemon` needs it

    return find_control(context.environ)


def is_running(context: Context) -> bool:
    """Tell whether a daemon runs, without starting one.

    Raises:
        DaemonUnreachable: the socket's directory is not safe, or the daemon hangs.
        CommandFailed: systemd, which listens for the daemon, does not answer.
    """
    service = find_service(context)
    if service is not None and (state := service.state()).listens:
        return state.pid != 0  # connecting would start it
    sock = connect(socket_path(context), time.monotonic() + 5.0)
    if sock is None:
        return False
    sock.close()
    return True


def start(context: Context) -> Map:
    """Start a daemon unless one is running, and return its status once it is ready.

    AIRCHER_AUTOSTART=0 is ignored: it is for commands that start a daemon implicitly.

    Raises:
        DaemonUnreachable: it could not be started, or was not ready in time.
        CommandFailed: the service does not start.
    """
    if (service := find_service(context)) is not None:
        service.start()
    environ = {
        name: value for name, value in context.environ.items() if name != "AIRCHER_AUTOSTART"
    }
    starter = Context(context.console, environ, context.stdin, context.own_notices)
    with starter.connect() as client:
        status: Map = client.call(methods.STATUS)
        return status


def stop(context: Context, timeout: float, *, at_once: bool = False) -> int | None:
    """Stop the daemon after its requests; return its process id, or None if none was running.

    A daemon of this home that serves another socket, as after `su`, is stopped, too: none can start
    at this socket while it runs. With `at_once` its requests end with `shutting_down`.

    Raises:
        CommandFailed: it is still running after `timeout` seconds.
        DaemonUnreachable: it does not answer.
    """
    service = find_service(context)
    if service is not None and (state := service.state()).is_displaced and state.pid:
        service.stop(lambda pid: wait_for_end(context, pid, timeout, at_once=at_once))
        return state.pid
    if not is_running(context):
        holder = find_draining_daemon(context.environ)
        if holder is not None and not holder.serves(socket_path(context)):
            there = at_socket(context, holder.socket)
            if is_running(there):
                return stop(there, timeout, at_once=at_once)
        if holder is not None:
            wait_for_end(context, holder.pid, timeout, at_once=at_once)
        return None if holder is None else holder.pid
    if service is not None and (pid := service.state().pid):
        service.stop(lambda pid: wait_for_end(context, pid, timeout, at_once=at_once))
        return pid
    with context.connect(autostart=False) as client:
        pid, work = request_stop(client)
    if at_once:
        _signal(pid)
    waiting = f"waiting for aircherd (process {pid}) to finish {work}"
    wait_until(lambda: is_gone(pid), context.console, timeout=timeout, waiting=waiting)
    return pid


def request_stop(client: "Client") -> tuple[int, str]:
    """Let the daemon stop; return its process id and what it has to finish.

    A daemon that does not understand or cannot answer, e.g. because its installation is gone, gets
    a signal.

    Raises:
        DaemonError, ConnectionLost: it cannot answer, and its process is not known; or the
            configuration does not let this client stop it.
    """
    pid = client.daemon_pid
    try:
        status = client.call(methods.STATUS)
        client.call(methods.SHUTDOWN)
    except (DaemonError, ConnectionLost) as error:
        if pid is None or (isinstance(error, DaemonError) and error.code == codes.FORBIDDEN):
            raise
        # While it drains, a signal would end its requests.
        if not isinstance(error, DaemonError) or error.code != codes.SHUTTING_DOWN:
            _signal(pid)
        return pid, "its work"
    return int(number(status.get("pid")) or 0), _pending_work(status)


def _signal(pid: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, signal.SIGTERM)


def restart(context: Context, timeout: float) -> tuple[int | None, Map]:
    """Stop the daemon after its requests and start it; return its old process and its new status.

    A service keeps its socket: clients that come meanwhile wait for the new daemon.

    Raises:
        CommandFailed: it is still running after `timeout` seconds, or the service does not start.
        DaemonUnreachable: it does not answer, or could not be started.
    """
    service = find_service(context)
    if service is not None and (pid := service.state().pid):
        service.restart(lambda pid: wait_for_end(context, pid, timeout))
        return pid, start(context)
    stopped = stop(context, timeout)
    return stopped, start(context)


def wait_for_end(context: Context, pid: int, timeout: float, *, at_once: bool = False) -> None:
    """Wait until a stopping daemon has finished its requests, or end them `at_once`.

    Raises:
        CommandFailed: it is still running after `timeout` seconds.
    """
    if at_once:
        _signal(pid)
    work = "to end" if at_once else "to finish its requests"
    waiting = f"waiting for aircherd (process {pid}) {work}"
    wait_until(lambda: is_gone(pid), context.console, timeout=timeout, waiting=waiting)


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
    """Wait until `is_done` returns true; print a notice after a second.

    Raises:
        CommandFailed: it is still false after `timeout` seconds.
    """
    started_at = clock()
    noticed = False
    while not is_done():
        waited = clock() - started_at
        if waited >= timeout:
            raise CommandFailed(f"still {waiting} after {timeout:g} s; it stops when that is done")
        if waited >= NOTICE_AFTER_SECONDS and not noticed:
            noticed = True
            console.note(waiting)
        sleep(POLL_SECONDS)


def show_line(context: Context, text: str, style: str = "") -> None:
    """Print a line, wrapped to the terminal's width."""
    for line in paragraph(text, context.console.width, hang="  ", style=style):
        context.console.styled(line)


def show_config_problems(context: Context, status: Map) -> None:
    """Print problems of the daemon's configuration to standard error."""
    for line in config_problems(as_map(status.get("config")), context.environ.get("HOME", "")):
        context.console.note(line)


def add_timeout(parser: Parser) -> None:
    """Add the `--timeout` option."""
    parser.add_argument(
        "--timeout",
        type=positive,
        default=STOP_TIMEOUT_SECONDS,
        metavar="SECONDS",
        help=f"how long to wait for running requests (default {STOP_TIMEOUT_SECONDS:g})",
    )
