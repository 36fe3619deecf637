"""What a message is made of: parts, told apart by `type`.

Any part a model made may carry an opaque `signature`, by which its maker knows it again, with its
`origin` (`provider/model`): they go back to that origin verbatim and to nobody else.
"""

import binascii
import re
from typing import Annotated

import msgspec

MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""The kinds of image that at least three of the vendors take."""

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
    """A picture: `data` in base64 with its `media_type`, or the `url` where it can be had."""

    data: str | None = None
    media_type: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.data is None) == (self.url is None):
            raise ValueError("an image has either data, with its media_type, or a url")
        if self.url is not None:
            if not self.url.startswith(("https://", "http://")):
                raise ValueError(
                    "an image's url begins with https:// or http://; what a data: URL holds goes "
                    "into data and media_type"
                )
            if not _HOST.match(self.url):
                raise ValueError("an image's url has no host: write https://host/path")
            return
        if self.media_type not in MEDIA_TYPES:
            raise ValueError(f"an image's media_type is one of {', '.join(MEDIA_TYPES)}")
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
    """A call the model asked for; `arguments` is a JSON string, kept as the model wrote it."""

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
    """What a tool answered to the call with the same `id`."""

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
    """A model's thinking; `text` may be empty where it is hidden and only the signature is left."""

    text: str = ""
    signature: Signature | None = None
    origin: str | None = None


Part = TextPart | ImagePart | ToolCallPart | ToolResultPart | ReasoningPart


def _is_base64(data: str) -> bool:
    try:
        return bool(binascii.a2b_base64(data, strict_mode=True))
    except (ValueError, UnicodeEncodeError):
        return False
