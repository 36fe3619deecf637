"""Pictures, files and sound in the messages of a user.

    OpenAI    `file` with the data, and its name; `input_audio` as WAV or MP3
    Mistral   `document_url`, `input_audio` without a format

Other servers resemble OpenAI; which files they take, only they know. OpenRouter takes more types of
sound, and fetches files. Sources: the vendors' documentation, November 2026.
"""

from collections.abc import Mapping
from typing import Final

from aircherd.errors import fail
from aircherd.providers.codec.cache_marks import cache_control
from aircherd.providers.codec.turns import data_uri
from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart, is_raw_audio
from aircherd.vocabulary.failure import FailureClass

ContentPart = dict[str, object]

OPENAI_SOUNDS: Final = {"audio/wav": "wav", "audio/mpeg": "mp3"}
"""Media type -> the name of its format."""

SOUNDS: Final = OPENAI_SOUNDS | {
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/aiff": "aiff",
    "audio/webm": "webm",
}

_PCM: Final = "pcm16"
_NAME: Final = "document.pdf"


def marked(part: ContentPart, mark: CacheMark, *, takes_marks: bool) -> ContentPart:
    """Return `part`, or a tool, with its mark; servers that take none cache by themselves."""
    return part | {"cache_control": cache_control(mark)} if mark and takes_marks else part


def image_part(image: ImagePart) -> ContentPart:
    """Return a picture as a part."""
    return {"type": "image_url", "image_url": {"url": data_uri(image)}}


def check_document(document: DocumentPart, where: str, api: str, *, by_url: bool) -> None:
    """Check that a server takes a file.

    Raises:
        ProviderFailed: UNSUPPORTED: it does not take URLs, or the model is to cite the file.
    """
    if document.citations:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: {api} cannot cite a document: leave out its citations",
        )
    if document.url is not None and not by_url:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: {api} does not take a PDF by URL: send its data instead",
        )


def file_part(document: DocumentPart) -> ContentPart:
    """Return a file as OpenAI takes it."""
    file = {"filename": document.name or _NAME, "file_data": _address(document)}
    return {"type": "file", "file": file}


def document_url_part(document: DocumentPart) -> ContentPart:
    """Return a file as Mistral takes it."""
    part: ContentPart = {"type": "document_url", "document_url": _address(document)}
    return part | {"document_name": document.name} if document.name else part


def _address(document: DocumentPart) -> str:
    return document.url or f"data:{document.media_type};base64,{document.data}"


def sound_format(sound: AudioPart, known: Mapping[str, str], where: str, api: str) -> str:
    """Return the name of a sound's format.

    Raises:
        ProviderFailed: UNSUPPORTED: the server does not take it.
    """
    kind = (sound.media_type or "").partition(";")[0].strip().lower()
    name = known.get(kind)
    if name is None and is_raw_audio(kind) and known != OPENAI_SOUNDS:
        name = _PCM
    if name is None:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: {api} does not take {kind}, only {', '.join(known)}",
        )
    return name


def sound_part(sound: AudioPart, name: str) -> ContentPart:
    """Return sound as OpenAI takes it."""
    return {"type": "input_audio", "input_audio": {"data": sound.data, "format": name}}


def bare_sound_part(sound: AudioPart, name: str) -> ContentPart:
    """Return sound as Mistral takes it."""
    del name
    return {"type": "input_audio", "input_audio": sound.data}
