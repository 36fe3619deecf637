"""How thinking and signatures survive a round of tools, in an API that has no field for them.

Google's API in this format has one, and its clients send it back unchanged: a tool call's
`extra_content.google.thought_signature`. The OpenAI SDKs keep it too, as any field of a message.
So the first piece of a call carries there what its model wants back: the call's own signature, and
the thinking before it with its place in the text. A client that drops it loses only that: Gemini
accepts a call without a signature, and Claude goes on without thinking.

Where the conversation then goes to a provider of this API as it came, the marks are taken out: it
would refuse them, or the thinking beside them, which another model made.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from aircherd.http_api.dialects.common.carriers import MARK, carried, carry
from aircherd.http_api.dialects.common.reading import FIELDS, ITEMS, Fields
from aircherd.vocabulary.parts import Part, ReasoningPart, TextPart, ToolCallPart

_KIND: Final = "chat"
_ENCODER: Final = msgspec.json.Encoder()
_THINKING: Final = ("reasoning_content", "reasoning", "reasoning_details")


class Thought(NamedTuple):
    """Thinking before a call: where in the text it was, its text, and its signature."""

    at: int
    text: str
    signature: str | None


class Mark(NamedTuple):
    """What a model wants back with a call."""

    origin: str
    signature: str | None
    thoughts: tuple[Thought, ...] = ()


def write_mark(mark: Mark) -> str | None:
    """Return what the call carries, None if there is nothing to carry, or too much."""
    if mark.signature is None and not mark.thoughts:
        return None
    values: list[str | None] = []
    for thought in mark.thoughts:
        values += [str(thought.at), thought.text, thought.signature]
    whole = carry(mark.origin, _KIND, mark.signature, *values)
    if whole is None and mark.signature is not None and mark.thoughts:
        return carry(mark.origin, _KIND, mark.signature)
    return whole


def extra_content(mark: Mark) -> dict[str, object]:
    """Return the fields of a call that carry a mark, {} if it carries none."""
    text = write_mark(mark)
    return {} if text is None else {"extra_content": {"google": {"thought_signature": text}}}


def read_mark(extra: object) -> Mark | None:
    """Return the mark in a call's `extra_content`, None if there is none of ours."""
    google = extra.get("google") if isinstance(extra, dict) else None
    text = google.get("thought_signature") if isinstance(google, dict) else None
    found = carried(text) if isinstance(text, str) else None
    if found is None or found.kind != _KIND or len(found.values) % 3 != 1:
        return None
    signature, *rest = found.values
    triples = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    thoughts = tuple(Thought(_place(at), text or "", own) for at, text, own in triples)
    return Mark(found.origin, signature, thoughts)


def _place(text: str | None) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 9
    return int(text or "0") if is_number else 0


Call = tuple[ToolCallPart, Mark | None]


def in_order(text: str, calls: Sequence[Call]) -> list[Part]:
    """Return a message's text, its calls, and their thinking where it was."""
    parts: list[Part] = []
    done = 0
    ends = _text_ends(calls, len(text))
    for (call, mark), end in zip(calls, ends, strict=True):
        if mark is not None:
            for thought in mark.thoughts:
                done = _add_text(parts, text, done, thought.at)
                parts.append(ReasoningPart(thought.text, thought.signature, mark.origin))
        done = _add_text(parts, text, done, end)
        parts.append(call)
    return parts


def _text_ends(calls: Sequence[Call], size: int) -> list[int]:
    """Return for each call where the text before it ends: at the next thinking behind it."""
    ends: list[int] = []
    for _, mark in reversed(calls):
        ends.append(size)
        if mark is not None:
            size = min([size, *(thought.at for thought in mark.thoughts)])
    return ends[::-1]


def _add_text(parts: list[Part], text: str, done: int, end: int) -> int:
    if text[done:end]:
        parts.append(TextPart(text[done:end]))
    return max(done, min(end, len(text)))


# ------------------------------------------------------------------ verbatim


def without_marks(body: bytes, marked: list[int]) -> bytes:
    """Return a request's body without our marks in the messages with these numbers."""
    fields = FIELDS.decode(body)
    messages = ITEMS.decode(fields["messages"])
    for number in marked:
        messages[number] = msgspec.Raw(_ENCODER.encode(_without_mark(messages[number])))
    fields["messages"] = msgspec.Raw(_ENCODER.encode(messages))
    return _ENCODER.encode(fields)


def _without_mark(message: msgspec.Raw) -> dict[str, object]:
    fields = FIELDS.decode(message)
    calls = [_unmarked(FIELDS.decode(call)) for call in ITEMS.decode(fields["tool_calls"])]
    kept: dict[str, object] = {name: raw for name, raw in fields.items() if name not in _THINKING}
    return kept | {"tool_calls": calls}


def _unmarked(call: Fields) -> Fields:
    extra = call.get("extra_content")
    if extra is None or MARK not in bytes(extra):
        return call
    return {name: raw for name, raw in call.items() if name != "extra_content"}
