"""Adds conversations of another program to the kept ones. What is there already is not added again.

A conversation that has grown at its source grows here, unless it was continued here, too.
"""

import os
from collections.abc import Iterable

from aircher_cli.values import Map
from aircher_client.conversations import (
    ConversationError,
    ConversationStore,
    SavedConversation,
    Settings,
    Turn,
)
from aircher_client.conversations.names import MAX_NAME


class Found:
    """A conversation of another program; `left_out` is what of it cannot be taken over."""

    __slots__ = ("left_out", "name", "turns")

    def __init__(self, name: str, turns: list[Turn], left_out: Iterable[str] = ()) -> None:
        self.name = name[:MAX_NAME]
        self.turns = turns
        self.left_out = list(left_out)

    def __repr__(self) -> str:
        return f"<Found {self.name} of {len(self.turns)} turns>"


class Counts:
    """What an import did; `problems` are sentences about what was not taken."""

    __slots__ = ("added", "answers", "grown", "problems", "same")

    def __init__(self) -> None:
        self.added = 0
        self.grown = 0
        self.same = 0
        self.answers = 0
        self.problems: list[str] = []

    def to_json(self) -> Map:
        """Return all of it for scripts."""
        return {name: getattr(self, name) for name in sorted(self.__slots__)}

    def __repr__(self) -> str:
        return f"<Counts {self.to_json()}>"


def make_turn(
    question: str | list[Map], answer: str, *, at: float, model: str = "", system: str | None = None
) -> Turn:
    """Return a turn; the model is who answered, and not chosen for what follows.

    Other programs name models differently.
    """
    return Turn(
        [{"role": "user", "content": question}],
        {"role": "assistant", "content": answer},
        at=at,
        settings=Settings(system=system or None),
        answered_by=model,
    )


def take(store: ConversationStore, found: Found, counts: Counts) -> None:
    """Add one conversation, or what is new of it; count what was done.

    Raises:
        ConversationError: it cannot be written, so that no other one can be either.
    """
    counts.problems += [f"{found.name}: {each}" for each in found.left_out]
    if not found.turns:
        return
    try:
        kept = store.open(found.name)
    except ConversationError as error:
        counts.problems.append(f"{found.name}: {error}")
        return
    here, there = list(map(_said, kept.turns)), list(map(_said, found.turns))
    if here[: len(there)] == there:
        counts.same += 1
        return
    if there[: len(here)] != here:
        counts.problems.append(f"{found.name}: it was continued here and there; left as it is here")
        return
    new = found.turns[len(here) :]
    for turn in new:
        _append(kept, turn)
    _set_time(kept.path, found.turns[-1].at)
    counts.answers += len(new)
    if here:
        counts.grown += 1
    else:
        counts.added += 1


def _append(kept: SavedConversation, turn: Turn) -> None:
    kept.append(
        turn.asked,
        turn.reply,
        settings=turn.settings,
        answered_by=turn.answered_by,
        now=turn.at,
    )


def _said(turn: Turn) -> object:
    return turn.asked, turn.reply


def _set_time(path: str, at: float) -> None:
    """Set the file's time back, so that `-c` continues what was really the last."""
    os.utime(path, (at, at), follow_symlinks=False)
