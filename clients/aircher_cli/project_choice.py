"""What a repository's `.aircher` file sets for `ask`, `chat` and `route`, where options do not.

Imported only if there is such a file.
"""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map, as_map
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
        path: The file.
        kept: The settings of the conversation, as fields of a request.

    Raises:
        CommandFailed: the file is allowed, but cannot be used.
    """
    try:
        file = load(path)
        decision = Decisions(context.environ).of(file)
    except ProjectFileError as error:
        context.console.note(f"aircher-cli: {error}; it is not used")
        return
    if note := NOTES.get(decision):
        cure = "'aircher-cli allow' shows it; 'aircher-cli deny' ends this note"
        context.console.note(f"aircher-cli: {path} {note}: {cure}")
    if decision != "allowed":
        return
    try:
        found = entries(file)
    except ProjectFileError as error:
        raise CommandFailed(f"{error}; 'aircher-cli deny' turns it off") from None
    if options.task is None and not ("task" in kept or "model" in kept):
        options.task = found.get("task")
        options.model = options.model or found.get("model")
    if "key" not in as_map(kept.get("route")):
        options.label = options.label or found.get("key")
