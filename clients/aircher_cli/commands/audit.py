"""`aircher-cli audit`: shows what was done with keys and with the daemon, and by which client."""

import argparse
import time

from aircher_cli.commands.inputs.time_input import TIME_FORMATS, read_span
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import format_time
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, as_map, number, records, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli audit
aircher-cli audit --since 2d
aircher-cli audit --client nvim --kind key_use
aircher-cli audit --json | jq '.rows[] | select(.outcome == "forbidden")'
"""

DESCRIPTION = """\
Show the audit log: sign-ins and sign-outs, locks, changes of the configuration, starts and ends of
the daemon, confirmations, refusals, and how often each client used which key. It has no prompt and
no key."""

KINDS = (
    "start", "stop", "shutdown", "sign_in", "sign_out", "import", "key_test", "lock", "unlock",
    "confirmation", "config_change", "config_reload", "refused", "refused_peer", "key_use",
)  # fmt: skip
MAX_LIMIT = 1000
"""The most rows that the daemon returns."""

_SHOWN_FIRST = ("at", "kind", "client", "program", "pid")


def build_parser() -> Parser:
    """Return the parser of `audit`."""
    parser = make_parser("audit", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("--since", metavar="TIME", help=f"only what happened since then: {TIME_FORMATS}")
    add("--until", metavar="TIME", help="only what happened before; in the same forms")
    add("--client", type=non_empty_name, metavar="NAME", help="only what this client did")
    add("--kind", choices=KINDS, metavar="KIND", help=f"only this: {', '.join(KINDS)}")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the lines, the oldest first.

    Raises:
        UsageError: a time is invalid.
        DaemonError: the log cannot be read.
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
    with context.connect() as client:
        result = client.call(methods.AUDIT_LIST, params)
    if options.json:
        context.console.json(result)
        return OK
    rows = records(result.get("rows"))
    for row in rows:
        for line in paragraph(describe(row, now), context.console.width, hang="  "):
            context.console.styled(line)
    if not rows:
        context.console.line("nothing is noted")
    if trouble := as_map(result.get("audit")):
        context.console.note(f"lines are missing: {text(trouble.get('reason'))}")
    return OK


def describe(row: Map, now: float) -> str:
    """Return a line of the log as text."""
    program, pid = text(row.get("program")), row.get("pid")
    process = " ".join(each for each in (program, f"(process {pid})" if pid else "") if each)
    facts = [f"{name}={value}" for name, value in row.items() if name not in _SHOWN_FIRST]
    at = format_time(number(row.get("at")) or 0.0, now)
    parts = [at, text(row.get("kind")), text(row.get("client")), process, *facts]
    return "  ".join(part for part in parts if part)
