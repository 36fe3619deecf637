"""`aircher-cli token create`: creates a token, shows it once, and says where to set it."""

import argparse
import os
import re
import time

from aircher_cli.commands.inputs.time_input import read_end, read_length
from aircher_cli.commands.token.amounts import read_limits
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.values import Map, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli token create zed
aircher-cli token create zed --model sonnet --usd 5/day
aircher-cli token create ci --provider openai --requests 100/hour --expires 30d
aircher-cli token create notebook --tokens 1M/day --project ~/src/acme --json
"""

DESCRIPTION = """\
Create a token for a program that uses aircher over HTTP. It is the program's name in usage, limits
and events. It is shown once, on standard output; the daemon keeps only a digest of it. A program
that needs one only while it runs gets it from `aircher-cli run`."""

SUGGESTED_PORT = 8137

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def build_parser() -> Parser:
    """Return the parser of `token create`."""
    parser = make_parser("token create", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    name_help = "letters, digits, dots, dashes and underscores"
    add("name", type=_token_name, metavar="NAME", help=name_help)
    add(
        "-m",
        "--model",
        action="append",
        type=non_empty_name,
        metavar="MODEL",
        help="allow only this name of a model; * stands for any part of one; repeat for more",
    )
    add(
        "--provider",
        action="append",
        type=non_empty_name,
        metavar="NAME",
        help="let only this provider answer; repeat for more",
    )
    add("--usd", action="append", metavar="N/PERIOD", help="at most so much: 5/day, 0.50/hour")
    add("--requests", action="append", metavar="N/PERIOD", help="at most so many: 100/hour")
    add("--tokens", action="append", metavar="N/PERIOD", help="at most so many: 200k/day, 1M/month")
    project_help = "the project of its requests: a folder or a name"
    add("--project", type=non_empty_name, metavar="PROJECT", help=project_help)
    add("--expires", metavar="TIME", help="when it ends: 12h, 30d, 2027-01-31 or 18:00")
    add_json(parser)
    return parser


def _token_name(typed: str) -> str:
    """Accept what the daemon accepts, and say it in words."""
    name = non_empty_name(typed)
    if _NAME.fullmatch(name) is None:
        raise argparse.ArgumentTypeError(
            "must have up to 64 letters, digits, '.', '_' and '-', and begin with a letter or digit"
        )
    return name


def run(context: Context, options: argparse.Namespace) -> int:
    """Create the token and print it.

    Raises:
        UsageError: a limit or the time is invalid.
        DaemonError: there is a token of that name, or it cannot be stored.
    """
    params = request(options, time.time())
    with context.connect() as client:
        created: Map = client.call(methods.TOKEN_CREATE, params)
    console = context.console
    if options.json:
        console.json(created)
        return OK
    console.line(text(created.get("token")))
    for line in advice(created):
        console.note(line)
    return OK


def request(options: argparse.Namespace, now: float) -> Map:
    """Return the parameters of `token.create`.

    Raises:
        UsageError: a limit or the time is invalid.
    """
    typed = {name: getattr(options, name) or [] for name in ("usd", "requests", "tokens")}
    limits = read_limits(typed)
    chosen: Map = {
        "models": options.model,
        "providers": options.provider,
        "limits": limits or None,
        "project": _project(options.project),
        "expires_at": None if options.expires is None else _expiry(options.expires, now),
    }
    return {"name": options.name, **{k: v for k, v in chosen.items() if v is not None}}


def _project(typed: str | None) -> str | None:
    """Return a folder as the ledger has it, and any other name as it is."""
    if typed is None or not os.path.isdir(typed):  # noqa: PTH112 -- a text
        return typed
    return os.path.realpath(typed)


def _expiry(typed: str, now: float) -> float:
    try:
        return now + read_length(typed, "--expires")
    except UsageError:
        pass
    try:
        return read_end(typed, "--expires", now)
    except UsageError as error:
        raise UsageError(f"{error.message}, or a length: 12h, 30d") from None


def advice(created: Map) -> list[str]:
    """Return what to do with a new token, a line each. The token is not repeated."""
    url = text(created.get("url"))
    lines = ["This is shown once. Set it as the key of the program, and as its URL:"]
    if url:
        lines += [
            f"  OpenAI     OPENAI_BASE_URL={url}/v1  OPENAI_API_KEY=TOKEN",
            f"  Anthropic  ANTHROPIC_BASE_URL={url}  ANTHROPIC_AUTH_TOKEN=TOKEN",
            f"  Gemini     GOOGLE_GEMINI_BASE_URL={url}  GEMINI_API_KEY=TOKEN",
            f"  Ollama     OLLAMA_HOST={url}  OLLAMA_API_KEY=TOKEN",
        ]
        return lines
    if problem := text(created.get("port_problem")):
        return [f"This is shown once: set it as the key of the program. No port is open: {problem}"]
    return [
        "This is shown once: set it as the key of the program. No port is open yet. Open one:",
        f"  aircher-cli config set http.port {SUGGESTED_PORT}",
    ]
