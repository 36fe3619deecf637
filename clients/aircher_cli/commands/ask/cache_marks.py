"""`ask --cache`: marks what precedes the question for the provider's prompt cache.

A provider caches a prefix of the request, so that what changes must come last. Anthropic allows
four marks: these are the tools, the system prompt, the conversation, and the files.
"""

from aircher_cli.commands.ask.attachments import Piece, pieces_to_parts
from aircher_cli.exit_codes import UsageError
from aircher_cli.values import Map, records

MARKABLE = frozenset({"text", "image", "document", "audio", "tool_result"})
"""Types of parts that can have a mark."""


def files_first(pieces: list[Piece], cache: object) -> list[Piece]:
    """Return the arguments (the first piece) after the files, of which the last one is marked."""
    words, *files = pieces
    parts = pieces_to_parts(files)
    return [*parts[:-1], {**parts[-1], "cache": cache}, words]


def mark_for_cache(request: Map, earlier: list[Map], cache: object, *, has_files: bool) -> Map:
    """Return the request with marks on its tools, system prompt and earlier messages.

    Args:
        request: The request, whose first messages are `earlier`.
        earlier: The conversation before the question.
        cache: The mark: True or "1h".
        has_files: The files in the question are marked already.

    Raises:
        UsageError: nothing precedes the question.
    """
    marked = dict(request)
    messages = records(request["messages"])
    # Without a prompt, the question is the last message of the conversation.
    before = min(len(earlier), len(messages) - 1)
    if before:
        messages = [*_with_mark(messages[:before], cache), *messages[before:]]
    if tools := records(request.get("tools")):
        marked["tools"] = [*tools[:-1], {**tools[-1], "cache": cache}]
    if system := marked.pop("system", None):
        part = {"type": "text", "text": system, "cache": cache}
        messages = [{"role": "system", "content": [part]}, *messages]
    marked["messages"] = messages
    if not (has_files or system or tools or before):
        raise UsageError(
            "--cache needs something before the question: -s, -f, --tools or --messages",
            "aircher-cli ask --help",
        )
    return marked


def _with_mark(messages: list[Map], cache: object) -> list[Map]:
    """Return messages with a mark on the last part that can have one, if there is any."""
    for at in range(len(messages) - 1, -1, -1):
        content = messages[at].get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if isinstance(parts, list) and (marked := _mark_last(parts, cache)):
            return [*messages[:at], {**messages[at], "content": marked}, *messages[at + 1 :]]
    return messages


def _mark_last(parts: list[object], cache: object) -> list[object]:
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if isinstance(part, dict) and part.get("type") in MARKABLE and part.get("text", "x"):
            return [*parts[:at], {**part, "cache": cache}, *parts[at + 1 :]]
    return []
