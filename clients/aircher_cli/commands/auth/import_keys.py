"""`aircher-cli auth import`: store the keys that stand in the caller's environment.

A daemon under systemd does not see what a shell exports. Only the variables the daemon asks for
are sent.
"""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import NO_PROVIDER, NOT_SIGNED_IN, OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.layout import Line, columns, paragraph
from aircher_cli.values import records, text, texts
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth import
OPENAI_API_KEY=$(pass openai) aircher-cli auth import
"""

OUTCOMES: dict[str, tuple[str, str, str]] = {
    "stored": ("✓", "good", "stored"),
    "already": ("✓", "good", "stored before"),
    "refused": ("✗", "bad", "refused, not stored"),
    "failed": ("!", "warn", "not stored"),
    "unknown": ("–", "dim", "no provider uses it"),  # noqa: RUF001 - a dash it is
}
"""Outcome -> symbol, style, words."""


def build_parser() -> Parser:
    """Return the parser of `auth import`."""
    parser = make_parser(
        "auth import",
        "Store the keys in this shell's environment variables, each after checking that it works. "
        "Only variables that a configured provider names are looked at.",
        EXAMPLES,
    )
    parser.add_argument("--no-verify", action="store_true", help="store them unchecked")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Send the variables, print what became of each; return what `import_exit_code` makes of it.

    Raises:
        CommandFailed: none of the variables is set.
    """
    with context.connect() as client:
        wanted = texts(client.call(methods.AUTH_STATUS).get("environment"))
        found = select_variables(wanted, dict(context.environ))
        if not found:
            raise CommandFailed(f"nothing to import: none of {', '.join(wanted)} is set here")
        params = {"variables": found, "verify": not options.no_verify}
        result = client.call(methods.AUTH_IMPORT, params)
    outcomes = records(result.get("outcomes"))
    if options.json:
        context.console.json(result)
    else:
        for line in outcome_lines(outcomes, context.console.width):
            context.console.styled(line)
    return import_exit_code([text(entry.get("outcome")) for entry in outcomes])


def select_variables(wanted: list[str], environ: dict[str, str]) -> dict[str, str]:
    """Return the variables the daemon asks for and the caller has, and no others."""
    return {name: environ[name] for name in wanted if environ.get(name, "").strip()}


def outcome_lines(outcomes: list[dict[str, object]], width: int) -> list[Line]:
    """Return a line per variable, and under it why it was not stored."""
    heads = columns([_cells(entry) for entry in outcomes], width, droppable=(2,))
    lines: list[Line] = []
    for entry, head in zip(outcomes, heads, strict=True):
        lines += head
        if message := text(entry.get("message")):
            lines += paragraph(message, width, indent="    ", hang="  ")
    return lines


def _cells(entry: dict[str, object]) -> Line:
    outcome = text(entry.get("outcome"))
    symbol, style, words = OUTCOMES.get(outcome, ("?", "warn", outcome))
    name, provider = text(entry.get("variable")), text(entry.get("provider"))
    return [(symbol, style), (name, "bold"), (provider, ""), (words, style)]


def import_exit_code(outcomes: list[str]) -> int:
    """Return the exit code: 0 unless something was not stored, 4 if only for refused keys."""
    bad = [outcome for outcome in outcomes if outcome in {"refused", "failed"}]
    if not bad:
        return OK
    return NOT_SIGNED_IN if set(bad) == {"refused"} else NO_PROVIDER
