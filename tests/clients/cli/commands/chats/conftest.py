"""Conversations for the commands of `chats`."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aircher_client.conversations import ConversationStore, SavedConversation, Settings

Talk = Callable[..., SavedConversation]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home; no daemon runs, and none is needed."""
    home = tmp_path / "home"
    home.mkdir()
    socket = str(tmp_path / "none.sock")
    return {"HOME": str(home), "AIRCHER_AUTOSTART": "0", "AIRCHER_SOCKET": socket}


@pytest.fixture
def store(environ: dict[str, str]) -> ConversationStore:
    return ConversationStore.of(environ)


@pytest.fixture
def talk(store: ConversationStore) -> Talk:
    """Add a question and an answer to a conversation, at a time in seconds since 1970."""

    def add(
        name: str, question: str, answer: str = "ok", *, now: float = 1e9, **more: str
    ) -> SavedConversation:
        marks = {each: more.pop(each) for each in ("answered_by", "cut_off") if each in more}
        conversation = store.open(name)
        conversation.append(
            [{"role": "user", "content": question}],
            {"role": "assistant", "content": answer},
            settings=Settings(**more),
            now=now,
            **marks,
        )
        os.utime(conversation.path, (now, now))
        return conversation

    return add
