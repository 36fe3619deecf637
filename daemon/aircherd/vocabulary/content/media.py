"""Pictures, documents and sound, as data in base64 or by URL.

Their first bytes decide what they are: a wrong `media_type` is replaced, because providers refuse
what is labelled wrongly. A part that a model made has its `origin`, and may have a `signature`.
"""

import binascii
import re
from typing import Annotated

import msgspec

from aircher_wire.media import IMAGES, PDF, media_type_of_base64
from aircherd.vocabulary.content.cache import CacheMark

Signature = Annotated[str, msgspec.Meta(max_length=4_000_000)]

_HOST = re.compile(r"https?://[^/?#\s]")

_TEXT_TYPES = frozenset(
    f"application/{name}"
    for name in ("json", "xml", "yaml", "x-yaml", "toml", "javascript", "sql", "x-sh", "rtf")
)

_WEB_PAGE = re.compile(r"\.(?:html?|xhtml|php|aspx?|jsp)$", re.IGNORECASE)

RAW_AUDIO = ("audio/pcm", "audio/l16", "audio/raw", "audio/basic")
"""Sound without a head that says what it is. Parameters may follow: `audio/L16;rate=24000`."""


class ImagePart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="image",
):
    """A picture: `data` in base64 with its `media_type`, or a `url`."""

    data: str | None = None
    media_type: str | None = None
    url: str | None = None
    cache: CacheMark = False
    signature: Signature | None = None
    origin: str | None = None

    def __post_init__(self) -> None:
        if not _is_by_url(self.data, self.url, "an image"):
            found = _found_type(self.data, "an image")
            if found not in IMAGES:
                raise ValueError(_wrong_image(found, self.media_type))
            _label(self, found)


class DocumentPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="document",
):
    """A PDF or a text file: `data` in base64 with its `media_type`, or the `url` of a PDF.

    `name` is the file's name. `citations` asks the model to say what of it an answer is based on.
    """

    data: str | None = None
    media_type: str | None = None
    url: str | None = None
    name: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    citations: bool = False
    cache: CacheMark = False

    def __post_init__(self) -> None:
        if _is_by_url(self.data, self.url, "a document"):
            _check_document_url(self.url or "", self.media_type)
            return
        found = _found_type(self.data, "a document")
        if found == PDF:
            _label(self, PDF)
        elif not is_text_type(self.media_type or ""):
            raise ValueError(_wrong_document(found, self.media_type))
        elif self.text is None:
            raise ValueError("a document's data is not text in UTF-8")

    @property
    def is_pdf(self) -> bool:
        """Whether it is a PDF; one by URL always is."""
        return self.url is not None or self.media_type == PDF

    @property
    def text(self) -> str | None:
        """The text of a text file, None for a PDF."""
        if self.is_pdf:
            return None
        try:
            text = binascii.a2b_base64(self.data or "").decode()
        except ValueError:
            return None
        return None if "\0" in text else text


class AudioPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="audio",
):
    """Sound: `data` in base64 with its `media_type`; `transcript` is what is said in it."""

    data: str
    media_type: str | None = None
    transcript: str | None = None
    cache: CacheMark = False
    signature: Signature | None = None
    origin: str | None = None

    def __post_init__(self) -> None:
        found = _found_type(self.data, "sound")
        if found is None and is_raw_audio(self.media_type or ""):
            return
        if found is None or not found.startswith("audio/"):
            raise ValueError(_wrong_audio(found))
        _label(self, found)


def is_text_type(media_type: str) -> bool:
    """Return whether a media type is that of a text file."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare.startswith("text/") or bare in _TEXT_TYPES or bare.endswith(("+json", "+xml"))


def is_raw_audio(media_type: str) -> bool:
    """Return whether a media type is that of sound without a head."""
    return media_type.partition(";")[0].strip().lower() in RAW_AUDIO


def is_web_address(url: str) -> bool:
    """Return whether a URL begins with `https://` or `http://` and a host."""
    return _HOST.match(url) is not None


# ------------------------------------------------------------------ checks


def _is_by_url(data: str | None, url: str | None, what: str) -> bool:
    if (data is None) == (url is None):
        raise ValueError(f"{what} needs either data with a media_type, or a url")
    if url is None:
        return False
    if not url.startswith(("https://", "http://")):
        raise ValueError(
            f"{_possessive(what)} url has to begin with https:// or http://; put the content of a "
            "data: URL into data and media_type"
        )
    if not is_web_address(url):
        raise ValueError(f"{_possessive(what)} url has no host: write https://host/path")
    return True


def _found_type(data: str | None, what: str) -> str | None:
    if not _is_base64(data or ""):
        raise ValueError(f"{_possessive(what)} data is not base64")
    return media_type_of_base64(data or "")


def _label(part: "ImagePart | DocumentPart | AudioPart", kind: str) -> None:
    if part.media_type != kind:
        msgspec.structs.force_setattr(part, "media_type", kind)


def _wrong_image(found: str | None, claimed: str | None) -> str:
    if found:
        return f"the data of an image is {_article(found)}: use a part of that type"
    if claimed in IMAGES:
        return "the first bytes of an image are neither PNG, JPEG, GIF nor WebP"
    return f"an image's media_type has to be one of {', '.join(IMAGES)}"


def _wrong_document(found: str | None, claimed: str | None) -> str:
    if found:
        return f"the data of a document is {_article(found)}: use a part of that type"
    if claimed == PDF:
        return "a document is not a PDF: its first bytes are not %PDF-"
    return "a document's media_type has to be application/pdf or that of a text, as text/plain"


def _wrong_audio(found: str | None) -> str:
    if found:
        return f"the data of a sound is {_article(found)}: use a part of that type"
    return "the first bytes of a sound are none of WAV, MP3, FLAC, Ogg, AAC, M4A, AIFF or WebM"


def _check_document_url(url: str, media_type: str | None) -> None:
    path = url.partition("#")[0].partition("?")[0]
    if media_type not in (None, PDF) or _WEB_PAGE.search(path):
        raise ValueError(
            "a document's url has to be that of a PDF: download a web page or another file, and "
            "send its data"
        )


def _article(kind: str) -> str:
    family = kind.partition("/")[0]
    return {"image": "a picture", "audio": "sound"}.get(family, "a document") + f" ({kind})"


def _possessive(what: str) -> str:
    return f"{what}'s"


def _is_base64(data: str) -> bool:
    try:
        return bool(binascii.a2b_base64(data, strict_mode=True))
    except (ValueError, UnicodeEncodeError):
        return False
