"""Read replies of the Gemini API, streamed or whole: each event has the schema of a whole reply.

An event that has only text is decoded at once. Any other is taken apart: `reply_parts` reads its
parts, `metadata` what the reply says about itself.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.finish import later_finish, read_finish
from aircherd.providers.codec.json_in import as_count, as_text, branch, count_of, decode_with
from aircherd.providers.codec.later_usage import later_usage
from aircherd.providers.codec.reply_stream import new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.parse import error_in
from aircherd.providers.error_mapping.rules import MESSAGE_STARTS
from aircherd.providers.gemini.metadata import CANDIDATE, ReplyMetadata
from aircherd.providers.gemini.reply_parts import PartReader
from aircherd.providers.gemini.spelling import in_camel_case, object_in_camel_case
from aircherd.providers.gemini.usage import GeminiUsage, read_usage
from aircherd.providers.replies.vendor_stream import VendorStream
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, Finish, ReplyEvent, Usage, UsageDelta


class _PlainPart(msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True):
    text: str
    thought: bool = False
    thought_signature: str | None = None


class _PlainContent(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    parts: list[_PlainPart] = []
    role: object = None


class _PlainCandidate(msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True):
    """A candidate that has only text: nearly all of them."""

    index: int = 0
    content: _PlainContent | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    token_count: object = None


_Candidate = dict[str, msgspec.Raw]


class _Content(msgspec.Struct, gc=False):
    parts: list[msgspec.Raw] | None = None


class _PromptFeedback(msgspec.Struct, gc=False, rename="camel"):
    block_reason: object = None
    block_reason_message: object = None


C = TypeVar("C")


class _Response(msgspec.Struct, Generic[C], gc=False, rename="camel"):
    candidates: list[C] | None = None
    prompt_feedback: _PromptFeedback | None = None
    usage_metadata: GeminiUsage | None = None
    model_version: object = None
    error: object = None
    response: msgspec.Raw = msgspec.Raw()  # Code Assist puts the reply in here
    snake_usage: msgspec.Raw = msgspec.field(name="usage_metadata", default=msgspec.Raw())
    snake_feedback: msgspec.Raw = msgspec.field(name="prompt_feedback", default=msgspec.Raw())


_PLAIN = msgspec.json.Decoder(_Response[_PlainCandidate])
_RESPONSE = msgspec.json.Decoder(_Response[_Candidate])
# A stream that was not requested as SSE is one JSON list of the same replies.
_RESPONSES = msgspec.json.Decoder(list[_Response[_Candidate]] | _Response[_Candidate])
_Add = Callable[[C, int, list[ReplyEvent]], None]
_CONTENT = msgspec.json.Decoder(_Content | None)
_STRING = msgspec.json.Decoder(str)
_REASON = msgspec.json.Decoder(str | int)
_NO_USAGE = GeminiUsage()
_NO_RAW = msgspec.Raw()
_USAGE = msgspec.json.Decoder(GeminiUsage)
_FEEDBACK = msgspec.json.Decoder(_PromptFeedback)

MAX_PARTS = 10_000
"""Of one candidate, in one piece of a reply."""

_KNOWN = frozenset({"index", "content", "finishReason", "finishMessage", "tokenCount"})
"""Fields of a candidate; all others are metadata."""

_NUMBERED: dict[object, str] = {
    1: "STOP",
    2: "MAX_TOKENS",
    3: "SAFETY",
    4: "RECITATION",
    5: "OTHER",
    # From here on Google's two servers number differently, but these all withhold content.
    6: "BLOCKLIST",
    7: "BLOCKLIST",
    8: "PROHIBITED_CONTENT",
}
"""The finish reasons by their number, which gateways of Google's own protocol send."""

FAILED_FINISHES: dict[str, FailureClass] = {
    # The model failed: the same request may succeed, here or elsewhere.
    "MALFORMED_FUNCTION_CALL": FailureClass.SERVER,
    "UNEXPECTED_TOOL_CALL": FailureClass.SERVER,
    "TOO_MANY_TOOL_CALLS": FailureClass.SERVER,
    "MALFORMED_RESPONSE": FailureClass.SERVER,
    "OTHER": FailureClass.SERVER,
    # A call in the conversation is not signed by this model; other APIs do not require that.
    "MISSING_THOUGHT_SIGNATURE": FailureClass.UNSUPPORTED,
    "PUP_LIMITED_DISABLED": FailureClass.ACCOUNT,
}
"""Finish reasons without a reply."""


class GeminiStream(VendorStream):
    """Decodes one streamed reply.

    There is no end mark. A finish reason proves that a reply is complete, but the `Ending` waits
    for the end of the body: some models give the reason with each piece.
    """

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__()
        self._reply = _Reply(new_id)
        self._last: list[ReplyEvent] = []

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        # Google sends no such mark, but gateways that speak its API do.
        if not data or data == b"[DONE]":
            return
        reply = self._reply
        if (plain := _decode_plain(data)) is not None:
            reply.add(plain, reply.add_plain, out)
        else:
            reply.add(decode_with(_RESPONSE, data, "an event"), reply.add_candidate, out)
        self.progress_count = reply.progress_count

    def _end(self) -> Ending | None:
        if self._reply.finish is None:
            return None
        self._last = self._reply.close()
        return self._reply.ending()

    def _finish(self, ending: Ending, out: list[ReplyEvent]) -> None:
        out += self._last
        super()._finish(ending, out)


def _decode_plain(data: bytes) -> _Response[_PlainCandidate] | None:
    """Return an event whose only candidate has only text, None for any other."""
    try:
        plain = _PLAIN.decode(data)
    except (ValueError, RecursionError):
        return None
    candidates = plain.candidates or ()
    return None if len(candidates) > 1 or any(each.index for each in candidates) else plain


class _Reply:
    """The state of a reply so far."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.has_candidate = False
        self.progress_count = 0
        self.finish: Finish | None = None
        self._reader = PartReader(new_id)
        self._metadata = ReplyMetadata()
        self._usage: Usage | None = None
        self._model = ""

    def add(self, response: _Response[C], add: _Add[C], out: list[ReplyEvent]) -> None:
        """Process one event, or a whole reply, which has the same schema.

        `add` processes one candidate, with its number.
        """
        if response.error and error_in({"error": response.error}):
            raise ProviderFailed(classify_error(response.error))
        if response.response and response.candidates is None:
            inner = decode_with(_RESPONSE, bytes(response.response), "an event")
            if inner.response == _NO_RAW:
                self.add(inner, self.add_candidate, out)
        self._model = as_text(response.model_version) or self._model
        if response.snake_usage or response.snake_feedback:
            _take_snake_case(response)
        if response.usage_metadata and response.usage_metadata != _NO_USAGE:
            self._add_usage(response.usage_metadata, out)
        for number, candidate in enumerate(response.candidates or ()):
            add(candidate, number, out)
        if response.prompt_feedback and not self.has_candidate:
            _check_prompt(response.prompt_feedback)

    def add_plain(self, candidate: _PlainCandidate, number: int, out: list[ReplyEvent]) -> None:
        """Process a candidate that has only text."""
        del number
        self.has_candidate = True
        reader = self._reader
        for part in candidate.content.parts if candidate.content else ():
            self.progress_count += 1
            reader.read_plain(part.text, part.thought_signature, out, is_thought=part.thought)
        if candidate.finish_reason is not None:
            self._end(candidate.finish_reason, candidate.finish_message or "")

    def add_candidate(self, candidate: _Candidate, number: int, out: list[ReplyEvent]) -> None:
        """Process a candidate with anything in it."""
        candidate = in_camel_case(candidate)
        index = candidate.get("index")
        if count_of(index) if index is not None else number:
            # `extra` asked for several: the first one is the answer, the others are kept as such.
            self._metadata.add(CANDIDATE, msgspec.Raw(msgspec.json.encode(candidate)))
            return
        self.has_candidate = True
        raw = bytes(candidate.get("content", b"null"))
        content = decode_with(_CONTENT, raw, "a candidate")
        parts = (content and content.parts) or ()
        if len(parts) > MAX_PARTS:
            fail(FailureClass.PROTOCOL, f"sent a message with more than {MAX_PARTS} parts")
        for part in parts:
            self.progress_count += 1
            self._reader.read(part, out)
        for name, value in candidate.items():
            if name not in _KNOWN:
                self.progress_count += 1
                self._metadata.add(name, value)
        self._end(_reason(candidate), _text(candidate, "finishMessage"))

    def _add_usage(self, counts: GeminiUsage, out: list[ReplyEvent]) -> None:
        usage = read_usage(counts)
        if usage is not None and self._usage is not None:
            usage = later_usage(self._usage, usage)
        if usage != self._usage:
            self._usage = usage
            if usage is not None:
                out.append(UsageDelta(usage))

    def _end(self, reason: str, message: str) -> None:
        failed = FAILED_FINISHES.get(reason.upper())
        if failed is not None:
            start = f"{MESSAGE_STARTS[failed]}: its reply ended with {reason}"
            fail(failed, f"{start}: {message}" if message else start)
        self.finish = later_finish(self.finish, read_finish(reason, message))

    def close(self) -> list[ReplyEvent]:
        """Return what was still open at the end, and what the reply says about itself."""
        events = self._reader.close(self.finish or "stop")
        return [*events, *self._metadata.close(self._reader.answer)]

    def ending(self) -> Ending:
        """Return the ending with what is known so far."""
        finish = self.finish or "stop"
        if finish == "stop" and self._reader.calls.count:
            finish = "tool_calls"  # Gemini says STOP after tool calls too
        return Ending(finish=finish, usage=self._usage, model=self._model or None)


def _take_snake_case(response: _Response[C]) -> None:
    usage = object_in_camel_case(response.snake_usage)
    response.usage_metadata = response.usage_metadata or branch(_USAGE, usage)
    feedback = object_in_camel_case(response.snake_feedback)
    response.prompt_feedback = response.prompt_feedback or branch(_FEEDBACK, feedback)


def _check_prompt(feedback: _PromptFeedback) -> None:
    reason = feedback.block_reason
    if reason := str(reason) if as_count(reason) else as_text(reason):
        message = as_text(feedback.block_reason_message)
        start = f"{MESSAGE_STARTS[FailureClass.POLICY]}: the prompt was blocked ({reason})"
        fail(FailureClass.POLICY, f"{start}: {message}" if message else start)


def _reason(candidate: _Candidate) -> str:
    reason = branch(_REASON, candidate.get("finishReason", msgspec.Raw()))
    return _NUMBERED.get(reason) or str(reason or "")


def _text(candidate: _Candidate, name: str) -> str:
    return branch(_STRING, candidate.get(name, msgspec.Raw())) or ""


def read_whole(body: bytes) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    responses = decode_with(_RESPONSES, body, "a reply")
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id)
    for response in responses if isinstance(responses, list) else [responses]:
        reply.add(response, reply.add_candidate, out)
    if not reply.has_candidate:
        fail(FailureClass.PROTOCOL, "sent a reply without candidates: check base_url and kind")
    return [*out, *reply.close(), reply.ending()]
