"""What is taken over once is not taken again."""

import os
from pathlib import Path
from typing import Any

import pytest

from aircher_cli.commands.chats.imports.taken import Counts, Found, make_turn, take
from aircher_client.conversations import ConversationError, Settings


def found(*questions: str) -> Found:
    turns = [make_turn(each, "ok", at=1e9 + n, model="m") for n, each in enumerate(questions)]
    return Found("llm-1", turns)


def counted(store, what: Found) -> dict[str, Any]:
    counts = Counts()
    take(store, what, counts)
    return {name: value for name, value in counts.to_json().items() if value}


def test_once(store) -> None:
    """With its time, so that it is not the last conversation."""
    assert counted(store, found("a", "b")) == {"added": 1, "answers": 2}
    assert counted(store, found("a", "b")) == {"same": 1}
    (entry,) = store.entries()
    assert (entry.name, entry.changed) == ("llm-1", 1e9 + 1)
    (first, _) = store.open("llm-1").turns
    assert (first.at, first.answered_by, first.settings.model) == (1e9, "m", None)


def test_what_has_grown(store) -> None:
    """There: the rest is taken. Here: it is left. On both sides: it is said."""
    counted(store, found("a"))
    assert counted(store, found("a", "b")) == {"grown": 1, "answers": 1}
    assert counted(store, found("a")) == {"same": 1}
    asked = [{"role": "user", "content": "mine"}]
    kept = store.open("llm-1")
    kept.append(asked, {"role": "assistant", "content": "x"}, settings=Settings())
    assert counted(store, found("a", "b")) == {"same": 1}
    problem = "llm-1: it was continued here and there; left as it is here"
    assert counted(store, found("a", "b", "c")) == {"problems": [problem]}


def test_what_cannot_be_taken(store) -> None:
    """It is counted, and nothing empty is created."""
    empty = Found("x" * 300, [], ["no text"])
    assert counted(store, empty) == {"problems": [f"{'x' * 200}: no text"]}
    assert store.entries() == []
    counted(store, found("a"))
    path = Path(store.open("llm-1").path)
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    (problem,) = counted(store, found("a"))["problems"]
    assert "newer aircher" in problem
    path.unlink()
    path.mkdir()
    assert list(counted(store, found("a"))) == ["problems"]


def test_a_full_disk_ends_the_import(store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next conversation would fail as well."""

    def fail(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(ConversationError, match="No space left"):
        take(store, found("a"), Counts())
