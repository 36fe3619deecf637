"""`aircher-cli auth login`: passes a key to the daemon, which checks and stores it."""

import argparse
import time

from aircher_cli.commands.auth.key_input import (
    KEY_ON_COMMAND_LINE,
    add_store,
    read_key,
    refuse_keys,
)
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.registry import suggest
from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.keys import key_lines, rows_with_engine
from aircher_cli.values import as_map, records, text
from aircher_client import DaemonError
from aircher_wire import codes, methods

EXAMPLES = """
aircher-cli auth login
aircher-cli auth login anthropic
printf %s "$KEY" | aircher-cli auth login openai --with-token
aircher-cli auth login openai --label work
aircher-cli auth login openai --store file
aircher-cli auth login shared
"""

ENGINE = "shared"
"""What the password of a fleet's engine is stored as."""

DESCRIPTION = """\
Check a key for a provider and store it. At a terminal you are prompted for the key, which is not
shown, and without PROVIDER for the provider; otherwise the key is read from standard input. The
daemon checks the key with the provider, free of charge, and stores it only if it works: in your
keyring, or in a private file where there is no keyring. `shared` is the password of the engine that
a fleet of machines shares."""


def build_parser() -> Parser:
    """Return the parser of `auth login`."""
    parser = make_parser("auth login", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    known = "anthropic, openai, gemini, openrouter, or one in your configuration"
    add("provider", nargs="?", type=non_empty_name, metavar="PROVIDER", help=known)
    # With a default, argparse's messages do not mention it as required.
    add("misplaced", nargs="*", default=[], help=argparse.SUPPRESS)
    add(
        "--label",
        type=non_empty_name,
        metavar="LABEL",
        help="a name for this key, if you have several",
    )
    add("--with-token", action="store_true", help="read the key from standard input")
    add("--no-verify", action="store_true", help="store the key without checking it")
    add_store(parser)
    add_json(parser)
    parser.usage = "aircher-cli auth login [PROVIDER] [options]"
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Store a key; return the exit code.

    Raises:
        UsageError: there is no key, or it is in the arguments.
        DaemonError: the key was refused, or could not be checked or stored.
    """
    if options.misplaced:
        raise UsageError(KEY_ON_COMMAND_LINE)
    refuse_keys([options.provider or "", options.label or ""])
    what = ""
    with context.connect() as client:
        if options.provider is None or not context.has_input():
            # Check the provider's name before the user pastes the key.
            status = as_map(client.call(methods.AUTH_STATUS))
            refuse_elsewhere(status)
            refuse_locked(status)
            if options.provider is None:
                from aircher_cli.signing_in.which import choose_provider  # noqa: PLC0415 -- rarely

                options.provider = choose_provider(context, status)
            refuse_unknown_provider(status, options.provider)
            if page := keys_page(records(status.get("rows")), options.provider):
                context.console.note(f"Keys for {options.provider} are created at {page}")
            if options.provider == ENGINE and status.get("shared"):
                what = "Password of the engine"
        params = {"provider": options.provider, "key": read_key(context, options.provider, what)}
        if options.label:
            params["label"] = options.label
        if options.store:
            params["store"] = options.store
        row = client.call(methods.AUTH_LOGIN, {**params, "verify": not options.no_verify})
    _show(context, row, as_json=options.json)
    return OK


def refuse_unknown_provider(status: dict[str, object], provider: str) -> None:
    """Check that the daemon knows `provider`.

    Raises:
        UsageError: it does not.
        DaemonError: `config_invalid`: its entry in the configuration is invalid, or the whole file,
            and then the providers in it are not known.
    """
    config = as_map(status.get("config"))
    if config.get("in_use") == NOTHING_IN_USE:
        problem = as_map(config.get("problem"))
        raise DaemonError(codes.CONFIG_INVALID, text(problem.get("message")), problem)
    rows = rows_with_engine(status)
    reason = next((text(each.get("reason")) for each in rows if _is_refused(each, provider)), None)
    if reason is not None:
        raise DaemonError(codes.CONFIG_INVALID, f"{provider} is refused: {reason}", {})
    known = list(dict.fromkeys(text(row.get("provider")) for row in rows))
    if provider == ENGINE and provider not in known:
        raise UsageError("the configuration has no [shared]: add it first, with its url")
    if known and provider not in known:
        names = ", ".join(known)
        raise UsageError(f'unknown provider "{provider}"{suggest(provider, known)}; known: {names}')


def refuse_elsewhere(status: dict[str, object]) -> None:
    """Check that the daemon takes keys from this machine, before the user types one.

    Raises:
        CommandFailed: it is on another machine, and used through a forward.
    """
    if as_map(status.get("config")).get("file") == "":
        raise CommandFailed(
            "the daemon is on another machine, and takes no keys from this one: run this there"
        )


def refuse_locked(status: dict[str, object]) -> None:
    """Check that a key can be stored now, before the user types it.

    Raises:
        DaemonError: `keyring_locked`: all keys are locked.
    """
    if lock := as_map(status.get("lock")):
        message = f"{text(lock.get('reason'))}; unlock them with 'aircher-cli auth unlock'"
        raise DaemonError(codes.KEYRING_LOCKED, message, {})


def keys_page(rows: list[dict[str, object]], provider: str) -> str:
    """Return the page where keys of `provider` are created; empty if the daemon knows none."""
    pages = (text(row.get("keys_page")) for row in rows if row.get("provider") == provider)
    return next(filter(None, pages), "")


def _is_refused(row: dict[str, object], provider: str) -> bool:
    return row.get("provider") == provider and row.get("state") == "refused"


def _show(context: Context, row: object, *, as_json: bool) -> None:
    if as_json:
        context.console.json(row)
        return
    for line in key_lines(records([row]), width=context.console.width, now=time.time()):
        context.console.styled(line)
