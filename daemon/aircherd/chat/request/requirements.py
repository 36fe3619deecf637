"""What a request requires of a model: pure."""

from collections.abc import Iterator

from aircherd.usage.estimate import input_estimate
from aircherd.vocabulary.chat import ChatRequest, Message, Requirements, SchemaFormat
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import Part, ToolResultPart


def requirements_of(request: ChatRequest) -> Requirements:
    """Return the abilities that `request` uses, and its estimated size.

    `output_tokens` is 0 if the request sets no maximum.
    """
    if _is_plain(request):
        return Requirements(
            input_tokens=input_estimate(request), output_tokens=request.max_tokens or 0
        )
    return Requirements(
        abilities=tuple(_abilities(request)),
        input_tokens=input_estimate(request),
        output_tokens=request.max_tokens or 0,
        unpriced=_unpriced(request),
    )


def is_text_only(messages: list[Message]) -> bool:
    """Return whether every message is one string, as most are."""
    for message in messages:  # noqa: SIM110 - faster than a generator
        if type(message.content) is not str:
            return False
    return True


def _is_plain(request: ChatRequest) -> bool:
    if (
        request.tools
        or request.extra
        or request.modalities is not None
        or request.reasoning is not None
        or request.response_format is not None
        or request.temperature is not None
        or request.top_p is not None
    ):
        return False
    return is_text_only(request.messages)


def _unpriced(request: ChatRequest) -> str | None:
    if not (request.tools or request.extra or request.modalities):
        return None
    from aircherd.chat.request.unpriced import unpriced_option  # noqa: PLC0415 - rarely needed

    return unpriced_option(request)


def _abilities(request: ChatRequest) -> Iterator[str]:
    if request.tools and request.tool_choice != "none":
        yield "tools"
    yield from sorted(_media(request.messages))
    if request.reasoning is not None and request.reasoning != "none":
        yield "reasoning"
    if isinstance(request.response_format, SchemaFormat):
        yield "json_schema"
    if request.temperature is not None or request.top_p is not None:
        yield "sampling"


def _media(messages: list[Message]) -> set[str]:
    """Return the abilities that the parts of the messages require."""
    return {
        ability
        for message in messages
        if not isinstance(message.content, str)
        for part in message.content
        for ability in _abilities_for(part)
    }


def _abilities_for(part: Part) -> Iterator[str]:
    if isinstance(part, ToolResultPart) and not isinstance(part.content, str):
        for inner in part.content:
            yield from _abilities_for(inner)
    elif isinstance(part, ImagePart):
        yield "images"
    elif isinstance(part, AudioPart):
        yield "audio"
    elif isinstance(part, DocumentPart) and part.is_pdf:
        yield "documents"  # any model can read a text
