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
from aircherd.providers.openai_responses.endings import (
    ENDINGS,
    UNEXPLAINED,
    add_usage,
    raise_event_error,
    status_of,
)
from aircherd.providers.openai_responses.events import HANDLERS, PIECES, who_of
from aircherd.providers.openai_responses.output.output import Output
from aircherd.providers.openai_responses.output.texts import StreamedPart
from aircherd.providers.openai_responses.schema import (
    FinalResponse,
    ResponsePiece,
    error_of,
    final_response_of,
    output_of,
    read_event,
    read_piece,
    read_response,
)
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, Finish, ReplyEvent, TextDelta

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
    status = status_of(whole, "")
    if status in ("queued", "in_progress"):
        fail(
            FailureClass.UNSUPPORTED,
            "answers in the background, and nothing asks for the answer: leave out `background`",
        )
    has_output = bool(whole.output_text) or bytes(whole.output) not in (b"", b"null")
    is_over = status in ("", "completed", "incomplete")
    if status not in UNEXPLAINED and not (is_over and has_output):
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
            raise_event_error(read_event(data), kind)
        if kind == _TEXT:
            self._add_text(piece, out)
            return None
        self._leave_part()
        if (add := PIECES.get(kind)) is not None:
            add(self._output, piece, out)
        elif (handle := HANDLERS.get(kind)) is not None:
            handle(self._output, read_event(data), out)
        elif kind in ENDINGS:
            final = final_response_of(read_event(data))
            return self.end(final, status_of(final, ENDINGS[kind]), out)
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
                who_of(event), "text", event.content_index, out
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
            add_usage(final, out)
            raise ProviderFailed(classify_error(error_of(final.error) or UNEXPLAINED[status]))
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
            usage=add_usage(final, out),
            model=as_text(final.model) or None,
        )
