"""Pictures and sound that a model made.

A picture comes as the result of an `image_generation_call`, and goes back in that item: everything
but the picture itself is in its signature. Whatever is no picture of a usual type is passed on as
an item without a word of ours, and goes back just the same.
"""

import binascii
from typing import Final

import msgspec

from aircher_wire.media import IMAGES, media_type_of_base64
from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.schema import (
    ContentPart,
    OutputItem,
    other_fields,
    value_of,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AudioDelta, ImageDelta

MAX_AUDIO: Final = 8_000_000
"""Characters of base64."""

_RESULT: Final = frozenset({"result"})


def image_of(item: OutputItem) -> ImageDelta | None:
    """Return the picture in an image generation call, None if it has none."""
    result = value_of(item.result)
    if not isinstance(result, str) or not result:
        return None
    signature = _sign(item)
    if result.startswith(("https://", "http://")):
        return ImageDelta(url=result, signature=signature)
    data = result.partition(";base64,")[2] if result.startswith("data:") else result
    media_type = media_type_of_base64(data)
    if media_type not in IMAGES or not _is_base64(data):
        return None
    return ImageDelta(data=data, media_type=media_type, signature=signature)


def audio_of(part: ContentPart) -> AudioDelta | None:
    """Return the sound in a part of a message, None if it has none."""
    data = part.data
    if not isinstance(data, str) or not _is_base64(data):
        return None
    return AudioDelta(data, media_type_of_base64(data), as_text(part.transcript) or None)


class StreamedAudio:
    """Sound that comes in pieces, each of them base64, and its transcript."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._words: list[str] = []
        self._size = 0

    def add(self, piece: str) -> None:
        """Add a piece of the sound.

        Raises:
            ProviderFailed: PROTOCOL: it is not base64, or there is too much of it.
        """
        self._count(piece)
        try:
            self._pieces.append(binascii.a2b_base64(piece))
        except (ValueError, UnicodeEncodeError):
            fail(FailureClass.PROTOCOL, "sent sound that is not base64")

    def add_words(self, piece: str) -> None:
        """Add a piece of the transcript.

        Raises:
            ProviderFailed: PROTOCOL: there is too much of it.
        """
        self._count(piece)
        self._words.append(piece)

    def _count(self, piece: str) -> None:
        self._size += len(piece)
        if self._size > MAX_AUDIO:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_AUDIO} characters of sound")

    def whole(self) -> AudioDelta | None:
        """Return all of it, None if there was none."""
        if not self._pieces:
            return None
        data = binascii.b2a_base64(b"".join(self._pieces), newline=False).decode()
        return AudioDelta(data, media_type_of_base64(data), "".join(self._words) or None)


def _sign(item: OutputItem) -> str:
    fields = other_fields(item.raw, _RESULT)
    return msgspec.json.encode({"type": item.kind, **fields}).decode("utf-8", "replace")


def _is_base64(data: str) -> bool:
    try:
        return bool(binascii.a2b_base64(data, strict_mode=True))
    except (ValueError, UnicodeEncodeError):
        return False
