"""A translated reply in one piece, from the parts of its message."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.ids import new_id
from aircherd.http_api.dialects.openai_responses.reply.items import Events
from aircherd.http_api.dialects.openai_responses.reply.output import Output
from aircherd.http_api.dialects.openai_responses.reply.response import (
    Frame,
    incomplete_reason,
    response_json,
)
from aircherd.http_api.dialects.openai_responses.request.echo import echo_of
from aircherd.http_api.dialects.openai_responses.request.read import Style
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
)
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
    ImageDelta,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)


class _Message(msgspec.Struct):
    content: list[Part]


_PART_END: Final = PartEnd()


def write_whole(style: Style, result: ChatResult, clock: Callable[[], float]) -> bytes:
    """Return a reply as one response: the last that a stream of it would have sent."""
    now = int(clock())
    frame = Frame(new_id("resp_"), now, result.model, echo_of(style.body))
    output = Output(style.names, Events())
    output.origin = f"{result.provider}/{result.model}"
    for event in events_of(msgspec.convert(result.message, _Message).content):
        output.add(event)
    reason = incomplete_reason(result.finish)
    status = "completed" if reason is None else "incomplete"
    output.end(status)
    return response_json(
        frame,
        status,
        output.done(),
        now=None if reason else now,
        usage=result.usage,
        reason=reason,
        goes_on=result.finish == "pause",
    )


def events_of(parts: list[Part]) -> Iterator[ReplyEvent]:
    """Yield the events of which a message's parts could have come."""
    for number, part in enumerate(parts):
        if isinstance(part, TextPart):
            yield TextDelta(part.text, refusal=part.refusal)
            yield from (CitationDelta(each) for each in part.citations)
            yield TextDelta("", part.signature, part.refusal) if part.signature else _PART_END
        elif isinstance(part, ReasoningPart):
            yield ReasoningDelta(part.text, part.signature)
            yield _PART_END
        elif isinstance(part, ToolCallPart):
            yield ToolCallDelta(
                number, part.id, part.name, part.arguments, part.signature, part.custom
            )
        elif isinstance(part, ImagePart):
            yield ImageDelta(part.data, part.media_type, part.url, part.signature)
        elif isinstance(part, AudioPart):
            yield AudioDelta(part.data, part.media_type, part.transcript)
        elif isinstance(part, OtherPart):
            yield OtherDelta(part.kind, part.data)
