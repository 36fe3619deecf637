"""What a repository's `.aircher` file sets for `ask`, `chat` and `route`, where options do not.

Imported only if there is such a file, or was one.
"""

import argparse
import os

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map, as_map
from aircher_client.project import find_choices
from aircher_client.project_file import Decisions, ProjectFileError, entries, load

NOTES = {
    "new": "is not used until you allow it",
    "changed": "has changed, and is not used until you allow it again",
}
"""Decision -> what is said about the file."""


NOTHING_KEPT: Map = {}


def choose(
    context: Context, options: argparse.Namespace, path: str, kept: Map = NOTHING_KEPT
) -> None:
    """Set model, task and label of `options` as the file says, if it is allowed.

    An option on the command line takes precedence, and so does the model of its task; also the
    settings of a conversation that goes on: what was said to one account must not go to another.

    Args:
        context: Its console gets the notes.
        options: Have `model`, `task` and `label`.
        path: The file. If it is gone, such as on another branch, all that may decide here is tried.
        kept: The settings of the conversation, as fields of a request.

    Raises:
        CommandFailed: the file is allowed, but cannot be used.
    """
    has_key = options.label is not None or "key" in as_map(kept.get("route"))
    if not os.path.lexists(path):
        _choose_without(context, options, kept, has_key=has_key)
        return
    try:
        file = load(path)
        decision = Decisions(context.environ).of(file)
    except ProjectFileError as error:
        still = "" if has_key else _keep_key(context, options, path)
        context.console.note(f"aircher-cli: {error}; it is not used{still}")
        return
    if note := NOTES.get(decision):
        still = "" if has_key or decision == "new" else _keep_key(context, options, path)
        cure = "'aircher-cli allow' shows it; 'aircher-cli deny' ends this note"
        context.console.note(f"aircher-cli: {path} {note}{still}: {cure}")
    if decision != "allowed":
        return
    try:
        found = entries(file)
    except ProjectFileError as error:
        raise CommandFailed(f"{error}; 'aircher-cli deny' turns it off") from None
    if options.task is None and not ("task" in kept or "model" in kept):
        options.task = found.get("task")
        options.model = options.model or found.get("model")
    if not has_key:
        options.label = found.get("key")


def _choose_without(
    context: Context, options: argparse.Namespace, kept: Map, *, has_key: bool
) -> None:
    """Use the key that a file had which is gone, or else the nearest file that is there."""
    for path in find_choices(context.environ):
        if os.path.lexists(path):
            choose(context, options, path, kept)
            return
        if not has_key and _keep_key(context, options, path):
            note = f"{path} is gone; its key {options.label} is still used, as you allowed"
            context.console.note(f"aircher-cli: {note}: 'aircher-cli deny' ends that")
            return


def _keep_key(context: Context, options: argparse.Namespace, path: str) -> str:
    """Use the key that the file had when it was allowed, if any; return what is said of it."""
    try:
        key = Decisions(context.environ).allowed_key(path)
    except ProjectFileError:
        return ""  # nothing is known about any file
    if key is None:
        return ""
    options.label = key
    return f" (key {key} still is, as you allowed)"
