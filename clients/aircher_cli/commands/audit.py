"""`aircher-cli audit`: shows what was done with keys and with the daemon, and by which client."""

import argparse
import time

from aircher_cli.commands.inputs.time_input import TIME_FORMATS, read_span
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import format_time
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, as_map, number, records, text
from aircher_client.errors import ConnectionLost, DaemonUnreachable, NoAnswer
from aircher_wire import methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = """
aircher-cli audit
aircher-cli audit --since 2d
aircher-cli audit --client nvim --kind key_use
aircher-cli audit --follow
aircher-cli audit --json | jq '.rows[] | select(.outcome == "forbidden")'
"""

DESCRIPTION = """\
Show the audit log: sign-ins and sign-outs, locks, changes of the configuration, starts and ends of
the daemon, questions to you, refusals, and how often each client used which key. It has no prompt
and no key. While no daemon runs, its files are read."""

KINDS = (
    "start", "stop", "shutdown", "sign_in", "sign_out", "import", "key_test", "lock", "unlock",
    "question", "confirmation", "config_change", "config_reload", "refused", "refused_peer",
    "refused_token", "refused_page", "key_use", "displaced", "token_create", "token_revoke",
    "token_open",
)  # fmt: skip
MAX_LIMIT = 1000
"""The most rows that the daemon returns."""
POLL_SECONDS = 0.5

_SHOWN_FIRST = ("at", "kind", "client", "program", "pid")


def build_parser() -> Parser:
    """Return the parser of `audit`."""
    parser = make_parser("audit", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("--since", metavar="TIME", help=f"only what happened since then: {TIME_FORMATS}")
    add("--until", metavar="TIME", help="only what happened before; in the same forms")
    add("--client", type=non_empty_name, metavar="NAME", help="only what this client did")
    add("--kind", choices=KINDS, metavar="KIND", help=f"only this: {', '.join(KINDS)}")
    add("-f", "--follow", action="store_true", help="go on with what is added, until Ctrl-C")
    add_json(parser, "print JSON; with --follow one object for each line")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the lines, the oldest first.

    Raises:
        UsageError: a time is invalid.
        DaemonError: the daemon cannot read the log.
        CommandFailed: this program cannot.
    """
    now = time.time()
    params: Map = {"limit": MAX_LIMIT}
    if options.since is not None:
        params["since"] = read_span(options.since, "--since", now)[0]
    if options.until is not None:
        params["until"] = read_span(options.until, "--until", now)[1]
    for name in ("client", "kind"):
        if getattr(options, name) is not None:
            params[name] = getattr(options, name)
    if options.follow:
        return _follow(context, params, now, as_json=options.json)
    result = _read(context, params)
    if options.json:
        context.console.json(result)
        return OK
    rows = records(result.get("rows"))
    for row in rows:
        _print(context, row, now)
    if not rows:
        context.console.line("nothing is noted")
    if trouble := as_map(result.get("audit")):
        context.console.note(f"lines are missing: {text(trouble.get('reason'))}")
    return OK


def _read(context: Context, params: Map) -> Map:
    """Return the daemon's answer, or what its files say while none runs."""
    try:
        with context.connect(autostart=False) as client:
            result: Map = client.call(methods.AUDIT_LIST, params)
            return result
    except (ConnectionLost, NoAnswer):
        raise  # it runs
    except DaemonUnreachable:
        file = _file(context)
    return {"file": str(file), "rows": _read_file(file, params)}


def _file(context: Context) -> "Path":
    from aircher_wire import address, audit_lines  # noqa: PLC0415 -- rarely needed

    return address.data_directory(context.environ) / audit_lines.FILE


def _read_file(file: "Path", params: Map) -> list[Map]:
    from aircher_wire import audit_lines  # noqa: PLC0415 -- rarely needed

    try:
        found = [line for line in audit_lines.read(file) if _matches(line, params)]
    except OSError as error:
        raise _unreadable(file, error) from None
    return found[-MAX_LIMIT:]


def _matches(line: Map, params: Map) -> bool:
    from aircher_wire import audit_lines  # noqa: PLC0415 -- rarely needed

    since, until = number(params.get("since")), number(params.get("until"))
    client, kind = text(params.get("client")) or None, text(params.get("kind")) or None
    return audit_lines.matches(line, since, until, client, kind)


def _unreadable(file: "Path", error: OSError) -> CommandFailed:
    return CommandFailed(f"{error.filename or file} cannot be used: {error.strerror}")


def _follow(context: Context, params: Map, now: float, *, as_json: bool) -> int:
    """Print what the files have, then what is added; returns only at an error."""
    from aircher_wire import audit_lines  # noqa: PLC0415 -- rarely needed

    file = _file(context)
    try:
        follower = audit_lines.Follower(file)
        rows = [*audit_lines.read_older(file), *follower.read_new()]
    except OSError as error:
        raise _unreadable(file, error) from None
    while True:
        for row in rows:
            if not _matches(row, params):
                continue
            if as_json:
                context.console.json(row)
            else:
                _print(context, row, now)
        time.sleep(POLL_SECONDS)
        now = time.time()
        try:
            rows = follower.read_new()
        except OSError as error:
            raise _unreadable(file, error) from None


def _print(context: Context, row: Map, now: float) -> None:
    for line in paragraph(describe(row, now), context.console.width, hang="  "):
        context.console.styled(line)


def describe(row: Map, now: float) -> str:
    """Return a line of the log as text."""
    program, pid = text(row.get("program")), row.get("pid")
    process = " ".join(each for each in (program, f"(process {pid})" if pid else "") if each)
    facts = [f"{name}={_shown(value)}" for name, value in row.items() if name not in _SHOWN_FIRST]
    at = format_time(number(row.get("at")) or 0.0, now)
    parts = [at, text(row.get("kind")), text(row.get("client")), process, *facts]
    return "  ".join(part for part in parts if part)


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return round(value) if isinstance(value, float) else value
