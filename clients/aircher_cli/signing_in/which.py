"""Asks which provider to sign in to, where the command names none."""

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in.first_steps import shell_keys
from aircher_cli.render.formatting import join_names
from aircher_cli.signing_in.offer import open_terminal
from aircher_cli.signing_in.terminal import Terminal
from aircher_cli.values import Map, records, text, texts

KEYLESS = frozenset({"not_required", "refused"})
"""States of providers that take no key."""


def choose_provider(context: Context, status: Map) -> str:
    """Ask at the terminal for one of the providers that take a key, and return its name.

    Args:
        context: The console and the environment.
        status: What `auth.status` returned.

    Raises:
        UsageError: there is no person to ask.
        CommandFailed: the user left.
        KeyboardInterrupt: Ctrl-C.
    """
    names = providers_to_choose(records(status.get("rows")))
    with open_terminal(context) as terminal:
        if terminal is None or not names:
            known = ", ".join(names) if names else "none in the configuration takes a key"
            hint = f"aircher-cli auth login {names[0]}" if names else "aircher-cli providers add"
            raise UsageError(f"which provider? {known}", hint)
        note = context.console.note
        note("Sign in to which provider?")
        states = {
            text(row.get("provider")): text(row.get("state")) for row in records(status.get("rows"))
        }
        for number, name in enumerate(names, 1):
            has_key = states[name] != "not_configured"
            note(f"  {number}  {name}{' (has a key)' if has_key else ''}")
        if found := _shell_keys(context, status):
            note(f"To store what this shell has in {found}: aircher-cli auth import")
        try:
            return _ask(context, terminal, names)
        except KeyboardInterrupt:
            note("")  # ends the line of the prompt
            raise


def _ask(context: Context, terminal: Terminal, names: list[str]) -> str:
    while True:
        typed = terminal.ask(f"Choose 1-{len(names)}, or press Enter to leave: ")
        if not typed:
            raise CommandFailed("nothing was stored")
        if typed in names:
            return typed
        if typed.isdecimal() and 1 <= int(typed) <= len(names):
            return names[int(typed) - 1]
        context.console.note("  that is not one of the numbers")  # it may be a key


def providers_to_choose(rows: list[Map]) -> list[str]:
    """Return the providers that take a key: those without one first, of these the user's own."""

    def rank(row: Map) -> tuple[bool, bool]:
        return (text(row.get("state")) != "not_configured", bool(row.get("builtin")))

    takers = [row for row in rows if text(row.get("state")) not in KEYLESS]
    return list(dict.fromkeys(text(row.get("provider")) for row in sorted(takers, key=rank)))


def _shell_keys(context: Context, status: Map) -> str:
    view = DaemonView(
        keys=tuple(records(status.get("rows"))), environment=tuple(texts(status.get("environment")))
    )
    return join_names(list(shell_keys(view, context.environ)))
