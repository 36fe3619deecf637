"""`aircher-cli route`: shows which providers would be asked now, without asking any."""

import argparse
import time

from aircher_cli.commands.ask.command import STRATEGIES
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, code_exit, reasons
from aircher_cli.parser import (
    Parser,
    add_json,
    add_key,
    add_task,
    make_parser,
    non_empty_name,
    positive_int,
)
from aircher_cli.render.route import route_lines
from aircher_cli.values import Map, records
from aircher_client.project import find_choice
from aircher_wire import codes, methods

EXAMPLES = """
aircher-cli route
aircher-cli route -m sonnet --strategy cheapest
aircher-cli route --key work
aircher-cli route --image --tokens 150000
aircher-cli route --json | jq -r '.candidates[0].provider'
"""

DESCRIPTION = """\
Show which providers would be asked now, in which order, at what cost and why; and which would be
skipped, why, and until when. Nothing is sent to a provider. If none could answer, the exit code is
that of `ask`: 4 if signing in would help, 5 for other reasons."""

DEFAULT_TOKENS = 1000
MAX_TOKENS = 8_000_000
"""A longer prompt would not fit in a frame."""

BYTES_PER_TOKEN = 3.5
"""The daemon's estimate; its answer has the resulting number of tokens."""
TOKENS_PER_MESSAGE = 4

IMAGE: Map = {"type": "image", "url": "https://example.com/picture.png"}
"""It is never fetched."""


def build_parser() -> Parser:
    """Return the parser of `route`."""
    parser = make_parser("route", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add(
        "-m",
        "--model",
        type=non_empty_name,
        metavar="MODEL",
        help="provider/model or an alias",
    )
    add_task(parser)
    add(
        "--provider",
        action="append",
        default=[],
        metavar="NAME",
        help="only this provider; repeatable",
    )
    add_key(parser)
    strategy_help = f"order of the providers: {', '.join(STRATEGIES)}"
    add("--strategy", choices=STRATEGIES, metavar="STRATEGY", help=strategy_help)
    add("--conversation", type=non_empty_name, metavar="NAME", help="as part of this conversation")
    add_json(parser)
    add = parser.add_argument_group("the request").add_argument
    tokens_help = f"length of the prompt (default {DEFAULT_TOKENS})"
    add("--tokens", type=_tokens, default=DEFAULT_TOKENS, metavar="N", help=tokens_help)
    add(
        "--max-tokens",
        type=positive_int,
        metavar="N",
        help="maximum length of the answer in tokens",
    )
    add("--image", action="store_true", help="with an image")
    add("--tools", action="store_true", help="with tools")
    add("--schema", action="store_true", help="with a JSON schema for the answer")
    add("--reasoning", action="store_true", help="with reasoning")
    return parser


def _tokens(typed: str) -> int:
    """Parse a prompt length that fits in a frame."""
    value = positive_int(typed)
    if value > MAX_TOKENS:
        raise argparse.ArgumentTypeError(f"must be a whole number, at most {MAX_TOKENS}")
    return value


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the plan; return 0, or the exit code of `ask` if no provider can be asked.

    Raises:
        DaemonError: the model, the task or a provider does not exist.
    """
    if path := find_choice(context.environ):
        from aircher_cli.project_choice import choose  # noqa: PLC0415 -- most have none

        choose(context, options, path)
    with context.connect() as client:
        plan = client.call(methods.ROUTE_EXPLAIN, build_request(options))
    if options.json:
        context.console.json(plan)
    else:
        for line in route_lines(plan, context.console.width, time.time()):
            context.console.styled(line)
    if records(plan.get("candidates")):
        return OK
    if not options.json:
        from aircher_cli.signing_in.notes import plan_notes  # noqa: PLC0415 -- rarely needed

        for note in plan_notes(plan, context.environ):
            context.console.note(note)
    why = reasons(plan)
    return code_exit(why[0] if len(why) == 1 else codes.ALL_FAILED, why)


def build_request(options: argparse.Namespace) -> Map:
    """Return a request like the one that the options describe."""
    size = max(0, options.tokens - TOKENS_PER_MESSAGE)
    prompt = "x" * round(size * BYTES_PER_TOKEN)
    parts = [{"type": "text", "text": prompt}, IMAGE]
    request: Map = {"messages": [{"role": "user", "content": parts if options.image else prompt}]}
    options_given: Map = {
        "model": options.model,
        "task": options.task,
        "conversation": options.conversation,
        "max_tokens": options.max_tokens,
        "tools": [{"name": "any"}] if options.tools else None,
        "response_format": {"type": "json_schema", "schema": "{}"} if options.schema else None,
        "reasoning": "medium" if options.reasoning else None,
    }
    route: Map = {
        "providers": options.provider or None,
        "strategy": options.strategy,
        "key": options.label,
    }
    options_given["route"] = _without_none(route) or None
    return {**request, **_without_none(options_given)}


def _without_none(fields: Map) -> Map:
    return {non_empty_name: value for non_empty_name, value in fields.items() if value is not None}
