"""The events of a streamed reply, in order.

Adapters produce them, `chat` collects them into a message, `ipc` sends them to clients.
"""

from typing import Literal

import msgspec

from aircherd.vocabulary.content.citations import Citation

Finish = Literal["stop", "length", "tool_calls", "pause", "refusal", "content_filter"]
"""Why the provider stopped. An incomplete reply ends in an error instead.

After `pause` the turn is not over: the provider goes on when the conversation is sent back.
"""


class Usage(msgspec.Struct, frozen=True):
    """Token counts. Input includes cached and cache-write tokens, output includes reasoning.

    Of the cache-write tokens, `cache_write_1h_tokens` are kept for an hour, which may cost more.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_1h_tokens: int = 0


class TextDelta(msgspec.Struct, frozen=True, tag_field="type", tag="text", omit_defaults=True):
    """More text, or more of a refusal. A `signature` ends the part; later text starts a new one."""

    text: str
    signature: str | None = None
    refusal: bool = False


class ReasoningDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="reasoning", omit_defaults=True
):
    """More thinking. A `signature` ends the part; the text is empty if the vendor hides it."""

    text: str = ""
    signature: str | None = None


class ToolCallDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="tool_call", omit_defaults=True
):
    """A piece of a tool call.

    `index` counts tool calls from 0. The first piece of each call has `call_id` and `name`, later
    ones only a fragment of `arguments`.
    """

    index: int
    call_id: str | None = None
    name: str | None = None
    arguments: str = ""
    signature: str | None = None
    custom: bool = False


class CitationDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="citation", omit_defaults=True
):
    """A source of the text before it, in the same part."""

    citation: Citation


class PartEnd(msgspec.Struct, frozen=True, tag_field="type", tag="part_end"):
    """The text or thinking before it is a part of its own; what follows begins another."""


class InItem(msgspec.Struct, frozen=True, tag_field="type", tag="in_item"):
    """What follows belongs to this item of the reply, until the next event of this kind.

    For vendors whose replies are lists of items that may end in another order than they began. A
    new `number` begins an item, behind those so far or `before` one of them; a number from before
    continues that item.
    """

    number: int
    before: int | None = None


class ImageDelta(msgspec.Struct, frozen=True, tag_field="type", tag="image", omit_defaults=True):
    """A whole picture that the model made: `data` in base64, or a `url`."""

    data: str | None = None
    media_type: str | None = None
    url: str | None = None
    signature: str | None = None


class AudioDelta(msgspec.Struct, frozen=True, tag_field="type", tag="audio", omit_defaults=True):
    """Sound that the model made, whole, in base64; `transcript` is what is said in it."""

    data: str
    media_type: str | None = None
    transcript: str | None = None
    signature: str | None = None


class OtherDelta(msgspec.Struct, frozen=True, tag_field="type", tag="other"):
    """What has no word of ours, whole: the vendor's `kind` and its JSON as a string."""

    kind: str
    data: str


class AboutDelta(OtherDelta, frozen=True, tag_field="type", tag="other"):
    """What a provider says about its reply as a whole, such as log probabilities: no answer."""


class UsageDelta(msgspec.Struct, frozen=True, tag_field="type", tag="usage"):
    """The token counts so far; each one replaces the previous one."""

    usage: Usage


class AttemptDelta(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="attempt"
):
    """Progress of a request: a candidate is `trying`, `skipped` or `waiting`, or it failed.

    `outcome` is one of these three or an error code. `ms` is how long the request waits for a
    candidate; `until` is the Unix time when the candidate is available again, if known.
    """

    provider: str
    model: str
    outcome: str
    key: str | None = None
    ms: int | None = None
    message: str | None = None
    until: float | None = None


class WholeMessage(msgspec.Struct, frozen=True, tag_field="type", tag="whole_message"):
    """The parts of the whole message as clients get them, in place of what came before.

    From another daemon, which has joined them already; `answered_by` is the `provider/model` that
    answered there.
    """

    content: tuple[dict[str, object], ...]
    answered_by: str


class Ending(msgspec.Struct, frozen=True, tag_field="type", tag="ending"):
    """The provider's end of the reply; a reply without it is incomplete.

    `usage`, `model` (the one that served the request) and `cost` (a decimal string in USD) are
    None if the provider did not report them.
    """

    finish: Finish
    usage: Usage | None = None
    model: str | None = None
    cost: str | None = None


ReplyEvent = (
    TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | CitationDelta
    | PartEnd
    | InItem
    | ImageDelta
    | AudioDelta
    | OtherDelta
    | UsageDelta
    | AttemptDelta
    | WholeMessage
    | Ending
)
