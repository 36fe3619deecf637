"""`aircher-cli providers remove`: removes a provider's entry from the configuration."""

import argparse

from aircher_cli.commands.auth.key_input import refuse_keys
from aircher_cli.commands.config.changing import report_change, send_change
from aircher_cli.commands.providers.entries import find_entry, provider_rows
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.registry import suggest
from aircher_cli.values import records, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli providers remove work
aircher-cli providers remove work --keep-keys
"""


def build_parser() -> Parser:
    """Return the parser of `providers remove`."""
    parser = make_parser(
        "providers remove",
        "Remove a provider from the configuration, and the keys that are stored for it. A built-in "
        "provider has its defaults again and keeps its keys.",
        EXAMPLES,
    )
    parser.add_argument("provider", type=non_empty_name, metavar="NAME", help="the provider")
    parser.add_argument(
        "--keep-keys", action="store_true", help="keep the stored keys of the provider"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Remove the entry, and then the keys.

    Raises:
        UsageError: the name may be a key.
        CommandFailed: there is no such entry, or an alias or a limit needs it.
        DaemonError: the file cannot be written, or the keys cannot be removed.
    """
    name = options.provider
    refuse_keys([name])
    found = find_entry(context, name)
    if found.entry is None:
        raise CommandFailed(_missing(context, name, is_builtin=found.is_builtin), code="missing")
    result = send_change(context, [], [f"providers.{name}"], as_json=options.json)
    removed = 0
    if not options.keep_keys and not found.is_builtin and _has_stored_key(context, name):
        with context.connect() as client:
            answer = client.call(methods.AUTH_LOGOUT, {"provider": name})
        removed = int(answer.get("removed") or 0)
    if options.json:
        context.console.json({**result, "provider": name, "removed_keys": removed})
        return OK
    report_change(context, result, as_json=False)
    if removed:
        context.console.line(f"✓ removed its stored key{'s' if removed > 1 else ''}", "good")
    if found.is_builtin:
        context.console.line(f"{name} is built in and has its defaults again")
    return OK


def _missing(context: Context, name: str, *, is_builtin: bool) -> str:
    if is_builtin:
        return f"{name} is a built-in provider without an entry: there is nothing to remove"
    known = [text(row.get("provider")) for row in provider_rows(context)]
    return f"{name} is not in the configuration{suggest(name, known)}"


def _has_stored_key(context: Context, name: str) -> bool:
    with context.connect() as client:
        rows = records(client.call(methods.AUTH_STATUS).get("rows"))
    stored = ("keyring", "file")
    return any(
        row.get("provider") == name and text(row.get("source")).startswith(stored) for row in rows
    )
