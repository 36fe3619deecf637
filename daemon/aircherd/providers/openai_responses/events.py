"""The events of a stream, each processed as news about an item of the output."""

from collections.abc import Callable

from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.output.item import Who
from aircherd.providers.openai_responses.output.output import Output
from aircherd.providers.openai_responses.schema import (
    CUSTOM_CALL,
    FUNCTION_CALL,
    ResponseEvent,
    ResponsePiece,
    item_of,
    part_of,
)
from aircherd.vocabulary.reply import ReplyEvent


def who_of(event: ResponsePiece, item_id: object = None, call_id: object = None) -> Who:
    """Return what an event says about its item."""
    index = event.output_index if type(event.output_index) is int else None
    return Who(index, as_text(item_id or event.item_id), as_text(call_id))


def _add_refusal(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    if text := as_text(event.delta):
        output.messages.add_refusal(who_of(event), event.content_index, text, out)


def _end_text(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    is_refusal = event.type == "response.refusal.done"
    text = as_text(event.refusal if is_refusal else event.text)
    place = ("refusal" if is_refusal else "text", event.content_index)
    output.messages.end_text(who_of(event), place, str(event.type), text, out)


def _end_part(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    part = part_of(event.part)
    if part is not None:
        output.end_part(who_of(event), event.content_index, str(event.type), part, out)


def _add_annotation(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    output.messages.add_annotation(who_of(event), event.annotation, out)


def _paragraph(event: ResponsePiece) -> tuple[str, object]:
    if "summary" in str(event.type):
        return "summary", event.summary_index
    return "content", event.content_index


def _add_reasoning(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    if text := as_text(event.delta):
        output.thinking.add(who_of(event), _paragraph(event), text, out)


def _end_reasoning(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    part = part_of(event.part)
    text = as_text(event.text) or as_text(part.text if part else None)
    output.thinking.end(who_of(event), _paragraph(event), str(event.type), text, out)


def _call_kind(event: ResponsePiece) -> str:
    return CUSTOM_CALL if "custom_tool" in str(event.type) else FUNCTION_CALL


def _add_arguments(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    if text := as_text(event.delta):
        output.add_arguments(_call_kind(event), who_of(event), text, out)


def _end_arguments(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    kind = _call_kind(event)
    text = as_text(event.input if kind == CUSTOM_CALL else event.arguments)
    output.end_arguments(kind, who_of(event), text, as_text(event.name), out)


def _open_item(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    item = item_of(event.item)
    if item is not None:
        output.open_item(who_of(event, item.id, item.call_id), item, out)


def _close_item(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    item = item_of(event.item)
    if item is not None:
        output.close_item(who_of(event, item.id, item.call_id), item, out)


def _add_sound(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    del out
    output.audio.add(as_text(event.delta))


def _add_words(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    del out
    output.audio.add_words(as_text(event.delta))


PIECES: dict[str, Callable[[Output, ResponsePiece, list[ReplyEvent]], None]] = {
    "response.refusal.delta": _add_refusal,
    "response.reasoning_summary_text.delta": _add_reasoning,
    "response.reasoning_summary.delta": _add_reasoning,
    "response.reasoning_text.delta": _add_reasoning,
    "response.reasoning.delta": _add_reasoning,
    "response.function_call_arguments.delta": _add_arguments,
    "response.custom_tool_call_input.delta": _add_arguments,
    "response.audio.delta": _add_sound,
    "response.audio.transcript.delta": _add_words,
}
"""Type of an event with a piece of something -> handler."""

HANDLERS: dict[str, Callable[[Output, ResponseEvent, list[ReplyEvent]], None]] = {
    "response.output_item.added": _open_item,
    "response.output_item.done": _close_item,
    "response.output_text.done": _end_text,
    "response.output_text.annotation.added": _add_annotation,
    "response.refusal.done": _end_text,
    "response.content_part.done": _end_part,
    "response.reasoning_summary_text.done": _end_reasoning,
    "response.reasoning_summary_part.done": _end_reasoning,
    "response.reasoning_summary.done": _end_reasoning,
    "response.reasoning_text.done": _end_reasoning,
    "response.reasoning_part.done": _end_reasoning,
    "response.reasoning.done": _end_reasoning,
    "response.function_call_arguments.done": _end_arguments,
    "response.custom_tool_call_input.done": _end_arguments,
}
"""Type of any other event -> handler. The rest is progress: it is in the whole item too."""
