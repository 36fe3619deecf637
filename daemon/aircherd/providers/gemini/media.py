"""Pictures, documents and sound as parts of Gemini's contents."""

from typing import Final

from aircherd.errors import fail
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.failure import FailureClass

GeminiPart = dict[str, object]

IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
"""The image types that Gemini takes, of those that clients may send."""

AUDIO_TYPES: Final = {
    "audio/wav": "audio/wav",
    "audio/mpeg": "audio/mp3",
    "audio/aiff": "audio/aiff",
    "audio/aac": "audio/aac",
    "audio/ogg": "audio/ogg",
    "audio/flac": "audio/flac",
}
"""Media type -> Google's name for it."""

TEXT_TYPES: Final = frozenset(
    f"text/{name}" for name in ("plain", "html", "css", "csv", "xml", "markdown", "javascript")
)
"""Text types that Gemini knows; all others are sent as plain text."""

_SUFFIXES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
}


def write_image(image: ImagePart, where: str) -> GeminiPart:
    """Return a picture as a part; the signature of one that the model made goes with it.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini does not take its type or its URL.
    """
    kind = image.media_type if image.url is None else _media_type_in(image.url)
    if kind is not None and kind not in IMAGE_TYPES:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Gemini does not take {kind}, only {', '.join(IMAGE_TYPES)}",
        )
    if image.url is None:
        return _signed(_inline(kind, image.data), image)
    _check_url(image.url, where, "images")
    file: GeminiPart = {"fileUri": image.url}
    if kind is not None:
        file["mimeType"] = kind
    return _signed({"fileData": file}, image)


def write_document(document: DocumentPart, where: str) -> list[GeminiPart]:
    """Return a document as parts; its name, for which there is no field, is a text before it.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini does not take its URL, or cannot cite it.
    """
    if document.citations:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Gemini cannot cite a document: leave out its citations",
        )
    named: list[GeminiPart] = [{"text": f"{document.name}:"}] if document.name else []
    if document.url is not None:
        _check_url(document.url, where, "documents")
        file = {"fileUri": document.url, "mimeType": "application/pdf"}
        return [*named, {"fileData": file}]
    return [*named, _inline(_document_type(document), document.data)]


def write_audio(audio: AudioPart, where: str) -> GeminiPart:
    """Return sound as a part.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini does not take its type.
    """
    kind = audio.media_type or ""
    known = AUDIO_TYPES.get(kind)
    if known is None and audio.origin is None:
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Gemini does not take {kind}, only {', '.join(AUDIO_TYPES.values())}",
        )
    return _signed(_inline(known or kind, audio.data), audio)


def _inline(kind: str | None, data: str | None) -> GeminiPart:
    return {"inlineData": {"mimeType": kind, "data": data}}


def _signed(part: GeminiPart, made: ImagePart | AudioPart) -> GeminiPart:
    return part if made.signature is None else part | {"thoughtSignature": made.signature}


def _document_type(document: DocumentPart) -> str:
    kind = (document.media_type or "").partition(";")[0].strip().lower()
    return kind if document.is_pdf or kind in TEXT_TYPES else "text/plain"


def _check_url(url: str, where: str, what: str) -> None:
    if not url.startswith("https://"):
        fail(
            FailureClass.UNSUPPORTED,
            f"{where}: Gemini fetches {what} from https:// only: send the data, or another url",
        )


def _media_type_in(url: str) -> str | None:
    """Return the image type that a URL's path names, None if it names none."""
    path = url.partition("#")[0].partition("?")[0].lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if path.endswith(suffix)), None)
