"""Read replies of the Gemini API, streamed or whole: each event has the schema of a whole reply.

Only containers are typed; a value of an unexpected type is handled where it is read and never fails
the decoding. The arguments of calls stay as they came.
"""

from collections.abc import Callable

import msgspec

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.finish import read_finish
from aircherd.providers.codec.json_in import (
    as_count,
    as_text,
    decode_with,
)
from aircherd.providers.codec.reply_stream import ReplyStream, new_call_id
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.error_mapping.rules import MESSAGE_STARTS
from aircherd.providers.gemini.signature import with_length
from aircherd.providers.gemini.usage import GeminiUsage, read_usage
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


class _FunctionCall(msgspec.Struct, gc=False):
    id: object = None
    name: object = None
    args: msgspec.Raw = msgspec.Raw()


class _Part(msgspec.Struct, gc=False, rename="camel"):
    text: object = None
    thought: object = None
    thought_signature: object = None
    function_call: _FunctionCall | None = None


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, gc=False, rename="camel"):
    index: object = None
    content: _Content | None = None
    finish_reason: object = None
    finish_message: object = None


class _PromptFeedback(msgspec.Struct, gc=False, rename="camel"):
    block_reason: object = None
    block_reason_message: object = None


class _Response(msgspec.Struct, gc=False, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _PromptFeedback | None = None
    usage_metadata: GeminiUsage | None = None
    model_version: object = None
    error: object = None


_RESPONSE = msgspec.json.Decoder(_Response)
# A stream that was not requested as SSE is one JSON list of the same replies.
_RESPONSES = msgspec.json.Decoder(list[_Response] | _Response)
_NO_USAGE = GeminiUsage()

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


class GeminiStream(ReplyStream):
    """Decodes one streamed reply.

    There is no end mark. A finish reason proves that a reply is complete, but the `Ending` waits
    for the end of the body: some models give the reason with each piece.
    """

    def __init__(self, new_id: Callable[[], str] = new_call_id) -> None:
        super().__init__()
        self._reply = _Reply(new_id)

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        # Google sends no such mark, but gateways that speak its API do.
        if data and data != b"[DONE]":
            self._reply.add(decode_with(_RESPONSE, data, "an event"), out)
            self.progress_count = self._reply.progress_count

    def _end(self) -> Ending | None:
        return self._reply.ending() if self._reply.finish else None


class _Reply:
    """The state of a reply so far."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.has_candidate = False
        self.progress_count = 0
        self.finish: Finish | None = None
        self._new_id = new_id
        self._calls = 0
        self._usage: Usage | None = None
        self._model = ""

    def add(self, response: _Response, out: list[ReplyEvent]) -> None:
        """Process one event, or a whole reply, which has the same schema."""
        if response.error:  # {} and "" are none
            raise ProviderFailed(classify_error(response.error))
        self._model = as_text(response.model_version) or self._model
        if response.usage_metadata and response.usage_metadata != _NO_USAGE:
            self._add_usage(response.usage_metadata, out)
        for candidate in response.candidates or ():
            # Only the first candidate, in case `extra` requests several.
            if not as_count(candidate.index):
                self._add_candidate(candidate, out)
        if response.prompt_feedback and not self.has_candidate:
            _check_prompt(response.prompt_feedback)

    def _add_candidate(self, candidate: _Candidate, out: list[ReplyEvent]) -> None:
        self.has_candidate = True
        for part in (candidate.content and candidate.content.parts) or ():
            self.progress_count += 1
            if (event := self._event(part)) is not None:
                out.append(event)
        self._end(as_text(candidate.finish_reason), as_text(candidate.finish_message))

    def _event(self, part: _Part) -> ReplyEvent | None:
        signature = as_text(part.thought_signature) or None
        if part.function_call is not None:
            return self._call(part.function_call, signature)
        text = as_text(part.text)
        if not (text or signature):
            return None  # an image, executed code, or an unknown part
        kind = ReasoningDelta if part.thought is True else TextDelta
        return kind(text, with_length(signature, text) if signature else None)

    def _call(self, call: _FunctionCall, signature: str | None) -> ToolCallDelta:
        event = ToolCallDelta(
            index=self._calls,
            call_id=as_text(call.id) or self._new_id(),
            name=as_text(call.name) or None,
            arguments=_arguments(call.args),
            signature=signature,
        )
        self._calls += 1
        return event

    def _add_usage(self, counts: GeminiUsage, out: list[ReplyEvent]) -> None:
        usage = read_usage(counts)
        if usage != self._usage:
            self._usage = usage
            if usage is not None:
                out.append(UsageDelta(usage))

    def _end(self, reason: str, message: str) -> None:
        failed = FAILED_FINISHES.get(reason.upper())
        if failed is not None:
            start = f"{MESSAGE_STARTS[failed]}: its reply ended with {reason}"
            fail(failed, f"{start}: {message}" if message else start)
        self.finish = read_finish(reason, message) or self.finish

    def ending(self) -> Ending:
        """Return the ending with what is known so far."""
        finish = self.finish or "stop"
        if finish == "stop" and self._calls:
            finish = "tool_calls"  # Gemini says STOP after tool calls too
        return Ending(finish=finish, usage=self._usage, model=self._model or None)


def _check_prompt(feedback: _PromptFeedback) -> None:
    if reason := as_text(feedback.block_reason):
        message = as_text(feedback.block_reason_message)
        start = f"{MESSAGE_STARTS[FailureClass.POLICY]}: the prompt was blocked ({reason})"
        fail(FailureClass.POLICY, f"{start}: {message}" if message else start)


def _arguments(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode("utf-8", "replace")
    return text if text.startswith("{") else ""


def read_whole(body: bytes) -> list[ReplyEvent]:
    """Return the events of a reply that was not streamed; see `Adapter.read_reply`."""
    responses = decode_with(_RESPONSES, body, "a reply")
    out: list[ReplyEvent] = []
    reply = _Reply(new_call_id)
    for response in responses if isinstance(responses, list) else [responses]:
        reply.add(response, out)
    if not reply.has_candidate:
        fail(FailureClass.PROTOCOL, "sent a reply without candidates: check base_url and kind")
    return [*out, reply.ending()]
