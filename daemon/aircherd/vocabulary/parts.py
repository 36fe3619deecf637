"""The parts of a message, distinguished by `type`.

A part made by a model may have an opaque `signature` for its vendor, and its `origin`
(`provider/model`). Signatures are sent back verbatim, and only to that origin.
"""

import binascii
import re
from typing import Annotated

import msgspec

MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""Image types that at least three vendors accept."""

_HOST = re.compile(r"https?://[^/?#\s]")

Signature = Annotated[str, msgspec.Meta(max_length=4_000_000)]


class TextPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="text",
):
    """Plain text."""

    text: str
    signature: Signature | None = None
    origin: str | None = None


class ImagePart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="image",
):
    """An image: `data` in base64 with its `media_type`, or a `url`."""

    data: str | None = None
    media_type: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.data is None) == (self.url is None):
            raise ValueError("an image needs either data with a media_type, or a url")
        if self.url is not None:
            if not self.url.startswith(("https://", "http://")):
                raise ValueError(
                    "an image's url has to begin with https:// or http://; put the content of a "
                    "data: URL into data and media_type"
                )
            if not _HOST.match(self.url):
                raise ValueError("an image's url has no host: write https://host/path")
            return
        if self.media_type not in MEDIA_TYPES:
            raise ValueError(f"an image's media_type has to be one of {', '.join(MEDIA_TYPES)}")
        if not _is_base64(self.data or ""):
            raise ValueError("an image's data is not base64")


class ToolCallPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="tool_call",
):
    """A tool call by the model; `arguments` is its JSON string, unchanged."""

    id: str
    name: str
    arguments: str
    signature: Signature | None = None
    origin: str | None = None


class ToolResultPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="tool_result",
):
    """The result of the tool call with the same `id`."""

    id: str
    content: str | list[TextPart | ImagePart]
    is_error: bool = False


class ReasoningPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="reasoning",
):
    """A model's thinking; `text` is empty if the vendor hides it and sends only the signature."""

    text: str = ""
    signature: Signature | None = None
    origin: str | None = None


Part = TextPart | ImagePart | ToolCallPart | ToolResultPart | ReasoningPart


def _is_base64(data: str) -> bool:
    try:
        return bool(binascii.a2b_base64(data, strict_mode=True))
    except (ValueError, UnicodeEncodeError):
        return False
