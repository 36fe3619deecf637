"""The parts of a reply, one at a time, to events.

What has no word of ours (executed code, server-side tools, files) becomes an `other` part with the
whole part of the vendor as its data, so that its signature goes back with it.
"""

import binascii
from collections.abc import Callable
from typing import Final

import msgspec

from aircher_wire.media import IMAGES, media_type_of_base64
from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_text, branch, decode_with
from aircherd.providers.gemini.function_calls import FunctionCalls
from aircherd.providers.gemini.grounding import AnswerText
from aircherd.providers.gemini.signature import with_length
from aircherd.providers.gemini.spelling import in_camel_case, object_in_camel_case
from aircherd.vocabulary.content.media import is_raw_audio
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    AudioDelta,
    Finish,
    ImageDelta,
    OtherDelta,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
)

MAX_OTHER: Final = 7_000_000
"""Bytes of one part that has no word of ours."""

MAX_KIND: Final = 200
"""Characters of the name of such a part."""

MAX_SOUND: Final = 24_000_000
"""Characters in base64 of sound that comes in pieces."""

PIECE_COST: Final = 100
"""Characters that each piece of sound counts for."""

MAX_THOUGHT: Final = 1_000_000
"""Bytes of a picture that is only a thought; of a larger one, only its type and size are kept."""

_TEXT: Final = frozenset({"text", "thought", "thoughtSignature"})

_ABOUT: Final = frozenset(
    {
        *("thought", "thoughtSignature", "partMetadata", "mediaResolution", "videoMetadata"),
        *("audioTranscription", "mediaProcessing", "speechMetadata", "documentMetadata"),
        *("spreadsheetMetadata", "audioMetadata"),
    }
)
"""Fields that say something about a part, and are no content by themselves."""

Fields = dict[str, msgspec.Raw]

_FIELDS = msgspec.json.Decoder(Fields)
_ANY = msgspec.json.Decoder()


class _Blob(msgspec.Struct, gc=False, rename="camel"):
    mime_type: str
    data: str


class _Transcription(msgspec.Struct, gc=False):
    text: str


_BLOB = msgspec.json.Decoder(_Blob)
_TRANSCRIPTION = msgspec.json.Decoder(_Transcription)


class PartReader:
    """Reads the parts of one reply."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.answer = AnswerText()
        self.calls = FunctionCalls(new_id)
        self._sound: _Sound | None = None

    def read(self, raw: msgspec.Raw, out: list[ReplyEvent]) -> None:
        """Append the events of one part.

        Raises:
            ProviderFailed: PROTOCOL: it is no part, or too long; SERVER: a call in it is invalid.
        """
        fields = decode_with(_FIELDS, bytes(raw), "a part")
        named = in_camel_case(fields)
        fields = {name: value for name, value in named.items() if not _is_null(value)}
        self.answer.begin_piece()
        signature = as_text(_value(fields, "thoughtSignature")) or None
        text = _value(fields, "text")
        if fields.keys() <= _TEXT and isinstance(text, str | None):
            is_thought = _value(fields, "thought") is True
            self._add_text(text or "", signature, out, is_thought=is_thought)
            return
        sound = _sound(fields, signature)
        if sound is not None and self._sound is not None and self._sound.takes(sound):
            self._sound.add(sound)
            return
        self._close_finished(out)
        if "functionCall" in fields:
            self._read_call(fields, signature, out)
            return
        self.answer.close()
        if sound is not None:
            self._sound = sound
        else:
            out.append(_picture(fields, signature) or _other(fields, raw))

    def read_plain(
        self, text: str, signature: str | None, out: list[ReplyEvent], *, is_thought: bool
    ) -> None:
        """Append the event of a part that is only text, if it is not empty."""
        self.answer.begin_piece()
        self._add_text(text, signature, out, is_thought=is_thought)

    def _add_text(
        self, text: str, signature: str | None, out: list[ReplyEvent], *, is_thought: bool
    ) -> None:
        if not (text or signature):
            return
        if self._sound is not None or self.calls.is_open:
            self._close_finished(out)
        ours = with_length(signature, text) if signature else None
        if is_thought:
            self.answer.close()
            out.append(ReasoningDelta(text, ours))
        else:
            self.answer.add(text, ends=ours is not None)
            out.append(TextDelta(text, ours))

    def close(self, finish: Finish) -> list[ReplyEvent]:
        """Return what was still open at the end.

        Raises:
            ProviderFailed: SERVER: a tool call is incomplete although nothing cut the reply off.
        """
        out: list[ReplyEvent] = []
        self._close_sound(out)
        return [*out, *self.calls.close(finish)]

    def _read_call(self, fields: Fields, signature: str | None, out: list[ReplyEvent]) -> None:
        # Some gateways put the words before a call into the same part.
        self._add_text(as_text(_value(fields, "text")), None, out, is_thought=False)
        self.answer.close()
        out += self.calls.read(fields["functionCall"], signature)
        for name, value in fields.items():
            if name not in _TEXT and name != "functionCall":
                out.append(OtherDelta(name[:MAX_KIND], bytes(value).decode("utf-8", "replace")))

    def _close_finished(self, out: list[ReplyEvent]) -> None:
        self._close_sound(out)
        out += self.calls.close_finished()

    def _close_sound(self, out: list[ReplyEvent]) -> None:
        if self._sound is not None:
            out.append(self._sound.event())
            self._sound = None


# ------------------------------------------------------------------ pictures and sound


class _Sound:
    """Sound that may come in pieces; only sound without a head can be joined."""

    def __init__(self, blob: _Blob, transcript: str, signature: str | None) -> None:
        self.media_type = blob.mime_type
        self.data = [blob.data]
        self.size = len(blob.data)
        self.transcripts = [transcript]
        self.signature = signature

    def takes(self, piece: "_Sound") -> bool:
        """Return whether `piece` goes on with this sound."""
        is_same = piece.media_type == self.media_type and is_raw_audio(self.media_type)
        return is_same and self.signature is None

    def add(self, piece: "_Sound") -> None:
        """Add a piece.

        Raises:
            ProviderFailed: PROTOCOL: the sound is too long.
        """
        self.data += piece.data
        self.size += piece.size + PIECE_COST
        self.transcripts += piece.transcripts
        self.signature = piece.signature
        if self.size > MAX_SOUND:
            fail(FailureClass.PROTOCOL, f"sent sound of more than {MAX_SOUND} characters")

    def event(self) -> AudioDelta:
        """Return the whole sound."""
        data = self.data[0]
        if len(self.data) > 1:
            joined = b"".join(binascii.a2b_base64(piece) for piece in self.data)
            data = binascii.b2a_base64(joined, newline=False).decode()
        transcript = "".join(self.transcripts) or None
        return AudioDelta(data, self.media_type, transcript, self.signature)


def _sound(fields: Fields, signature: str | None) -> _Sound | None:
    """Return the sound in a part, None for anything that our sound parts cannot hold."""
    blob = _media(fields, "audioTranscription")
    if blob is None or not blob.mime_type.lower().startswith("audio/"):
        return None
    if not is_raw_audio(blob.mime_type):
        found = media_type_of_base64(blob.data) or ""
        if not found.startswith("audio/"):
            return None
        blob.mime_type = found
    said = branch(_TRANSCRIPTION, fields.get("audioTranscription", msgspec.Raw()))
    return _Sound(blob, said.text if said else "", signature)


def _picture(fields: Fields, signature: str | None) -> ImageDelta | None:
    blob = _media(fields)
    kind = None if blob is None else media_type_of_base64(blob.data)
    if blob is None or kind not in IMAGES:
        return None
    return ImageDelta(blob.data, kind, signature=signature)


def _media(fields: Fields, *about: str) -> _Blob | None:
    """Return the data of a part that has nothing else; thoughts are no part of the answer."""
    if not fields.keys() <= {"inlineData", "thoughtSignature", "thought", *about}:
        return None
    data = fields.get("inlineData", msgspec.Raw())
    blob = branch(_BLOB, data) or branch(_BLOB, object_in_camel_case(data))
    if blob is None or _value(fields, "thought") is True:
        return None
    try:
        return blob if binascii.a2b_base64(blob.data, strict_mode=True) else None
    except (ValueError, UnicodeEncodeError):
        return None


# ------------------------------------------------------------------ everything else


def _other(fields: Fields, raw: msgspec.Raw) -> OtherDelta:
    """Return a part as it came."""
    kind = next((name for name in fields if name not in _ABOUT), "part")[:MAX_KIND]
    size = memoryview(raw).nbytes
    if size > MAX_THOUGHT and _value(fields, "thought") is True:
        return OtherDelta(kind, msgspec.json.encode({"thought": True, "bytes": size}).decode())
    if size > MAX_OTHER:
        fail(FailureClass.PROTOCOL, f"sent a part of more than {MAX_OTHER} bytes")
    return OtherDelta(kind, bytes(raw).decode("utf-8", "replace"))


def _value(fields: Fields, name: str) -> object:
    return branch(_ANY, fields.get(name, msgspec.Raw()))


def _is_null(raw: msgspec.Raw) -> bool:
    return memoryview(raw).nbytes == 4 and bytes(raw) == b"null"
