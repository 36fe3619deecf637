"""`aircher-cli daemon install`: makes the daemon a service of the user (systemd or launchd)."""

import argparse

from aircher_cli.commands.daemon.lifecycle import add_timeout, show_config_problems, show_line
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.daemon import headline
from aircher_cli.values import Map
from aircher_wire import methods
from aircher_wire.address import environment_file_as_shown

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_client import Client

EXAMPLES = """
aircher-cli daemon install
aircher-cli daemon install --hardened
aircher-cli daemon install --no-start
"""


def build_parser() -> Parser:
    """Return the parser of `daemon install`."""
    parser = make_parser(
        "daemon install",
        "Make the daemon a service of this user: systemd listens on its socket from the login on, "
        "starts it with the first request, and restarts it if it fails. On macOS launchd runs it. "
        "Run it again after moving the installation. 'aircher-cli daemon uninstall' removes it.",
        EXAMPLES,
    )
    parser.add_argument(
        "--hardened",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="protect the system's and your files from the daemon, too; needs user namespaces",
    )
    parser.add_argument(
        "--no-start",
        dest="start",
        action="store_false",
        help="start nothing now; the next login does",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace units that are not from aircher-cli, and keep copies of them",
    )
    add_timeout(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Install and start the service; print each step that changed something.

    Raises:
        CommandFailed: it cannot be installed or started; what was done before stays.
        DaemonUnreachable: the home belongs to another user; nothing was done.
    """
    from aircher_cli.service import manager  # noqa: PLC0415 -- not for `--help`
    from aircher_cli.service.steps import Steps  # noqa: PLC0415 -- likewise
    from aircher_client.autostart import check_directories  # noqa: PLC0415 -- likewise

    check_directories(context.environ)
    steps = Steps(context.console, is_silent=options.json)
    wishes = manager.Wishes(
        hardened=options.hardened,
        start=options.start,
        force=options.force,
        timeout=options.timeout,
    )
    manager.install(context, steps, wishes)
    status: Map = {}
    if options.start:
        # A client that may start the daemon also waits for one that is being restarted.
        with context.connect() as client:
            status = client.call(methods.STATUS)
            advice = _advice(context, client) if steps.changes else []
        for line in advice:
            steps.note(line)
    if options.json:
        record = {"changed": bool(steps.changes), "steps": steps.changes, "notes": steps.notes}
        context.console.json({**record, **status})
        return OK
    if not steps.changes:
        context.console.line("nothing to do: the service is installed already")
    if status:
        show_line(context, f"✓ {headline(status)}", "good")
        show_config_problems(context, status)
    return OK


def _advice(context: Context, client: "Client") -> list[str]:
    """Return what the service does not have that this shell has, and how it gets it."""
    from aircher_cli.service import advice, manager  # noqa: PLC0415 -- not for `--help`

    environ = context.environ
    keys = advice.unseen_keys(client.call(methods.AUTH_STATUS), environ)
    lines = advice.key_advice(keys)
    if (service_path := manager.service_path(context)) is not None:
        config = client.call(methods.CONFIG_SHOW)
        programs = advice.unfound_programs(config, environ.get("PATH", ""), service_path)
        lines += advice.program_advice(programs, environment_file_as_shown(environ))
        lines += advice.linger_advice(environ)
    return lines
