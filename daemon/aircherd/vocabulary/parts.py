"""The parts of a message, distinguished by `type`.

A part made by a model may have an opaque `signature` for its vendor, and its `origin`
(`provider/model`). Signatures are sent back verbatim, and only to that origin.
"""

import hashlib
from typing import Annotated

import msgspec

from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart, Signature


class TextPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="text",
):
    """Plain text. `refusal`: the model says why it does not answer. `citations` are its sources."""

    text: str
    signature: Signature | None = None
    origin: str | None = None
    cache: CacheMark = False
    refusal: bool = False
    citations: list[Citation] = []


class ToolCallPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="tool_call",
):
    """A tool call by the model; `arguments` is its JSON string, unchanged.

    With `custom`, it calls a custom tool, and `arguments` is any text.
    """

    id: str
    name: str
    arguments: str
    signature: Signature | None = None
    origin: str | None = None
    custom: bool = False


class ToolResultPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="tool_result",
):
    """The result of the tool call with the same `id`."""

    id: str
    content: str | list[TextPart | ImagePart | DocumentPart]
    is_error: bool = False
    cache: CacheMark = False


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


class OtherPart(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="other",
):
    """What a provider sent that has no word of ours: the search of a hosted tool, for example.

    `kind` is the vendor's name for it, `data` its JSON as a string. It goes back to its `origin` as
    it came; what was changed, as the `signature` tells, is left out.
    """

    kind: Annotated[str, msgspec.Meta(max_length=200)]
    origin: str
    data: Annotated[str, msgspec.Meta(max_length=8_000_000)]
    signature: Signature | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether it is as the daemon gave it out."""
        return self.signature == seal(self.kind, self.origin, self.data)


def seal(kind: str, origin: str, data: str) -> str:
    """Return the signature of an `OtherPart`: it shows changes, and is no secret."""
    text = f"{kind}\0{origin}\0{data}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


Part = (
    TextPart
    | ImagePart
    | DocumentPart
    | AudioPart
    | ToolCallPart
    | ToolResultPart
    | ReasoningPart
    | OtherPart
)
