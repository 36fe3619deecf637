"""Takes the chunks apart that hold more than text, thinking and tool calls.

Pictures are given out as they come; sound, sources and further fields when the reply ends. The kind
of an opaque part says where it was: `NAME` in the message, `content.TYPE` in its content,
`tool_calls.TYPE` among its calls, `choice.NAME` and `reply.NAME` around it.
"""

import hashlib
from typing import Final

import msgspec

from aircherd.providers.chat_completions.parts.content import read_content
from aircherd.providers.chat_completions.parts.fields import (
    CALL,
    CHOICE,
    MESSAGE,
    ROOT,
    Fields,
    fields_of,
    has_content,
    is_metadata,
    is_verdict,
    items_of,
    unknown_fields,
    value_of,
)
from aircherd.providers.chat_completions.parts.further import (
    CHOICE_PREFIX,
    FURTHER_CHOICES,
    ROOT_PREFIX,
    FurtherFields,
    new_held,
)
from aircherd.providers.chat_completions.parts.media import Sound, read_image
from aircherd.providers.chat_completions.parts.sources import NAMES, Sources
from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.vocabulary.reply import ReplyEvent

CALLS_PREFIX: Final = "tool_calls."

IMAGES_SIGNATURE: Final = "images"
"""Of a picture that came in this field of the message, and can go back there."""

_AUDIO: Final = "audio"
_IMAGES: Final = "images"
_AUDIO_FIELDS: Final = frozenset(("id", "data", "transcript", "expires_at"))
_TEXT_PART: Final = {"type", "text"}
_TEXTS: Final = ("reasoning", "reasoning_content", "refusal")


class RareFields:
    """What was found so far in one reply."""

    def __init__(self) -> None:
        held = new_held()
        self._held = held
        self._further = FurtherFields(held)
        self._sources = Sources(held)
        self._sound = Sound()
        self._seen: set[bytes] = set()

    @property
    def size(self) -> int:
        """How much is held back."""
        return self._held.size

    def take_root(self, fields: Fields) -> None:
        """Take what the reply says around its choices.

        Raises:
            ProviderFailed: PROTOCOL: there is too much of it.
        """
        for name, raw in unknown_fields(fields, ROOT).items():
            if is_metadata(raw) or is_verdict(name, raw):
                continue
            for rest in self._sources.add(raw) if name in NAMES else [raw]:
                self._further.add_state(ROOT_PREFIX + name, rest)

    def take_choice(self, fields: Fields) -> None:
        """Take what a choice says around its message."""
        for name, raw in unknown_fields(fields, CHOICE).items():
            if not is_verdict(name, raw):
                for rest in self._sources.add(raw) if name in NAMES else [raw]:
                    self._further.add_piece(CHOICE_PREFIX + name, rest)

    def take_further_choice(self, raw: msgspec.Raw) -> None:
        """Take another answer, which only `extra` can have asked for."""
        fields = fields_of(raw)
        if any(
            has_content(fields[name]) for name in ("delta", "message", "text") if name in fields
        ):
            self._further.add_piece(FURTHER_CHOICES, _listed(raw))

    def take_message(self, fields: Fields, *, is_state: bool) -> list[ReplyEvent]:
        """Take a delta, or with `is_state` a message as far as it is known by now.

        Return what need not wait for the end.
        """
        events: list[ReplyEvent] = []
        for name in _TEXTS:
            if (raw := fields.get(name)) and has_content(raw) and not _is_text(value_of(raw)):
                self._keep(name, raw, is_state=is_state)
        for name, raw in unknown_fields(fields, MESSAGE).items():
            if name == _AUDIO and isinstance(value_of(raw), dict):
                self._take_audio(raw, is_state=is_state)
            elif name == _IMAGES and (items := items_of(raw)) is not None:
                self._take_images(items, events, is_state=is_state)
            elif name in NAMES:
                for rest in self._sources.add(raw):
                    listed = rest if rest is raw else _listed(rest)
                    self._keep(name, listed, is_state=is_state)
            elif not is_verdict(name, raw):
                self._keep(name, raw, is_state=is_state)
        return events

    def take_calls(self, raw: msgspec.Raw, *, is_state: bool) -> list[Fields | None]:
        """Return what each tool call has besides its own fields, None for what is no call of ours.

        That is kept as it came.
        """
        items = items_of(raw)
        return [self._take_call(item, is_state=is_state) for item in items or [raw]]

    def _take_call(self, raw: msgspec.Raw, *, is_state: bool) -> Fields | None:
        fields = fields_of(raw)
        kind = as_text(value_of(fields.get("type")))
        extras = unknown_fields(fields, CALL)
        if kind in ("", "function", "custom"):
            return extras
        if any(
            has_content(fields[name]) for name in ("function", "custom", "name") if name in fields
        ):
            return extras | {"type": fields["type"]}
        self._keep(CALLS_PREFIX + kind, raw, is_state=is_state)
        return None

    def content_of(self, raw: msgspec.Raw) -> list[ReplyEvent]:
        """Return the events of a content that is not a string."""
        return read_content(raw, self._sources)

    def _keep(self, kind: str, raw: msgspec.Raw, *, is_state: bool) -> None:
        if is_state:
            self._further.add_state(kind, raw)
        else:
            self._further.add_piece(kind, raw)

    def _take_audio(self, raw: msgspec.Raw, *, is_state: bool) -> None:
        if is_state:
            self._sound = Sound()
        self._sound.add(as_map(value_of(raw)))
        self._held.add(0)
        for name, rest in unknown_fields(fields_of(raw), _AUDIO_FIELDS).items():
            self._keep(f"{_AUDIO}.{name}", rest, is_state=is_state)

    def _take_images(
        self, items: list[msgspec.Raw], out: list[ReplyEvent], *, is_state: bool
    ) -> None:
        for raw in items:
            image = read_image(value_of(raw))
            if image is None:
                if has_content(raw):
                    self._keep(_IMAGES, _listed(raw), is_state=is_state)
                continue
            key = hashlib.sha256((image.data or image.url or "").encode()).digest()
            if key not in self._seen:  # some servers repeat them at the end
                self._held.add(len(key))
                self._seen.add(key)
                out.append(msgspec.structs.replace(image, signature=IMAGES_SIGNATURE))

    def close(self) -> list[ReplyEvent]:
        """Return what was held back, the sources first, because they belong to the text.

        Raises:
            ProviderFailed: PROTOCOL: the sound is damaged.
        """
        events: list[ReplyEvent] = [*self._sources.close()]
        if self._sound.has_begun:
            events.append(self._sound.close())
        return [*events, *self._further.close()]

    def __repr__(self) -> str:
        return f"<RareFields {self._further!r} {self._sources!r}>"


def _listed(raw: msgspec.Raw) -> msgspec.Raw:
    return msgspec.Raw(b"[%b]" % bytes(raw))


def _is_text(value: object) -> bool:
    """Return whether a value is a text, or a list of nothing but texts, which is read as one."""
    if not isinstance(value, list):
        return isinstance(value, str)
    return all(isinstance(each, dict) and _is_text_part(each) for each in value)


def _is_text_part(part: dict[str, object]) -> bool:
    return set(part) == _TEXT_PART and part["type"] == "text" and isinstance(part["text"], str)
