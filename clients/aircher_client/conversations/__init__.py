"""Conversations that are kept in the user's state directory, for `ask -c`, `chat` and others.

- `store`: `ConversationStore`: opens, lists, removes and prunes conversations; the last one.
- `saved`: `SavedConversation`: one conversation, and what is added to it.
- `records`: the format of a file: bytes to records, records to bytes. No input or output.
- `locked_file`: reads, appends and repairs one file under a lock.
- `media`: images, PDFs and sound: what of them is kept, and how they come back.
- `texts`: what it says, as text: its title, where a word occurs.
- `names`: names of conversations and of their files.
- `settings`: whether conversations are kept, for how long, and which terminal this is.

A conversation goes in as messages in the form of the protocol, and comes out the same way. Nothing
here talks to the daemon, and no other part of the client library imports this package.

    store = ConversationStore.of(os.environ)
    tea = store.open("tea")                    # new or old
    request = {"messages": [*tea.messages, question], **tea.settings.fields()}
    ...
    added = tea.append([question], reply, settings=Settings(model="openai/gpt-5.5"))

This package imports neither `pathlib` nor `dataclasses`: `ask` loads it in each run.
"""

from aircher_client.conversations.names import ConversationError
from aircher_client.conversations.records import Settings, Turn
from aircher_client.conversations.saved import SavedConversation
from aircher_client.conversations.settings import (
    KeepSettings,
    keep_settings,
    this_terminal,
    with_project,
)
from aircher_client.conversations.store import ConversationStore, Entry

__all__ = [
    "ConversationError",
    "ConversationStore",
    "Entry",
    "KeepSettings",
    "SavedConversation",
    "Settings",
    "Turn",
    "keep_settings",
    "this_terminal",
    "with_project",
]
