"""Pictures, documents and sound in a request, as parts of ours.

What is in a form that other vendors do not take is noted as unsaid, so that Google gets it: it
decides what is wrong with it.
"""

from typing import Final

from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.gemini.shapes import Blob, FileData
from aircherd.http_api.dialects.gemini.signatures import standard_base64
from aircherd.vocabulary.content.media import (
    AudioPart,
    DocumentPart,
    ImagePart,
    is_text_type,
)

MediaPart = ImagePart | DocumentPart | AudioPart

_PDF: Final = "application/pdf"
_OWN_HOSTS: Final = (
    "https://generativelanguage.googleapis.com/",
    "https://www.youtube.com/",
    "https://youtube.com/",
    "https://youtu.be/",
)
"""Addresses that only Google can open."""


def read_blob(blob: Blob, where: str, unsaid: Unsaid) -> MediaPart | None:
    """Return data as a part, None if our parts cannot hold it."""
    kind = (blob.mime_type or "").strip()
    try:
        return _part(kind, standard_base64(blob.data), blob.display_name)
    except ValueError:
        unsaid.add(f"{where}.inlineData ({_shown(kind)})")
        return None


def _part(kind: str, data: str, name: str | None) -> MediaPart:
    """Return data as a part.

    Raises:
        ValueError: our parts cannot hold it.
    """
    bare = kind.partition(";")[0].lower()
    if bare.startswith("image/"):
        return ImagePart(data=data, media_type=bare)
    if bare.startswith("audio/"):
        return AudioPart(data=data, media_type=kind)
    if bare == _PDF or is_text_type(bare):
        return DocumentPart(data=data, media_type=bare, name=name[:500] if name else None)
    raise ValueError(kind)


def read_file(file: FileData, where: str, unsaid: Unsaid) -> MediaPart | None:
    """Return a file on the web as a part, None if only Google can open it."""
    kind = (file.mime_type or "").partition(";")[0].strip().lower()
    if not file.file_uri.startswith(_OWN_HOSTS):
        try:
            if kind.startswith("image/"):
                return ImagePart(url=file.file_uri)
            if kind == _PDF:
                return DocumentPart(url=file.file_uri, name=file.display_name)
        except ValueError:
            pass  # gs://, for example
    unsaid.add(f"{where}.fileData ({_shown(kind)})")
    return None


def _shown(kind: str) -> str:
    """Return a media type for a message."""
    return "".join(each for each in kind[:40] if each.isalnum() or each in "/+.-") or "no type"
