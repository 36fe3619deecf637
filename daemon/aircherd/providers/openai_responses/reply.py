"""Reading replies of the OpenAI Responses API, streamed or whole.

A reply is a list of items: messages, reasoning, tool calls. A stream tells each piece by piece, and
then once more whole: `response.output_item.done` brings what was not told before, so that servers
which leave out the pieces are understood too. Only the last event proves that a reply is whole.
"""

from collections.abc import Callable

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.json_in import as_text
from aircherd.providers.codec.reply_stream import ReplyStream, new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.openai_responses.schema import (
    Final,
    ItemPosition,
    OutputItem,
    ResponseEvent,
    error_of,
    final_of,
    parts_of,
    position_of,
    read_event,
    read_response,
    thoughts_of,
    usage_of,
)
from aircherd.providers.openai_responses.signature import sign_phase, sign_reasoning
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

_STARTS = ("response.created", "response.queued", "response.in_progress")
"""What a server says before it works, and may say again only to keep the connection."""


class ResponsesStream(ReplyStream):
    """Decodes one streamed reply."""

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__()
        self._reply = _Reply(new_id)

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if data[:6] == b"[DONE]":
            return  # not of this API, but some servers end all their streams with it
        event = read_event(data)
        told = len(out)
        ending = self._reply.add(event, out)
        if ending is not None:
            self._finish(ending, out)
        elif len(out) == told and _is_progress(event.type):
            self.progress_count += 1

    def _end(self) -> Ending | None:
        return None


def _is_progress(kind: object) -> bool:
    return isinstance(kind, str) and kind.startswith("response.") and kind not in _STARTS


def read_whole(body: bytes, new_id: Callable[[], str] = new_call_id) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    whole = read_response(body)
    out: list[ReplyEvent] = []
    reply = _Reply(new_id)
    error = error_of(whole.error)
    if error is not None or whole.status == "failed":
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
    """What has come of a reply so far. Items are known by their place in the output."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._calls: dict[ItemPosition, _Call] = {}
        self._count = 0  # of calls
        self._told: set[ItemPosition] = set()
        self._thinking: tuple[object, ...] = ()
        self._refused = False

    def add(self, event: ResponseEvent, out: list[ReplyEvent]) -> Ending | None:
        """Take in one event; return the ending if it is the last.

        Raises:
            ProviderFailed: it is an error.
        """
        kind = event.type if isinstance(event.type, str) else ""
        if event.error or kind == "error":
            _raise_error(event, kind)
        take = _TAKES.get(kind)
        return take(self, event, out) if take else None

    # -------------------------------------------------------------- pieces

    def add_text(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Take in a piece of an answer."""
        if text := as_text(event.delta):
            self._told.add(position_of(event))
            out.append(TextDelta(text))

    def add_refusal(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Take in a piece of what the model says in place of an answer."""
        self._refused = True
        self.add_text(event, out)

    def add_thought(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Take in a piece of the model's thinking, or of its summary: several paragraphs."""
        text = as_text(event.delta)
        if not text:
            return
        item = position_of(event)
        place = (item, event.type, event.summary_index, event.content_index)
        is_next = item in self._told and place != self._thinking
        self._thinking = place
        self._told.add(item)
        out.append(ReasoningDelta(f"\n\n{text}" if is_next else text))

    def add_arguments(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Take in a piece of a call's arguments."""
        call, text = self._calls.get(position_of(event)), as_text(event.delta)
        if call is not None and text:
            call.has_arguments = True
            out.append(ToolCallDelta(index=call.number, arguments=text))

    # -------------------------------------------------------------- items

    def open_item(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Take in the beginning of an item: that of a call has its id and name."""
        if event.item is not None and event.item.type == "function_call":
            self._open_call(position_of(event), event.item, out)

    def close_item(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Take in an item at its end."""
        if event.item is not None:
            self.add_item(position_of(event), event.item, out)

    def add_item(self, place: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        """Take in a whole item: what was not told yet, and its signature."""
        if item.type == "message":
            self._add_message(place, item, out)
        elif item.type == "reasoning":
            self._add_reasoning(place, item, out)
        elif item.type == "function_call":
            self._add_call(place, item, out)

    def _add_message(self, place: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        text = ""
        for part in parts_of(item.content):
            self._refused = self._refused or bool(part.refusal)
            text += as_text(part.text) or as_text(part.refusal)
        is_told = place in self._told
        signature = sign_phase(as_text(item.phase))
        if text and not (is_told and signature is None):
            out.append(TextDelta("" if is_told else text, signature))

    def _add_reasoning(self, place: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        text = "" if place in self._told else thoughts_of(item)
        signature = None
        # Thinking that was cut off is not what its maker would know again.
        if item.status not in ("incomplete", "in_progress"):
            encrypted = as_text(item.encrypted_content)
            signature = sign_reasoning(as_text(item.id), item.summary, item.content, encrypted)
        if text or signature is not None:
            out.append(ReasoningDelta(text, signature))

    def _add_call(self, place: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        call = self._calls.get(place)
        if call is None:
            self._open_call(place, item, out)
        elif not call.has_arguments and (text := as_text(item.arguments)):
            out.append(ToolCallDelta(index=call.number, arguments=text))

    def _open_call(self, place: ItemPosition, item: OutputItem, out: list[ReplyEvent]) -> None:
        call = self._calls[place] = _Call(self._count)
        self._count += 1
        arguments = as_text(item.arguments)
        call.has_arguments = bool(arguments)
        call_id = as_text(item.call_id) or self._new_id()
        out.append(ToolCallDelta(call.number, call_id, as_text(item.name), arguments))

    # -------------------------------------------------------------- the end

    def complete(self, event: ResponseEvent, out: list[ReplyEvent]) -> Ending:
        """Take in the end of a reply that is whole."""
        return self.ending(final_of(event), out, is_complete=True)

    def break_off(self, event: ResponseEvent, out: list[ReplyEvent]) -> Ending:
        """Take in the end of a reply that the vendor cut short."""
        return self.ending(final_of(event), out, is_complete=False)

    def give_up(self, event: ResponseEvent, out: list[ReplyEvent]) -> None:
        """Take in the end of a reply that failed; what it cost until then is told."""
        final = final_of(event)
        _add_usage(final, out)
        raise ProviderFailed(classify_error(error_of(final.error)))

    def ending(self, final: Final, out: list[ReplyEvent], *, is_complete: bool) -> Ending:
        """Return the ending that `final` tells, its usage before it."""
        finish: Finish = "tool_calls" if self._calls else "stop"
        if not is_complete:
            reason = final.incomplete_details and final.incomplete_details.reason
            finish = "content_filter" if reason == "content_filter" else "length"
        return Ending(
            finish="content_filter" if self._refused else finish,
            usage=_add_usage(final, out),
            model=as_text(final.model) or None,
        )


_TAKES: dict[str, Callable[[_Reply, ResponseEvent, list[ReplyEvent]], Ending | None]] = {
    "response.output_text.delta": _Reply.add_text,
    "response.refusal.delta": _Reply.add_refusal,
    "response.reasoning_summary_text.delta": _Reply.add_thought,
    "response.reasoning_text.delta": _Reply.add_thought,
    "response.function_call_arguments.delta": _Reply.add_arguments,
    "response.output_item.added": _Reply.open_item,
    "response.output_item.done": _Reply.close_item,
    "response.completed": _Reply.complete,
    "response.incomplete": _Reply.break_off,
    "response.failed": _Reply.give_up,
}
"""What is done with an event; all others are passed over."""


def _raise_error(event: ResponseEvent, kind: str) -> None:
    # The reference has the error's fields in the event itself, the API sends them nested.
    error = error_of(event.error)
    if error is not None or kind == "error":
        flat = {"code": event.code, "message": event.message}
        raise ProviderFailed(classify_error(error or flat))


def _add_usage(final: Final, out: list[ReplyEvent]) -> Usage | None:
    usage = usage_of(final)
    if usage is not None:
        out.append(UsageDelta(usage))
    return usage
