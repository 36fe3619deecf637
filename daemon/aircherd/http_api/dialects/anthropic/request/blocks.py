"""The content blocks of a request, as the API has them: structs only.

Those that take unknown fields ignore them; all others refuse them, and `unknown` finds out which.
"""

from typing import Annotated, Final, Literal

import msgspec

ABSENT: Final = msgspec.Raw()
MAX_BLOCKS: Final = 20_000
"""Blocks of a request. A million tokens have a tenth of it; each takes some microseconds."""
MAX_SYSTEM: Final = 5_000
"""Blocks of a system prompt."""


class CacheControl(msgspec.Struct, gc=False):
    """A mark for the prompt cache; where it cannot be understood, it is the usual one."""

    ttl: object = None


class CitationsConfig(msgspec.Struct, gc=False):
    """Whether a document is cited."""

    enabled: bool | None = None


class Block(msgspec.Struct, forbid_unknown_fields=True, gc=False, tag_field="type"):
    """What all blocks are."""


class Text(Block, tag="text"):
    """A text. Its citations are the vendor's own, and stay behind when it is translated."""

    text: str
    cache_control: CacheControl | None = None
    citations: msgspec.Raw = ABSENT


class Lenient(msgspec.Struct, gc=False, tag_field="type"):
    """What blocks have in them: unknown fields of it are ignored."""


class Base64Source(Lenient, tag="base64"):
    """Data of a picture or a PDF."""

    data: str
    media_type: str | None = None


class UrlSource(Lenient, tag="url"):
    """A picture or a PDF by its URL."""

    url: str


class FileSource(Lenient, tag="file"):
    """A file that is stored at the vendor."""

    file_id: str


class TextSource(Lenient, tag="text"):
    """The text of a document."""

    data: str


class ContentSource(Lenient, tag="content"):
    """A document in blocks."""

    content: str | list["InnerBlock"]


class InnerBlock(msgspec.Struct, gc=False):
    """A block in a document, or in what a search found: a text, or what has none."""

    type: object = "text"
    text: str | None = None


class Image(Block, tag="image"):
    """A picture."""

    source: Base64Source | UrlSource | FileSource
    cache_control: CacheControl | None = None
    transformations: msgspec.Raw = ABSENT


Source = Base64Source | UrlSource | FileSource | TextSource | ContentSource


class Document(Block, tag="document"):
    """A document. `context` says to the model what it is."""

    source: Source
    title: str | None = None
    context: str | None = None
    citations: CitationsConfig | None = None
    cache_control: CacheControl | None = None


class SearchResult(Block, tag="search_result"):
    """What a search of the client found."""

    source: str
    title: str
    content: list[InnerBlock]
    citations: CitationsConfig | None = None
    cache_control: CacheControl | None = None


class ToolReference(Block, tag="tool_reference"):
    """A tool that a search for tools of the client found."""

    tool_name: str
    cache_control: CacheControl | None = None


class Thinking(Block, tag="thinking"):
    """Thinking, with the signature that its model wants back."""

    thinking: str
    signature: str | None = None
    cache_control: CacheControl | None = None


class RedactedThinking(Block, tag="redacted_thinking"):
    """Thinking that only its model can read."""

    data: str
    cache_control: CacheControl | None = None


class ToolUse(Block, tag="tool_use"):
    """A call of a tool. `caller` is code of the model, or the model itself."""

    id: str
    name: str
    input: msgspec.Raw = ABSENT
    cache_control: CacheControl | None = None
    caller: msgspec.Raw = ABSENT
    toolset_name: msgspec.Raw = ABSENT


class Other(Block, tag="aircher_other"):
    """A block that has no word of ours: its type, and its JSON."""

    kind: str
    data: str


ResultBlock = Text | Image | Document | SearchResult | ToolReference


class ToolResult(Block, tag="tool_result"):
    """The result of a call."""

    tool_use_id: str
    content: str | Annotated[list[ResultBlock], msgspec.Meta(max_length=MAX_BLOCKS)] | None = None
    is_error: bool | None = None
    cache_control: CacheControl | None = None
    toolset_name: msgspec.Raw = ABSENT


AnyBlock = (
    Text
    | Image
    | Document
    | SearchResult
    | ToolReference
    | Thinking
    | RedactedThinking
    | ToolUse
    | ToolResult
    | Other
)
Role = Literal["user", "assistant", "system"]


class Turn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One message."""

    role: Role
    content: str | Annotated[list[AnyBlock], msgspec.Meta(max_length=MAX_BLOCKS)]


TURN: Final = msgspec.json.Decoder(Turn)
TEXT: Final = msgspec.json.Decoder(Text)
SYSTEM: Final = msgspec.json.Decoder(
    str | Annotated[list[Text], msgspec.Meta(max_length=MAX_SYSTEM)] | None
)
