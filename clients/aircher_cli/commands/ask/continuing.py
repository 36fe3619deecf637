"""`ask -c` and `ask --conversation`: opens the conversation that goes on. Imported only then."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.values import Map, as_map, text
from aircher_client import DaemonError
from aircher_client.conversations import (
    ConversationError,
    ConversationStore,
    SavedConversation,
    this_terminal,
)
from aircher_client.conversations.records import with_label_of
from aircher_client.conversations.texts import title

HELP_COMMAND = "aircher-cli ask --help"


def open_earlier(context: Context, options: argparse.Namespace) -> SavedConversation | None:
    """Return the conversation that the options name; None if `--messages` has all of it.

    With `--messages`, a name only has the provider preferred that last answered under it.

    Raises:
        UsageError: the options contradict each other.
        CommandFailed: there is no such conversation, or it cannot be read.
    """
    if options.continues and options.conversation is not None:
        raise UsageError("-c and --conversation cannot be combined", HELP_COMMAND)
    if options.continues and options.messages is not None:
        raise UsageError("-c and --messages cannot be combined", HELP_COMMAND)
    if options.messages is not None:
        return None
    try:
        store = ConversationStore.of(context.environ)
        found = _last(context, store) if options.continues else store.open(options.conversation)
    except ConversationError as error:
        raise CommandFailed(str(error)) from None
    for note in found.notes:
        context.console.note(f"aircher-cli: {note}")
    found.notes.clear()
    return found


def _last(context: Context, store: ConversationStore) -> SavedConversation:
    terminal = this_terminal()
    found = store.last(terminal)
    if found is None:
        raise CommandFailed(
            "there is no conversation to continue: ask a question without -c first "
            "(nothing is kept with --no-keep, AIRCHER_KEEP=0 or [conversations] keep = false)"
        )
    if not store.is_last_of(terminal, found):
        context.console.note(
            f'aircher-cli: continues {found.name}, "{title(found.turns)}", the last conversation '
            "of another terminal"
        )
    return found


def add_settings(request: Map, conversation: SavedConversation) -> None:
    """Add the settings of a conversation to a request that does not have them.

    Its name is added as well, so that the provider is preferred that answered last. Another task
    takes the place of the conversation's task, model and system prompt.
    """
    given = conversation.settings.fields()
    if "model" in request:
        request["model"] = with_label_of(text(request["model"]), conversation.model)
    if "task" in request:
        given = {name: given[name] for name in given if name == "route"}
    if route := {**as_map(given.get("route")), **as_map(request.get("route"))}:
        request["route"] = route
    for name, value in given.items():
        request.setdefault(name, value)
    request["conversation"] = conversation.name


def explain_key(
    error: DaemonError, conversation: SavedConversation, label: str | None
) -> DaemonError:
    """Return an error about a missing key; it says if the conversation asks for the key.

    `label` is that of `--key`.
    """
    key = text(as_map(conversation.settings.route).get("key"))
    if not key or label is not None or f"no key {key!r}" not in str(error):
        return error
    reason = f"The conversation {conversation.name} uses only keys named {key}; --key changes that"
    return DaemonError(error.code, f"{error}. {reason}", error.data)


def say_what_is_missing(context: Context, conversation: SavedConversation) -> None:
    """Print which attached files could not be sent again."""
    for name in dict.fromkeys(conversation.missing):
        context.console.note(
            f"aircher-cli: {name} has changed or is gone since it was attached, and is left out; "
            "attach it again with -f"
        )
    conversation.missing.clear()
