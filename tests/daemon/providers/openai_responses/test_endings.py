"""How replies of the Responses API end, and which of them are errors."""

import msgspec
import pytest

from aircherd.providers.openai_responses.reply import ResponsesStream, read_whole
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    Ending,
    TextDelta,
    Usage,
    UsageDelta,
)
from helpers.providers.provider_calls import run_decoder
from helpers.providers.responses.decoding import COMPLETED, MODEL, decode, ended
from helpers.providers.responses.streams import failed, message, response, wire


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (
            {
                "type": "error",
                "error": {
                    "type": "insufficient_quota",
                    "code": "insufficient_quota",
                    "message": "x",
                },
            },
            FailureClass.QUOTA,
        ),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "x"}, FailureClass.RATE),
        ({"type": "error", "code": None, "message": "x", "error": None}, FailureClass.SERVER),
        ({"error": {"code": "invalid_prompt", "message": "x"}}, FailureClass.POLICY),
        ({"type": "response.failed", "response": {"error": None}}, FailureClass.SERVER),
        ({"type": "response.failed"}, FailureClass.SERVER),
    ],
)
def test_errors_inside_a_stream(event: dict[str, object], kind: FailureClass) -> None:
    """Every format of error is classified, after the events before it."""
    data = wire(*message(0, "a")) + b"data: " + msgspec.json.encode(event) + b"\n\n"
    events, failure = decode(data)
    assert events == [TextDelta("a")]
    assert failure is not None
    assert failure.kind is kind


def test_a_failed_response_raises_its_error() -> None:
    """The usage comes first; code and message are the vendor's."""
    last = response("failed", [], error={"code": "server_error", "message": "It broke."})
    last["usage"] = {"input_tokens": 5, "output_tokens": 1}
    events, failure = decode(wire({"type": "response.failed", "response": last}))
    assert events == [UsageDelta(Usage(5, 1))]
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureClass.SERVER, "failed: It broke.")
    assert decode(failed("server_error", "It broke.", message(0, "a")))[1] == failure


def test_a_null_error_is_ignored() -> None:
    """Some servers send every field."""
    events = [event | {"error": None} for event in [*message(0, "a"), COMPLETED]]
    assert decode(wire(*events)) == ([TextDelta("a"), *ended("stop")], None)


@pytest.mark.parametrize("status", ["completed", "complete", "done", ""])
def test_other_words_for_completed(status: str) -> None:
    """Servers that resemble OpenAI name the status of a whole reply differently, or not at all."""
    body = response(status, [{"type": "message", "content": [{"text": "a"}]}])
    assert TextDelta("a") in read_whole(msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("kind", "status", "finish"),
    [
        ("response.completed", "completed", "stop"),
        ("response.completed", "in_progress", "stop"),
        ("response.completed", "incomplete", "length"),
        ("response.incomplete", "incomplete", "length"),
        ("response.incomplete", None, "length"),
        ("response.done", "completed", "stop"),
        ("response.done", "incomplete", "length"),
    ],
)
def test_the_last_event_and_its_status_say_how_it_ended(
    kind: str, status: str | None, finish: str
) -> None:
    """A reply that is incomplete is never a whole one, whatever its last event is called."""
    last = {"type": kind, "response": {"status": status, "model": MODEL}}
    events = [TextDelta("a"), Ending(finish, None, MODEL)]
    assert decode(wire(*message(0, "a"), last)) == (events, None)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("response.completed", "failed"),
        ("response.completed", "cancelled"),
        ("response.done", "canceled"),
        ("response.cancelled", None),
        ("response.failed", "completed"),
    ],
)
def test_a_reply_that_was_cancelled_or_failed_is_an_error(kind: str, status: str | None) -> None:
    """Even if its last event says that it is complete."""
    events, failure = decode(wire(*message(0, "a"), {"type": kind, "response": {"status": status}}))
    assert events == [TextDelta("a")]
    assert failure is not None
    assert failure.kind is FailureClass.SERVER


def test_an_error_without_a_type_ends_the_reply() -> None:
    """A gateway in front puts its own error between the events."""
    body = (
        b'data: {"type":"response.output_text.delta","delta":"a"}\n\n'
        b'data: {"detail":"the worker died"}\n\n'
        b'data: {"type":"response.completed","response":{"status":"completed"}}\n\n'
    )
    events, failure = run_decoder(ResponsesStream(), [body])
    assert TextDelta("a") in events
    assert failure is not None
    assert "the worker died" in failure.message
