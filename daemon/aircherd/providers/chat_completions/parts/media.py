"""Pictures and sound in a reply: whole pictures, and sound that a stream cuts into pieces."""

import binascii
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AudioDelta, ImageDelta, TextDelta
from aircherd.vocabulary.text import TextBuffer

MAX_SOUND: Final = 24_000_000
"""Characters of a reply's sound in base64: six minutes as OpenAI streams it."""

RAW_SOUND: Final = "audio/pcm;rate=24000"
"""What OpenAI streams: 16 bits, one channel, without a head."""

_DATA: Final = "data:"
_PADDED: Final = re.compile(r"[^=]+=*|=+")


def read_image(value: object) -> ImageDelta | None:
    """Return a picture from any of the forms of `images` and of a content part, else None.

    A picture that could not be sent back as ours is none.
    """
    fields = as_map(value)
    inner = fields.get("image_url", fields.get("url", value))
    url = as_text(as_map(inner).get("url")) or as_text(inner)
    data = as_text(fields.get("b64_json"))
    media_type: str | None = as_text(fields.get("media_type")) or None
    if url.startswith(_DATA):
        head, _, data = url[len(_DATA) :].partition(";base64,")
        url, media_type = "", head
    try:
        part = ImagePart(data=data or None, media_type=media_type, url=url or None)
    except ValueError:
        return None
    return ImageDelta(data=part.data, media_type=part.media_type, url=part.url)


class Sound:
    """The sound of a reply so far. Each piece is base64 of its own, or all of them are one."""

    def __init__(self) -> None:
        self._data = TextBuffer()
        self._transcript = TextBuffer()
        self._size = 0
        self._id = ""

    def add(self, fields: Mapping[str, object]) -> None:
        """Add a piece.

        Raises:
            ProviderFailed: PROTOCOL: there is too much of it.
        """
        data, transcript = as_text(fields.get("data")), as_text(fields.get("transcript"))
        self._id = self._id or as_text(fields.get("id"))
        self._size += len(data) + len(transcript)
        if self._size > MAX_SOUND:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_SOUND} characters of sound")
        self._data.add(data)
        self._transcript.add(transcript)

    @property
    def has_begun(self) -> bool:
        """Whether there is sound, or what is said in it."""
        return self._size > 0

    def close(self) -> AudioDelta | TextDelta:
        """Return the sound, or what is said in it if that is all that came.

        Raises:
            ProviderFailed: PROTOCOL: it is not base64, or no sound.
        """
        transcript = str(self._transcript)
        text = str(self._data)
        if not text:
            return TextDelta(transcript)
        data = _one_base64(text)
        try:
            kind = AudioPart(data=data, media_type=RAW_SOUND).media_type
        except ValueError:
            fail(FailureClass.PROTOCOL, "sent sound that cannot be read")
        signature = msgspec.json.encode({"id": self._id}).decode() if self._id else None
        return AudioDelta(data, kind, transcript or None, signature)


def _one_base64(text: str) -> str:
    """Return base64 that may have padding between its pieces as one, "" if it is invalid."""
    try:
        if "=" not in text[:-2]:
            binascii.a2b_base64(text, strict_mode=True)
            return text
        pieces = [binascii.a2b_base64(each, strict_mode=True) for each in _PADDED.findall(text)]
    except ValueError:
        return ""
    return binascii.b2a_base64(b"".join(pieces), newline=False).decode()
