"""Starts the daemon while a screen is drawn. Imported only when the user asks for it."""

from io import StringIO

from aircher_cli.commands.daemon import lifecycle
from aircher_cli.console import Console
from aircher_cli.context import Context


def start_quietly(context: Context) -> None:
    """Start the daemon, or its service, as `daemon start` does; print nothing.

    Raises:
        DaemonUnreachable: it could not be started, or was not ready in time.
        CommandFailed: the service does not start.
    """
    console = Console(StringIO(), StringIO(), context.environ)
    lifecycle.start(Context(console, context.environ, None, context.own_notices))
