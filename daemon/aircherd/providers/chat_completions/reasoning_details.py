"""Thinking in `reasoning_details`, OpenRouter's field, which must go back exactly as it came.

The details of one reply are a list of texts, summaries and encrypted data, some signed by the
model. In a stream they come in fragments, and a signature may come alone after its text. They are
valid only whole and in order; a fragment gets `Invalid signature in thinking block`. So each run of
thinking is signed with its assembled details, as JSON. LiteLLM's `thinking_blocks`, the blocks of
Anthropic's API, are the same by another name. Sources: OpenRouter's documentation, and
streams quoted in issues of other clients, November 2026.
"""

import msgspec

from aircherd.errors import fail
from aircherd.providers.chat_completions.parts.fields import has_content, items_of
from aircherd.providers.chat_completions.thinking import (
    FieldThinking,
    MessageJson,
    ThinkingFields,
    thinking_parts,
    with_thinking,
)
from aircherd.providers.codec.json_in import as_text, branch
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import ReasoningPart
from aircherd.vocabulary.text import TextBuffer

MAX_DETAILS = 4_000_000
"""Characters of the details in one reply: the limit of a signature."""

DETAIL_COST = 500
"""Characters that each detail counts for: empty ones take memory too."""

DetailFields = dict[str, msgspec.Raw]

_FRAGMENTED = {"reasoning.text": "text", "reasoning.summary": "summary", "thinking": "thinking"}
"""The types that come in fragments -> the field to concatenate."""

_EMPTY = msgspec.Raw()
_UNKNOWN = msgspec.Raw(b'"reasoning.unknown"')
_LIST = msgspec.json.Decoder(list[DetailFields])
_TEXT = msgspec.json.Decoder(str)
_MISSING = (b"", b"null", b'""')
_BLOCKS = ("thinking", "redacted_thinking")
"""The types of LiteLLM's `thinking_blocks`."""


class DetailsThinking:
    """Collects the details of a reply; see `ThinkingReader`."""

    def __init__(self) -> None:
        self._details = _Details()
        self._size = 0

    def take(self, fields: ThinkingFields) -> str | None:
        """Return the text, or the text of the details, and keep the details."""
        details = _details_in(fields.reasoning_details)
        if fields.thinking_blocks:
            details += _details_in(fields.thinking_blocks)
        texts = [self._add(detail) for detail in details]
        text = as_text(fields.reasoning) or as_text(fields.reasoning_content) or "".join(texts)
        text = text or as_text(thinking_parts(fields.content))
        return text if text or details else None

    @property
    def has_details(self) -> bool:
        """Whether the current run has details."""
        return self._details.count > 0

    def _add(self, fields: DetailFields) -> str:
        count = self._details.count
        text = self._details.add(fields)
        self._size += sum(len(name) + memoryview(value).nbytes for name, value in fields.items())
        self._size += (self._details.count - count) * DETAIL_COST
        if self._size > MAX_DETAILS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_DETAILS} characters of thinking")
        return text

    def end(self) -> str | None:
        """Return the details of the run as JSON, None if there are none."""
        details, self._details = self._details, _Details()
        if not details.count:
            return None
        return msgspec.json.encode([detail.to_json() for detail in details.all]).decode()


class AnyThinking:
    """Reads thinking from details where a server sends them, else from the other fields."""

    def __init__(self) -> None:
        self._details = DetailsThinking()
        self._fields = FieldThinking()

    def take(self, fields: ThinkingFields) -> str | None:
        """Return the text, whichever field it is in; see `ThinkingReader`."""
        details = self._details
        if fields.reasoning_details or fields.thinking_blocks or details.has_details:
            text = details.take(fields)
            if details.has_details:
                return text
        return self._fields.take(fields)

    def end(self) -> str | None:
        """Return the details of the run as JSON, else what names its field."""
        return self._details.end() or self._fields.end()


def _details_in(raw: msgspec.Raw) -> list[DetailFields]:
    """Return the details; what is none of them becomes the data of one."""
    details = branch(_LIST, raw)
    if details is not None or not has_content(raw):
        return details or []
    return [{"type": _UNKNOWN, "data": item} for item in items_of(raw) or [raw]]


class _Details:
    """Details in their order; each fragment is added to the detail that it belongs to."""

    def __init__(self) -> None:
        self.all: list[_Detail] = []
        self._latest: dict[tuple[str, bytes], _Detail] = {}

    @property
    def count(self) -> int:
        """The number of details."""
        return len(self.all)

    def add(self, fields: DetailFields) -> str:
        """Add `fields` to the detail that it is a fragment of, or as a new one; return its text.

        A signed detail is complete and takes no more fragments.
        """
        detail = _Detail(fields)
        previous = self._latest.get(detail.key)
        if previous is not None and previous.accepts(fields):
            previous.add(fields)
        else:
            self.all.append(detail)
            self._latest[detail.key] = detail
        return detail.text_of(fields)


class _Detail:
    """A detail under assembly. All fields but its text stay as they came."""

    __slots__ = ("_fields", "_text", "_text_field", "key")

    def __init__(self, fields: DetailFields) -> None:
        kind = _string_in(fields, "type")
        self.key = (kind, bytes(fields.get("index", _EMPTY)))
        self._text_field = _FRAGMENTED.get(kind)
        # Copies: slices would keep the whole buffer alive.
        self._fields = {name: msgspec.Raw(bytes(value)) for name, value in fields.items()}
        self._text = TextBuffer()
        self._text.add(self.text_of(fields))

    def text_of(self, fields: DetailFields) -> str:
        """Return the text in a fragment of this detail, "" if it is encrypted."""
        return _string_in(fields, self._text_field) if self._text_field else ""

    def accepts(self, fields: DetailFields) -> bool:
        """Return whether `fields`, which has the same key, may be a fragment of this detail."""
        if not self._text_field or _string_in(self._fields, "signature"):
            return False
        # Whatever else it says must not be lost.
        return not any(
            name not in (self._text_field, "format")
            and has_content(value)
            and bytes(self._fields.get(name, _EMPTY)) not in (*_MISSING, bytes(value))
            for name, value in fields.items()
        )

    def add(self, fields: DetailFields) -> None:
        """Add a fragment: its text, and fields that were still missing."""
        self._text.add(self.text_of(fields))
        for name, value in fields.items():
            if bytes(self._fields.get(name, _EMPTY)) in _MISSING:
                self._fields[name] = msgspec.Raw(bytes(value))

    def to_json(self) -> dict[str, object]:
        """Return the detail as it goes back."""
        if self._text_field is None or self._text_field not in self._fields:
            return dict(self._fields)
        return {**self._fields, self._text_field: str(self._text)}


def _string_in(fields: DetailFields, name: str) -> str:
    return branch(_TEXT, fields.get(name, _EMPTY)) or ""


# ------------------------------------------------------------------ requests


def with_details(message: MessageJson, parts: list[ReasoningPart]) -> MessageJson:
    """Return the assistant's `message` with its thinking: the details, or else the text.

    Details of several runs are assembled into one list.
    """
    details = _Details()
    for part in parts:
        for fields in _signed_details(part):
            details.add(fields)
    if details.count:
        blocks = [each.to_json() for each in details.all if each.key[0] in _BLOCKS]
        others = [each.to_json() for each in details.all if each.key[0] not in _BLOCKS]
        found: MessageJson = {"reasoning_details": others, "thinking_blocks": blocks}
        return message | {name: each for name, each in found.items() if each}
    text = "".join(part.text for part in parts)
    return message | {"reasoning": text} if text else message


def with_any_thinking(message: MessageJson, parts: list[ReasoningPart]) -> MessageJson:
    """Return the assistant's `message` with its thinking in the field that it came in."""
    has_details = any(_signed_details(part) for part in parts)
    return with_details(message, parts) if has_details else with_thinking(message, parts)


def _signed_details(part: ReasoningPart) -> list[DetailFields]:
    if part.signature is None or not part.signature.startswith("["):
        return []
    details = branch(_LIST, msgspec.Raw(part.signature.encode("utf-8", "replace"))) or []
    return details if len(details) <= MAX_DETAILS // DETAIL_COST else []  # more: it is not ours
