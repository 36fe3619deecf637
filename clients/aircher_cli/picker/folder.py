"""Finds what requests from the working directory use, as `ask` and `chat` do."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.picker.view.here import Here
from aircher_cli.render.formatting import short_path
from aircher_client.project import find_choice


def find_here(context: Context) -> Here:
    """Return what an allowed `.aircher` file says; the console gets a note about another one.

    A file that is allowed and cannot be used has a note, too: requests fail, and the list is shown.
    """
    path = find_choice(context.environ)
    if path is None:
        return Here()
    from aircher_cli.project_choice import choose  # noqa: PLC0415 -- most have none

    found = argparse.Namespace(model=None, task=None, label=None)
    try:
        choose(context, found, path)
    except CommandFailed as error:
        context.console.note(f"aircher-cli: {error}")
        return Here()
    source = short_path(path, context.environ.get("HOME", ""))
    return Here(
        source=source,
        model=found.model or "",
        task=found.task or "",
        key=found.label or "",
        key_from=source if found.label else "",
    )
