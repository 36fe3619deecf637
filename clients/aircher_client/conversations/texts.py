"""What a conversation says, as text: its title, its messages, where a word occurs."""

from aircher_client.conversations.media import part_name

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from aircher_client.conversations.records import Message, Turn

MAX_TITLE = 60
"""Characters of a title."""
AROUND = 40
"""Characters on each side of what was found."""


def message_text(message: "Message") -> str:
    """Return what a message says; what is no text is named in parentheses."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = [part for part in content or () if isinstance(part, dict)]
    return "\n\n".join(filter(None, map(_part_text, parts)))


def _part_text(part: "dict[str, Any]") -> str:
    kind = part.get("type")
    if kind == "text":
        return str(part.get("text") or "")
    if kind == "audio" and part.get("transcript"):
        return str(part["transcript"])
    if kind in {"image", "document", "audio"}:
        return f"({kind} {part_name(part)})"
    if kind == "tool_call":
        return f"(calls {part.get('name')})"
    if kind == "tool_result":
        return f"(result of {part.get('name') or part.get('id')})"
    return ""  # reasoning, and what only the provider understands


def title(turns: "Iterable[Turn]") -> str:
    """Return the beginning of the first question, in one line."""
    for turn in turns:
        for message in turn.asked:
            if message.get("role") == "user" and (words := message_text(message).split()):
                return shorten(" ".join(words), MAX_TITLE)
    return ""


def shorten(line: str, most: int) -> str:
    """Return at most `most` characters of a line."""
    return line if len(line) <= most else f"{line[: most - 3]}..."


def find_text(text: str, wanted: str) -> str | None:
    """Return what is around the first occurrence, in one line; None if there is none.

    Upper and lower case are the same.
    """
    at = text.casefold().find(wanted.casefold())
    if at < 0:
        return None
    # Case folding may change the length of a text; the place is near enough then.
    start, end = max(0, at - AROUND), at + len(wanted) + AROUND
    shown = " ".join(text[start:end].split())
    return f"{'...' if start else ''}{shown}{'...' if end < len(text) else ''}"
