"""A model's thinking as OpenRouter tells it, and how it goes back: `reasoning_details`, verbatim.

The details of one reply are a list: texts, summaries, and what is encrypted, some of them signed
by the model. In a stream they come in fragments, and a signature may come alone, behind the text
that it proves. Only whole and in order are they good: `Invalid signature in thinking block` is what
a fragment gets. So each run of thinking is signed with its details, put together, as JSON.
Sources: OpenRouter's documentation, and streams told in issues of others' clients, November 2026.
"""

import msgspec

from aircherd.errors import fail
from aircherd.providers.chat_completions.thinking import Message, ThinkingFields
from aircherd.providers.codec.json_in import as_text, branch
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import ReasoningPart
from aircherd.vocabulary.text import TextBuffer

MAX_DETAILS = 4_000_000
"""Characters of the details in one reply: what a signature may have."""

Fields = dict[str, msgspec.Raw]

_FRAGMENTED = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""The types that come in fragments, and the field that is put together."""

_NOTHING = msgspec.Raw()
_LIST = msgspec.json.Decoder(list[Fields])
_TEXT = msgspec.json.Decoder(str)
_NULL = b"null"


class DetailedThinking:
    """Gathers the details of a reply; see `Thinking`."""

    def __init__(self) -> None:
        self._details: list[_Detail] = []
        self._size = 0

    def take(self, fields: ThinkingFields) -> str | None:
        """Return the text, or what the details tell of it, and keep the details."""
        details = branch(_LIST, fields.reasoning_details) or []
        told = [self._add(detail) for detail in details]
        text = as_text(fields.reasoning) or as_text(fields.reasoning_content) or "".join(told)
        return text if text or details else None

    def _add(self, fields: Fields) -> str:
        self._size += sum(len(name) + len(bytes(value)) for name, value in fields.items())
        if self._size > MAX_DETAILS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_DETAILS} characters of thinking")
        return _join(self._details, fields)

    def end(self) -> str | None:
        """Return the run's details as JSON, None if there were none."""
        details, self._details = self._details, []
        if not details:
            return None
        return msgspec.json.encode([detail.whole() for detail in details]).decode()


def _join(details: "list[_Detail]", fields: Fields) -> str:
    """Put `fields` behind the detail of which they are a fragment, or at the end; return its text.

    What is signed is whole, so a fragment goes on only with what is not.
    """
    detail = _Detail(fields)
    text = detail.text_of(fields)
    begun = next((each for each in reversed(details) if each.key == detail.key), None)
    if begun is not None and begun.may_go_on(fields):
        begun.add(fields)
    else:
        details.append(detail)
    return text


class _Detail:
    """A detail in the making. Everything but its text stays as it came."""

    __slots__ = ("_fields", "_text", "_text_field", "key")

    def __init__(self, fields: Fields) -> None:
        kind = _read(fields, "type")
        self.key = (kind, bytes(fields.get("index", _NOTHING)))
        self._text_field = _FRAGMENTED.get(kind)
        # Copies: a piece of the buffer would hold all of it.
        self._fields = {name: msgspec.Raw(bytes(value)) for name, value in fields.items()}
        self._text = TextBuffer()
        self._text.add(self.text_of(fields))

    def text_of(self, fields: Fields) -> str:
        """Return the text in a fragment of this detail, "" if it is encrypted."""
        return _read(fields, self._text_field) if self._text_field else ""

    def may_go_on(self, fields: Fields) -> bool:
        """Say whether `fields`, which have the same key, may be a fragment of this."""
        ids = {_read(each, "id") for each in (self._fields, fields)} - {""}
        return bool(self._text_field) and not _read(self._fields, "signature") and len(ids) < 2

    def add(self, fields: Fields) -> None:
        """Take in a fragment: its text, and whatever was still missing."""
        self._text.add(self.text_of(fields))
        for name, value in fields.items():
            if bytes(self._fields.get(name, _NOTHING)) in (b"", _NULL):
                self._fields[name] = msgspec.Raw(bytes(value))

    def whole(self) -> dict[str, object]:
        """Return the detail as it goes back."""
        if self._text_field is None or self._text_field not in self._fields:
            return dict(self._fields)
        return {**self._fields, self._text_field: str(self._text)}


def _read(fields: Fields, name: str) -> str:
    return branch(_TEXT, fields.get(name, _NOTHING)) or ""


# ------------------------------------------------------------------ back to OpenRouter


def with_details(message: Message, thoughts: list[ReasoningPart]) -> Message:
    """Return the assistant's `message` with its thinking: the details, or where none came the text.

    Details that came after text had begun are put together with those before.
    """
    details: list[_Detail] = []
    for thought in thoughts:
        for fields in _signed_details(thought):
            _join(details, fields)
    if details:
        return message | {"reasoning_details": [detail.whole() for detail in details]}
    text = "".join(thought.text for thought in thoughts)
    return message | {"reasoning": text} if text else message


def _signed_details(thought: ReasoningPart) -> list[Fields]:
    if thought.signature is None:
        return []
    return branch(_LIST, msgspec.Raw(thought.signature.encode("utf-8", "replace"))) or []
