"""`aircher-cli route`: who would be asked now, in which order, and who would not. Asks nobody."""

import argparse
import time

from aircher_cli.commands.ask.command import STRATEGIES
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, code_exit, reasons
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name, positive_int
from aircher_cli.render.route import route_lines
from aircher_cli.values import Map, records
from aircher_wire import codes, methods

EXAMPLES = """
aircher-cli route
aircher-cli route -m sonnet --strategy cheapest
aircher-cli route --image --tokens 150000
aircher-cli route --json | jq -r '.candidates[0].provider'
"""

DESCRIPTION = """\
Show who would be asked now, in this order, what it would cost and why; and who would be passed
over, why, and until when. Nothing is sent to anybody. The exit code is that of `ask` where nobody
could answer: 4 if signing in would cure it, 5 for other reasons."""

DEFAULT_TOKENS = 1000
MAX_TOKENS = 8_000_000
"""More would not fit in a frame."""

BYTES_PER_TOKEN = 3.5
"""As the daemon estimates; its answer says what it made of it."""
TOKENS_PER_MESSAGE = 4

IMAGE: Map = {"type": "image", "url": "https://example.com/picture.png"}
"""Nobody fetches it."""


def build_parser() -> Parser:
    """Return the parser of `route`."""
    parser = make_parser("route", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add(
        "-m",
        "--model",
        type=non_empty_name,
        metavar="MODEL",
        help="provider/model, or an alias of yours",
    )
    add("--provider", action="append", default=[], metavar="NAME", help="only this provider")
    strategy_help = f"in which order: {', '.join(STRATEGIES)}"
    add("--strategy", choices=STRATEGIES, metavar="STRATEGY", help=strategy_help)
    add(
        "--conversation", type=non_empty_name, metavar="NAME", help="as a part of this conversation"
    )
    add_json(parser)
    add = parser.add_argument_group("the request").add_argument
    tokens_help = f"how long the prompt is (default {DEFAULT_TOKENS})"
    add("--tokens", type=_tokens, default=DEFAULT_TOKENS, metavar="N", help=tokens_help)
    add("--max-tokens", type=positive_int, metavar="N", help="longest answer")
    add("--image", action="store_true", help="it has an image")
    add("--tools", action="store_true", help="it has tools")
    add("--schema", action="store_true", help="it wants JSON that fits a schema")
    add("--reasoning", action="store_true", help="it wants the model to think first")
    return parser


def _tokens(typed: str) -> int:
    """Parse a length that can be sent."""
    value = positive_int(typed)
    if value > MAX_TOKENS:
        raise argparse.ArgumentTypeError(f"takes a whole number up to {MAX_TOKENS}")
    return value


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the plan; return the exit code, that of `ask` if nobody can be asked.

    Raises:
        DaemonError: there is no such model or provider.
    """
    with context.connect() as client:
        plan = client.call(methods.ROUTE_EXPLAIN, build_request(options))
    if options.json:
        context.console.json(plan)
    else:
        for line in route_lines(plan, context.console.width, time.time()):
            context.console.styled(line)
    if records(plan.get("candidates")):
        return OK
    why = reasons(plan)
    return code_exit(why[0] if len(why) == 1 else codes.ALL_FAILED, why)


def build_request(options: argparse.Namespace) -> Map:
    """Return a request of the kind that is asked about."""
    size = max(0, options.tokens - TOKENS_PER_MESSAGE)
    prompt = "x" * round(size * BYTES_PER_TOKEN)
    parts = [{"type": "text", "text": prompt}, IMAGE]
    request: Map = {"messages": [{"role": "user", "content": parts if options.image else prompt}]}
    wishes: Map = {
        "model": options.model,
        "conversation": options.conversation,
        "max_tokens": options.max_tokens,
        "tools": [{"name": "any"}] if options.tools else None,
        "response_format": {"type": "json_schema", "schema": "{}"} if options.schema else None,
        "reasoning": "medium" if options.reasoning else None,
    }
    route: Map = {"providers": options.provider or None, "strategy": options.strategy}
    wishes["route"] = _without_none(route) or None
    return {**request, **_without_none(wishes)}


def _without_none(fields: Map) -> Map:
    return {non_empty_name: value for non_empty_name, value in fields.items() if value is not None}
