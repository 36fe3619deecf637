"""`aircher-cli daemon status`: shows whether the daemon is running, without starting it."""

import argparse

from aircher_cli.commands.daemon.lifecycle import (
    at_socket,
    find_service,
    is_running,
    show_config_problems,
    show_line,
    socket_path,
)
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UNREACHABLE
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import client_lines, headline
from aircher_cli.values import Map
from aircher_client.lock_holder import LockHolder, explain_elsewhere, find_draining_daemon
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.service.control import ServiceState

EXAMPLES = """
aircher-cli daemon status
aircher-cli daemon status --clients
aircher-cli daemon status > /dev/null || echo "not running"
"""


def build_parser() -> Parser:
    """Return the parser of `daemon status`."""
    parser = make_parser(
        "daemon status",
        "Show whether the daemon is running, without starting it. The exit code is 3 if it is not. "
        "`aircher-cli status` shows more.",
        EXAMPLES,
    )
    parser.add_argument(
        "--clients", action="store_true", help="list the clients that are connected, with programs"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the process of the daemon, or that it is not running, and the service if there is one.

    Raises:
        CommandFailed: systemd does not answer.
    """
    control = find_service(context)
    service = None if control is None else control.state()
    status: Map = {}
    if is_running(context):
        with context.connect(autostart=False) as client:
            status = client.call(methods.STATUS, {"clients": True} if options.clients else {})
    if options.json:
        shown = None if service is None else service._asdict()
        where = {} if status else {"socket": socket_path(context)}
        context.console.json({"running": bool(status), **where, "service": shown, **status})
    else:
        _show(context, status, service)
    return OK if status else UNREACHABLE


def _show(context: Context, status: Map, service: "ServiceState | None") -> None:
    if status:
        show_line(context, f"✓ {headline(status)}", "good")
        for line in client_lines(status):
            show_line(context, line)
        show_config_problems(context, status)
    elif service is not None and service.listens:
        show_line(
            context,
            f"aircherd is not running; the next request starts it (socket {socket_path(context)})",
        )
    elif service is not None and service.is_displaced:
        show_line(
            context,
            "aircherd cannot be reached: the file of systemd's socket was removed "
            f"({socket_path(context)}); the next request restores it",
        )
    elif (holder := find_draining_daemon(context.environ)) is not None:
        show_line(context, _describe_holder(context, holder))
    else:
        show_line(context, f"aircherd is not running (socket {socket_path(context)})")
    if service is None:
        return
    from aircher_cli.service.control import (  # noqa: PLC0415 -- only for a service
        missing_advice,
        start_failure,
    )

    if status.get("pid") == service.pid:
        show_line(context, f"  as a service ({service.manager})")
    elif status:
        context.console.note(
            f"the service is installed ({service.manager}), but this daemon was started without "
            "it: 'aircher-cli daemon restart' starts it as the service"
        )
    if service.missing:
        context.console.note(missing_advice(service.missing))
    elif not status and (failure := start_failure(context.environ)) is not None:
        context.console.note(failure)
    elif not (status or service.pid or service.listens or service.is_displaced):
        context.console.note(
            f"the service is installed ({service.manager}) but stopped: 'aircher-cli daemon start'"
        )


def _describe_holder(context: Context, holder: LockHolder) -> str:
    """Say why a daemon that runs does not listen at the socket of this shell."""
    if not holder.serves(socket_path(context)) and is_running(at_socket(context, holder.socket)):
        return explain_elsewhere(holder, socket_path(context))
    return f"aircherd (process {holder.pid}) is stopping: it finishes its requests"
