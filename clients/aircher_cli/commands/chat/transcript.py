"""The messages of a conversation, and saving them."""

import json
from pathlib import Path

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map, records, text


class Transcript:
    """The messages of a conversation, in order."""

    def __init__(self, messages: list[Map] | None = None) -> None:
        self.messages: list[Map] = list(messages or [])

    def ask(self, content: object) -> list[Map]:
        """Return the messages with a new user message, which is not stored yet."""
        return [*self.messages, {"role": "user", "content": content}]

    def keep(self, asked: list[Map], reply: Map) -> None:
        """Store a question and its answer, including the signatures."""
        self.messages = [*asked, reply]

    def clear(self) -> None:
        """Forget everything."""
        self.messages = []

    def save(self, path: Path) -> None:
        """Write the messages to a new file: JSON for `--messages`, or Markdown if it ends in .md.

        Raises:
            CommandFailed: the file exists or cannot be written.
        """
        data = self.markdown() if path.suffix == ".md" else json.dumps(self.messages, indent=1)
        try:
            with path.open("x", encoding="utf-8", errors="replace") as file:
                file.write(data.rstrip("\n") + "\n")
        except FileExistsError:
            raise CommandFailed(f"{path} already exists: choose another name") from None
        except OSError as error:
            raise CommandFailed(f"cannot write {path}: {error.strerror}") from None

    def markdown(self) -> str:
        """Return the messages as Markdown."""
        return "\n\n".join(
            f"## {text(message.get('role'))}\n\n{_message_markdown(message)}"
            for message in self.messages
        )

    def __repr__(self) -> str:
        return f"<Transcript of {len(self.messages)} messages>"


def _message_markdown(message: Map) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n\n".join(filter(None, map(_part_markdown, records(content))))


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
