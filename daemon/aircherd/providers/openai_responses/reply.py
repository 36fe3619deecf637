"""Read replies of the OpenAI Responses API, streamed or whole.

A reply is a list of items: messages, reasoning, tool calls, and what hosted tools did. A stream
sends each item in pieces, then whole in `response.output_item.done`, and all of them once more in
its last event; servers that resemble OpenAI leave out any of these. So each event is read as news
about an item (see `items`), and only what was not passed on before is (see `texts`). Items stand in
the order in which they began. Only the last event proves that a reply is complete.
"""

from collections.abc import Callable

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.finish import read_finish
from aircherd.providers.codec.json_in import as_text
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.providers.openai_responses.output.item import Who
from aircherd.providers.openai_responses.output.output import Output
from aircherd.providers.openai_responses.output.texts import StreamedPart
from aircherd.providers.openai_responses.schema import (
    CUSTOM_CALL,
    FUNCTION_CALL,
    FinalResponse,
    ResponseEvent,
    ResponsePiece,
    error_of,
    final_response_of,
    item_of,
    output_of,
    part_of,
    read_event,
    read_piece,
    read_response,
    usage_of,
)
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, Finish, ReplyEvent, TextDelta, Usage, UsageDelta

_START_EVENTS = ("response.created", "response.queued", "response.in_progress")
"""Sent before the work begins; servers may repeat them to keep the connection alive."""

_TEXT = "response.output_text.delta"

MAX_PIECES = 1000
"""Pieces of text that are kept before they are joined."""


class ResponsesStream(VendorStream):
    """Decodes one streamed reply."""

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__()
        self._reply = _Reply(new_id)

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if data[:6] == b"[DONE]":
            return  # not of this API, but some servers end every stream with it
        event = read_piece(data)
        count = len(out)
        ending = self._reply.add(event, data, out)
        if ending is not None:
            self._finish(ending, out)
        elif not event.type and (found := self._find_error(data, is_named=False)):
            raise found
        elif len(out) == count and _is_progress(event.type):
            self.progress_count += 1

    def _end(self) -> Ending | None:
        return None


def _is_progress(kind: object) -> bool:
    return isinstance(kind, str) and kind.startswith("response.") and kind not in _START_EVENTS


def read_whole(body: bytes, new_id: Callable[[], str] = new_call_id) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    whole = read_response(body)
    error = error_of(whole.error)
    if error and error_in({"error": error}):
        raise ProviderFailed(classify_error(error))
    out: list[ReplyEvent] = []
    status = _status_of(whole, "")
    if status in ("queued", "in_progress"):
        fail(
            FailureClass.UNSUPPORTED,
            "answers in the background, and nothing asks for the answer: leave out `background`",
        )
    has_output = bool(whole.output_text) or bytes(whole.output) not in (b"", b"null")
    is_over = status in ("", "completed", "incomplete")
    if status not in _UNEXPLAINED and not (is_over and has_output):
        fail(
            FailureClass.PROTOCOL,
            "sent a reply without output, or an unfinished one: check base_url and kind",
        )
    ending = _Reply(new_id).end(whole, status or "completed", out)
    return [*out, ending]


class _Reply:
    """The state of a reply so far."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._output = Output(new_id)
        # The part of the last piece of text, so that the next one costs no search, and what came
        # of it since.
        self._place = ResponsePiece()
        self._part: StreamedPart | None = None
        self._pieces: list[str] = []

    def add(self, piece: ResponsePiece, data: bytes, out: list[ReplyEvent]) -> Ending | None:
        """Process one event, of which `data` is the JSON; return the ending if it is the last.

        Raises:
            ProviderFailed: it is an error.
        """
        kind = piece.type if isinstance(piece.type, str) else ""
        if piece.error or kind == "error":
            _raise_event_error(read_event(data), kind)
        if kind == _TEXT:
            self._add_text(piece, out)
            return None
        self._leave_part()
        if (add := _PIECES.get(kind)) is not None:
            add(self._output, piece, out)
        elif (handle := _HANDLERS.get(kind)) is not None:
            handle(self._output, read_event(data), out)
        elif kind in _ENDINGS:
            final = final_response_of(read_event(data))
            return self.end(final, _status_of(final, _ENDINGS[kind]), out)
        return None

    def _add_text(self, event: ResponsePiece, out: list[ReplyEvent]) -> None:
        delta = event.delta
        text = delta if type(delta) is str else as_text(delta) or as_text(event.text)
        if not text:
            return
        place = self._place
        if (
            self._part is None
            or event.content_index != place.content_index
            or event.item_id != place.item_id
            or event.output_index != place.output_index
            or len(self._pieces) >= MAX_PIECES
        ):
            self._leave_part()
            self._place = event
            self._part = self._output.messages.text_part(
                _who(event), "text", event.content_index, out
            )
        self._pieces.append(text)
        out.append(TextDelta(text))

    def _leave_part(self) -> None:
        if self._part is not None:
            self._part.add("".join(self._pieces))
            self._part = None
            self._pieces.clear()

    def end(self, final: FinalResponse, status: str, out: list[ReplyEvent]) -> Ending:
        """Process the last event: what was not streamed, and the counts.

        Raises:
            ProviderFailed: the reply failed.
        """
        if status in ("failed", "cancelled"):
            _add_usage(final, out)
            raise ProviderFailed(classify_error(error_of(final.error) or _UNEXPLAINED[status]))
        output = self._output
        output.end(output_of(final), as_text(final.output_text), out)
        if isinstance(final.reasoning, str):
            output.thinking.add_first(final.reasoning, out)
        finish: Finish = "tool_calls" if output.awaits_client else "stop"
        if status == "incomplete":
            reason = final.incomplete_details and final.incomplete_details.reason
            finish = read_finish(reason) or "length"
        return Ending(
            finish="refusal" if output.messages.is_refused else finish,
            usage=_add_usage(final, out),
            model=as_text(final.model) or None,
        )


# ------------------------------------------------------------------ events


def _who(event: ResponsePiece, item_id: object = None, call_id: object = None) -> Who:
    index = event.output_index if type(event.output_index) is int else None
    return Who(index, as_text(item_id or event.item_id), as_text(call_id))


def _add_refusal(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    if text := as_text(event.delta):
        output.messages.add_refusal(_who(event), event.content_index, text, out)


def _end_text(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    is_refusal = event.type == "response.refusal.done"
    text = as_text(event.refusal if is_refusal else event.text)
    place = ("refusal" if is_refusal else "text", event.content_index)
    output.messages.end_text(_who(event), place, str(event.type), text, out)


def _end_part(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    part = part_of(event.part)
    if part is not None:
        output.end_part(_who(event), event.content_index, str(event.type), part, out)


def _add_annotation(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    output.messages.add_annotation(_who(event), event.annotation, out)


def _paragraph(event: ResponsePiece) -> tuple[str, object]:
    if "summary" in str(event.type):
        return "summary", event.summary_index
    return "content", event.content_index


def _add_reasoning(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    if text := as_text(event.delta):
        output.thinking.add(_who(event), _paragraph(event), text, out)


def _end_reasoning(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    part = part_of(event.part)
    text = as_text(event.text) or as_text(part.text if part else None)
    output.thinking.end(_who(event), _paragraph(event), str(event.type), text, out)


def _call_kind(event: ResponsePiece) -> str:
    return CUSTOM_CALL if "custom_tool" in str(event.type) else FUNCTION_CALL


def _add_arguments(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    if text := as_text(event.delta):
        output.add_arguments(_call_kind(event), _who(event), text, out)


def _end_arguments(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    kind = _call_kind(event)
    text = as_text(event.input if kind == CUSTOM_CALL else event.arguments)
    output.end_arguments(kind, _who(event), text, as_text(event.name), out)


def _open_item(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    item = item_of(event.item)
    if item is not None:
        output.open_item(_who(event, item.id, item.call_id), item, out)


def _close_item(output: Output, event: ResponseEvent, out: list[ReplyEvent]) -> None:
    item = item_of(event.item)
    if item is not None:
        output.close_item(_who(event, item.id, item.call_id), item, out)


def _add_sound(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    del out
    output.audio.add(as_text(event.delta))


def _add_words(output: Output, event: ResponsePiece, out: list[ReplyEvent]) -> None:
    del out
    output.audio.add_words(as_text(event.delta))


_PIECES: dict[str, Callable[[Output, ResponsePiece, list[ReplyEvent]], None]] = {
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

_HANDLERS: dict[str, Callable[[Output, ResponseEvent, list[ReplyEvent]], None]] = {
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

_ENDINGS: dict[str, str] = {
    "response.completed": "completed",
    "response.done": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
    "response.canceled": "cancelled",
}
"""Type of the last event -> the status of the reply, if the reply itself has none."""

_SYNONYMS = {"canceled": "cancelled", "complete": "completed", "done": "completed"}
"""What servers that resemble OpenAI call the statuses."""

_UNEXPLAINED = {
    "failed": {"message": "the reply failed"},
    "cancelled": {"message": "the reply was cancelled"},
}


def _status_of(final: FinalResponse, event_status: str) -> str:
    """Return the status of a reply; one that cannot be at an end is that of the event."""
    status = as_text(final.status)
    status = _SYNONYMS.get(status, status)
    if event_status in ("", "completed") and status in ("failed", "cancelled", "incomplete"):
        return status
    return event_status or status


def _raise_event_error(event: ResponseEvent, kind: str) -> None:
    # The reference has the fields in the event itself; the API nests them.
    error = error_of(event.error)
    if error or kind == "error":
        flat = {"code": event.code, "message": event.message}
        raise ProviderFailed(classify_error(error or flat))


def _add_usage(final: FinalResponse, out: list[ReplyEvent]) -> Usage | None:
    usage = usage_of(final)
    if usage is not None:
        out.append(UsageDelta(usage))
    return usage
