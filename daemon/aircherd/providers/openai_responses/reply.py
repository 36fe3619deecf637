"""Read replies of the OpenAI Responses API, streamed or whole.

A reply is a list of items: messages, reasoning, tool calls. A stream sends each item in pieces and
then whole in `response.output_item.done`. Whatever the pieces did not bring is taken from there, so
servers that send no pieces work too. Only the last event proves that a reply is complete.
"""

from collections.abc import Callable

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.finish import read_finish
from aircherd.providers.codec.json_in import as_text
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.openai_responses.schema import (
    FinalResponse,
    ItemPosition,
    OutputItem,
    ResponseEvent,
    error_of,
    final_response_of,
    parts_of,
    position_of,
    read_event,
    read_response,
    thinking_text_of,
    usage_of,
)
from aircherd.providers.openai_responses.signature import sign_phase, sign_reasoning
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    Finish,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)

_START_EVENTS = ("response.created", "response.queued", "response.in_progress")
"""Sent before the work begins; servers may repeat them to keep the connection alive."""


class ResponsesStream(VendorStream):
    """Decodes one streamed reply."""

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__()
        self._reply = _Reply(new_id)

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if data[:6] == b"[DONE]":
            return  # not of this API, but some servers end every stream with it
        event = read_event(data)
        count = len(out)
        ending = self._reply.add(event, out)
        if ending is not None:
            self._finish(ending, out)
        elif len(out) == count and _is_progress(event.type):
            self.progress_count += 1

    def _end(self) -> Ending | None:
        return None


def _is_progress(kind: object) -> bool:
    return isinstance(kind, str) and kind.startswith("response.") and kind not in _START_EVENTS


def read_whole(body: bytes, new_id: Callable[[], str] = new_call_id) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    whole = read_response(body)
    out: list[ReplyEvent] = []
    reply = _Reply(new_id)
    error = error_of(whole.error)
    if error or whole.status == "failed":
        raise ProviderFailed(classify_error(error))
    if whole.output is None or whole.status not in (None, "completed", "incomplete"):
        fail(
            FailureClass.PROTOCOL,
            "sent a reply without output, or an unfinished one: check base_url and kind",
        )
    for index, item in enumerate(whole.output):
        reply.add_item(index, item, out)
    ending = reply.ending(whole, out, is_complete=whole.status != "incomplete")
    return [*out, ending]


class _Call:
    __slots__ = ("has_arguments", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.has_arguments = False


class _Reply:
    """The state of a reply so far. An item is identified by its position in the output."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._calls: dict[ItemPosition, _Call] = {}
        self._count = 0  # of calls
        self._streamed: set[ItemPosition] = set()
        self._last_paragraph: tuple[object, ...] = ()
        self._refused = False

    def add(self, event: ResponseEvent, out: list[ReplyEvent]) -> Ending | None:
        """Process one event; return the ending if it is the last.

        Raises:
            ProviderFailed: it is an error.
        """
        kind = event.type if isinstance(event.type, str) else ""
        if event.error or kind == "error":
            _raise_event_error(event, kind)
        handle = _HANDLERS.get(kind)
        return handle(self, event, out) if handle else None

    # -------------------------------------------------------------- pieces

    def add_text(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Process a piece of text."""
        if text := as_text(event.delta):
            self._streamed.add(position_of(event))
            out.append(TextDelta(text))

    def add_refusal(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Process a piece of a refusal, which the model writes instead of an answer."""
        self._refused = True
        self.add_text(event, out)

    def add_reasoning(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Process a piece of the model's thinking or of its summary; both may have paragraphs."""
        text = as_text(event.delta)
        if not text:
            return
        item = position_of(event)
        position = (item, event.type, event.summary_index, event.content_index)
        is_new_paragraph = item in self._streamed and position != self._last_paragraph
        self._last_paragraph = position
        self._streamed.add(item)
        out.append(ReasoningDelta(f"\n\n{text}" if is_new_paragraph else text))

    def add_arguments(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Process a piece of a call's arguments."""
        call, text = self._calls.get(position_of(event)), as_text(event.delta)
        if call is not None and text:
            call.has_arguments = True
            out.append(ToolCallDelta(index=call.number, arguments=text))

    # -------------------------------------------------------------- items

    def open_item(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Process the start of an item; that of a call has its id and name."""
        if event.item is not None and event.item.type == "function_call":
            self._open_call(position_of(event), event.item, out)

    def close_item(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Process the end of an item."""
        if event.item is not None:
            self.add_item(position_of(event), event.item, out)

    def add_item(self, position: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        """Process a whole item: what was not streamed yet, and its signature."""
        if item.type == "message":
            self._close_message(position, item, out)
        elif item.type == "reasoning":
            self._close_reasoning(position, item, out)
        elif item.type == "function_call":
            self._close_call(position, item, out)

    def _close_message(
        self, position: ItemPosition, item: OutputItem, out: list[ReplyEvent]
    ) -> None:
        text = ""
        is_streamed = position in self._streamed
        for part in () if is_streamed else parts_of(item.content):
            self._refused = self._refused or bool(part.refusal)
            text += as_text(part.text) or as_text(part.refusal)
        signature = sign_phase(as_text(item.phase))
        if text or (is_streamed and signature is not None):
            out.append(TextDelta(text, signature))

    def _close_reasoning(
        self, position: ItemPosition, item: OutputItem, out: list[ReplyEvent]
    ) -> None:
        text = "" if position in self._streamed else thinking_text_of(item)
        signature = None
        # A cut-off item must not go back: the vendor would not recognise it.
        if item.status not in ("incomplete", "in_progress"):
            encrypted = as_text(item.encrypted_content)
            signature = sign_reasoning(as_text(item.id), item.summary, item.content, encrypted)
        if text or signature is not None:
            out.append(ReasoningDelta(text, signature))

    def _close_call(self, position: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        call = self._calls.get(position)
        if call is None:
            self._open_call(position, item, out)
        elif not call.has_arguments and (text := as_text(item.arguments)):
            out.append(ToolCallDelta(index=call.number, arguments=text))

    def _open_call(self, position: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        call = self._calls[position] = _Call(self._count)
        self._count += 1
        arguments = as_text(item.arguments)
        call.has_arguments = bool(arguments)
        call_id = as_text(item.call_id) or self._new_id()
        out.append(ToolCallDelta(call.number, call_id, as_text(item.name), arguments))

    # -------------------------------------------------------------- the end

    def end_complete(self, event: ResponseEvent, out: list[ReplyEvent]) -> Ending:
        """Process the end of a complete reply."""
        return self.ending(final_response_of(event), out, is_complete=True)

    def end_incomplete(self, event: ResponseEvent, out: list[ReplyEvent]) -> Ending:
        """Process the end of a reply that the vendor cut short."""
        return self.ending(final_response_of(event), out, is_complete=False)

    def fail_reply(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Process the end of a failed reply: emit its usage, then raise the failure."""
        final = final_response_of(event)
        _add_usage(final, out)
        raise ProviderFailed(classify_error(error_of(final.error)))

    def ending(self, final: FinalResponse, out: list[ReplyEvent], *, is_complete: bool) -> Ending:
        """Return the ending in `final`, after emitting its usage."""
        finish: Finish = "tool_calls" if self._calls else "stop"
        if not is_complete:
            reason = final.incomplete_details and final.incomplete_details.reason
            finish = read_finish(reason) or "length"
        return Ending(
            finish="refusal" if self._refused else finish,
            usage=_add_usage(final, out),
            model=as_text(final.model) or None,
        )


_HANDLERS: dict[str, Callable[[_Reply, ResponseEvent, list[ReplyEvent]], Ending | None]] = {
    "response.output_text.delta": _Reply.add_text,
    "response.refusal.delta": _Reply.add_refusal,
    "response.reasoning_summary_text.delta": _Reply.add_reasoning,
    "response.reasoning_text.delta": _Reply.add_reasoning,
    "response.function_call_arguments.delta": _Reply.add_arguments,
    "response.output_item.added": _Reply.open_item,
    "response.output_item.done": _Reply.close_item,
    "response.completed": _Reply.end_complete,
    "response.incomplete": _Reply.end_incomplete,
    "response.failed": _Reply.fail_reply,
}
"""Event type -> handler. Other events are ignored."""


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
