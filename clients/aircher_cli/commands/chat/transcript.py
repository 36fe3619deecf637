"""The questions and answers of a conversation, and saving them to a file."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map, records, text
from aircher_client.conversations.records import marked


class Turn(NamedTuple):
    """A question and its answer.

    `cut_off` says why the answer is not whole, such as `STOPPED`, or a reason of the provider;
    empty if it is.
    """

    asked: list[Map]
    reply: Map
    cut_off: str = ""

    def messages(self) -> list[Map]:
        """Return the messages as they are sent: an answer that was interrupted says so."""
        return [*self.asked, marked(self.reply, self.cut_off)]


class Transcript:
    """The turns of a conversation, in order.

    `open_messages` are messages at the end of a loaded conversation that have no answer yet. They
    are sent before the next question.
    """

    def __init__(self, turns: Iterable[Turn] = (), open_messages: Iterable[Map] = ()) -> None:
        self.turns = list(turns)
        self.open_messages = list(open_messages)

    @classmethod
    def of_messages(cls, messages: Iterable[Map]) -> "Transcript":
        """Return the transcript of messages; each one of the model ends a turn."""
        turns: list[Turn] = []
        asked: list[Map] = []
        for message in messages:
            if message.get("role") == "assistant":
                turns.append(Turn(asked, message))
                asked = []
            else:
                asked.append(message)
        return cls(turns, asked)

    @property
    def messages(self) -> list[Map]:
        """All messages, as they are sent."""
        said = [message for turn in self.turns for message in turn.messages()]
        return [*said, *self.open_messages]

    def question(self, content: object) -> list[Map]:
        """Return the messages that a question adds to the turns; nothing is stored yet."""
        return [*self.open_messages, {"role": "user", "content": content}]

    def keep(self, turn: Turn) -> None:
        """Store a question and its answer, including the signatures."""
        self.turns.append(turn)
        self.open_messages = []

    def clear(self) -> None:
        """Forget everything."""
        self.turns, self.open_messages = [], []

    def save(self, path: Path, system: str | None = None) -> None:
        """Write the conversation to a new file: JSON for `--messages`, or Markdown (`.md`).

        Raises:
            CommandFailed: the file exists or cannot be written.
        """
        prompt: list[Map] = [{"role": "system", "content": system}] if system else []
        messages = [*prompt, *self.messages]
        data = markdown(messages) if path.suffix == ".md" else json.dumps(messages, indent=1)
        try:
            with path.open("x", encoding="utf-8", errors="replace") as file:
                file.write(data.rstrip("\n") + "\n")
        except FileExistsError:
            raise CommandFailed(f"{path} already exists: choose another name") from None
        except OSError as error:
            raise CommandFailed(f"cannot write {path}: {error.strerror}") from None

    def __repr__(self) -> str:
        return f"<Transcript of {len(self.turns)} turns>"


def split_system(messages: Sequence[Map]) -> tuple[str | None, list[Map]]:
    """Return the system prompt with which saved messages begin, and the others."""
    first = messages[0] if messages else {}
    content = first.get("content")
    if first.get("role") == "system" and isinstance(content, str):
        return content, list(messages[1:])
    return None, list(messages)


def content_parts(message: Map) -> list[Map]:
    """Return the content of a message as parts."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return records(content)


# ------------------------------------------------------------------ the text of a question


def question_text(asked: Sequence[Map]) -> str:
    """Return what the user wrote in the last message of a question; empty if that is no text."""
    parts = content_parts(asked[-1]) if asked else []
    return next((text(part.get("text")) for part in parts if part.get("type") == "text"), "")


def with_question_text(content: object, changed: str) -> object:
    """Return the content of a message with its first text replaced; files in it stay."""
    if isinstance(content, str):
        return changed
    parts = records(content)
    at = next((at for at, part in enumerate(parts) if part.get("type") == "text"), None)
    if at is None:
        return [{"type": "text", "text": changed}, *parts]
    return [*parts[:at], {**parts[at], "text": changed}, *parts[at + 1 :]]


# ------------------------------------------------------------------ Markdown


def markdown(messages: Iterable[Map]) -> str:
    """Return messages as Markdown."""
    return "\n\n".join(
        f"## {text(message.get('role'))}\n\n{_message_markdown(message)}" for message in messages
    )


def _message_markdown(message: Map) -> str:
    pieces = map(_part_markdown, content_parts(message))
    return "\n\n".join(stripped for piece in pieces if (stripped := piece.strip("\n")))


def _part_markdown(part: Map) -> str:
    kind = part.get("type")
    if kind == "text":
        return text(part.get("text"))
    if kind == "audio":
        return text(part.get("transcript")) or f"(sound {text(part.get('media_type'))})"
    if kind in {"image", "document"}:
        what = part.get("name") or part.get("url") or part.get("media_type")
        return f"({kind} {text(what)})"
    return ""
