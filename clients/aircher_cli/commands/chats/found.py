"""Opens kept conversations for the commands of `chats`, and describes them."""

from collections.abc import Iterator

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.registry import suggest
from aircher_cli.values import Map
from aircher_client.conversations import (
    ConversationError,
    ConversationStore,
    Entry,
    SavedConversation,
    this_terminal,
)
from aircher_client.conversations.texts import title

NAME_HELP = "a name, or its beginning; the last conversation by default"


def open_store(context: Context) -> ConversationStore:
    """Return the user's conversations.

    Raises:
        CommandFailed: there is no home directory.
    """
    try:
        return ConversationStore.of(context.environ)
    except ConversationError as error:
        raise CommandFailed(str(error)) from None


def find_conversation(
    context: Context, store: ConversationStore, name: str | None
) -> SavedConversation:
    """Return the conversation of this name, or the last one, and print what is wrong with it.

    Raises:
        CommandFailed: there is none, or it cannot be read.
    """
    try:
        if name is None:
            found = store.last(this_terminal())
            if found is None:
                raise CommandFailed("there is no conversation yet: ask something")
        else:
            found = store.find(name)
            if found is None:
                known = [entry.name for entry in store.entries()]
                raise CommandFailed(
                    f"there is no conversation {name}{suggest(name, known)}: see aircher-cli chats"
                )
    except ConversationError as error:
        raise CommandFailed(str(error)) from None
    for note in found.notes:
        context.console.note(f"aircher-cli: {note}")
    return found


def entries_of(store: ConversationStore) -> list[Entry]:
    """Return all conversations, the latest first.

    Raises:
        CommandFailed: the folder cannot be read.
    """
    try:
        return store.entries()
    except ConversationError as error:
        raise CommandFailed(str(error)) from None


def opened(
    store: ConversationStore, entries: list[Entry]
) -> Iterator[tuple[Entry, SavedConversation | str]]:
    """Yield conversations with their entries; one that cannot be read is the reason."""
    for entry in entries:
        try:
            yield entry, store.open_entry(entry)
        except ConversationError as error:
            yield entry, str(error)


def record_of(conversation: SavedConversation, changed: float) -> Map:
    """Return a conversation as one object for scripts, without what was said."""
    turns = conversation.turns
    return {
        "name": conversation.name,
        "title": title(turns),
        "changed": turns[-1].at if turns else changed,
        "questions": len(turns),
        "file": conversation.path,
        **conversation.settings.fields(),
    }
