"""The deltas of a chat, by their `type`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from aircherd.api.schema.chat_results import AnswerCitation, Usage
from aircherd.api.schema.fields import (
    KeyName,
    Message,
    Milliseconds,
    ModelName,
    ProviderName,
    Until,
    says,
)


class _Delta(TypedDict):
    """A piece of an answer."""

    id: NotRequired[Annotated[int, says("of a `chat`: the id of the request")]]
    stream: NotRequired[Annotated[int, says("of a `chat.start`: the number of the stream")]]
    seq: Annotated[int, says("counts the deltas of the chat from 1")]


Signature = Annotated[str, says("the provider's signature, where `hello` asked for signatures")]


class TextDelta(_Delta):
    """More text."""

    type: Literal["text"]
    text: Annotated[str, says("what is added")]
    refusal: NotRequired[Annotated[bool, says("true: the model says why it does not answer")]]
    signature: NotRequired[Signature]


class ReasoningDelta(_Delta):
    """More of the model's thinking."""

    type: Literal["reasoning"]
    text: NotRequired[Annotated[str, says("what is added; missing where a signature comes alone")]]
    signature: NotRequired[Signature]


class ToolCallDelta(_Delta):
    """A piece of a tool call."""

    type: Literal["tool_call"]
    index: Annotated[int, says("counts the calls from 0")]
    call_id: NotRequired[Annotated[str, says("on the first piece")]]
    name: NotRequired[Annotated[str, says("on the first piece: the tool")]]
    arguments: NotRequired[Annotated[str, says("a fragment of JSON, or of any text if custom")]]
    custom: NotRequired[Annotated[bool, says("true: a call of a custom tool")]]
    signature: NotRequired[Signature]


class CitationDelta(_Delta):
    """A source of the text before it."""

    type: Literal["citation"]
    citation: AnswerCitation


class ImageDelta(_Delta):
    """A picture that the model made, whole."""

    type: Literal["image"]
    data: NotRequired[Annotated[str, says("base64")]]
    media_type: NotRequired[Annotated[str, says("such as image/png")]]
    url: NotRequired[Annotated[str, says("instead of data")]]
    signature: NotRequired[Signature]


class AudioDelta(_Delta):
    """Sound that the model made, whole."""

    type: Literal["audio"]
    data: Annotated[str, says("base64")]
    media_type: NotRequired[Annotated[str, says("such as audio/wav")]]
    transcript: NotRequired[Annotated[str, says("what is said in it")]]
    signature: NotRequired[Signature]


class OtherDelta(_Delta):
    """What the provider sent and no other delta has a word for."""

    type: Literal["other"]
    kind: Annotated[str, says("the vendor's word")]
    data: Annotated[str, says("the vendor's JSON as a string")]


class UsageDelta(_Delta):
    """The token counts so far; each replaces the one before."""

    type: Literal["usage"]
    usage: Usage


class AttemptDelta(_Delta):
    """Progress: a candidate is tried, failed, is skipped or waited for.

    Text before it belongs to a failed attempt.
    """

    type: Literal["attempt"]
    provider: ProviderName
    model: ModelName
    outcome: Annotated[str, says("trying, skipped, waiting, or the error code of a failed call")]
    key: NotRequired[KeyName]
    ms: NotRequired[Milliseconds]
    message: NotRequired[Message]
    until: NotRequired[Until]


DELTAS: dict[str, type] = {
    "text": TextDelta,
    "reasoning": ReasoningDelta,
    "tool_call": ToolCallDelta,
    "citation": CitationDelta,
    "image": ImageDelta,
    "audio": AudioDelta,
    "other": OtherDelta,
    "usage": UsageDelta,
    "attempt": AttemptDelta,
}
