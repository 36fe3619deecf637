"""`aircher-cli auth import`: stores the keys in the caller's environment variables.

A daemon under systemd does not see what a shell exports. Only the variables that the daemon knows
are sent.
"""

import argparse

from aircher_cli.commands.auth.key_input import add_store
from aircher_cli.commands.auth.login import refuse_elsewhere
from aircher_cli.context import Context
from aircher_cli.exit_codes import NO_PROVIDER, NOT_SIGNED_IN, OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.layout import Line, columns, paragraph
from aircher_cli.values import Map, as_map, records, text, texts
from aircher_wire import methods

EXAMPLES = """
aircher-cli auth import
OPENAI_API_KEY=$(pass openai) aircher-cli auth import
"""

OUTCOMES: dict[str, tuple[str, str, str]] = {
    "stored": ("✓", "good", "stored"),
    "already": ("✓", "good", "already stored"),
    "refused": ("✗", "bad", "refused, not stored"),
    "failed": ("!", "warn", "not stored"),
    "unknown": ("–", "dim", "not used by any provider"),  # noqa: RUF001 - a dash it is
}
"""Outcome -> (symbol, style, text)."""


def build_parser() -> Parser:
    """Return the parser of `auth import`."""
    parser = make_parser(
        "auth import",
        "Check the keys in this shell's environment variables and store those that work. Only "
        "variables of configured providers are read.",
        EXAMPLES,
    )
    parser.add_argument("--no-verify", action="store_true", help="store them without checking")
    add_store(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Send the variables, print the outcome of each, and return `import_exit_code`.

    Raises:
        CommandFailed: none of the variables is set.
    """
    with context.connect() as client:
        status = as_map(client.call(methods.AUTH_STATUS))
        refuse_elsewhere(status)
        wanted = texts(status.get("environment"))
        found = select_variables(wanted, dict(context.environ))
        is_known = as_map(status.get("config")).get("in_use") != NOTHING_IN_USE
        if not found and is_known:  # else the daemon says what is wrong
            raise CommandFailed(
                f"there are no keys to import: {_why_none(wanted)}. "
                "To type a key instead: aircher-cli auth login"
            )
        params: Map = {"variables": found, "verify": not options.no_verify}
        if options.store:
            params["store"] = options.store
        result = client.call(methods.AUTH_IMPORT, params)
    outcomes = records(result.get("outcomes"))
    if options.json:
        context.console.json(result)
    else:
        for line in outcome_lines(outcomes, context.console.width):
            context.console.styled(line)
    return import_exit_code([text(entry.get("outcome")) for entry in outcomes])


def _why_none(wanted: list[str]) -> str:
    if wanted:
        return f"none of {', '.join(wanted)} is set in this shell"
    return 'no entry of a provider with its own base_url names a variable (env = "NAME")'


def select_variables(wanted: list[str], environ: dict[str, str]) -> dict[str, str]:
    """Return those of the wanted variables that are set and not empty."""
    return {name: environ[name] for name in wanted if environ.get(name, "").strip()}


def outcome_lines(outcomes: list[dict[str, object]], width: int) -> list[Line]:
    """Return a line per variable, followed by the reason if it was not stored."""
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
    """Return 0 if all keys are stored, 4 if the others were all refused, else 5."""
    bad = [outcome for outcome in outcomes if outcome in {"refused", "failed"}]
    if not bad:
        return OK
    return NOT_SIGNED_IN if set(bad) == {"refused"} else NO_PROVIDER
