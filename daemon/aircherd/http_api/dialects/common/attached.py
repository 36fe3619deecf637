"""What clients of several APIs attach to messages alike: data URLs, sound, marks for the cache."""

from typing import Final, Protocol

from aircherd.vocabulary.content.cache import CacheMark

SOUNDS: Final = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "aiff": "audio/aiff",
    "webm": "audio/webm",
    "pcm16": "audio/pcm",
}
"""Format of sound at OpenAI -> media type."""

_DATA: Final = "data:"


class CacheControl(Protocol):
    """Anthropic's mark for its cache, which clients send to OpenRouter and LiteLLM, too."""

    @property
    def ttl(self) -> object:
        """How long the cache holds; what cannot be understood is the usual time."""


def cache_mark(control: CacheControl | None) -> CacheMark:
    """Return a mark for the prompt cache as ours."""
    if control is None:
        return False
    return "1h" if control.ttl == "1h" else True


def data_of(url: str) -> tuple[str | None, str | None]:
    """Return the media type and the base64 in a data URL, None for any other address.

    Raises:
        ValueError: it is a data URL, but its data are in another form.
    """
    if url[: len(_DATA)].lower() != _DATA:
        return None, None
    head, comma, data = url[len(_DATA) :].partition(",")
    media_type, *options = head.split(";")
    if not comma or "base64" not in map(str.lower, options):
        raise ValueError("a data: URL has to be in base64")
    return media_type or None, data
