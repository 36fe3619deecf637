"""The response that events repeat."""

import json

import pytest

from aircherd.http_api.dialects.openai_responses.reply.response import (
    Frame,
    incomplete_reason,
    response_json,
    usage_of,
)
from aircherd.vocabulary.reply import TextDelta, Usage
from helpers.http_api.responses_api import events_in, streamed

FRAME = Frame("resp_1", 5, "claude", b'"store":false')


def test_a_response_is_assembled() -> None:
    """Its items are those that were sent, byte for byte."""
    item = b'{"type":"message","id":"msg_1"}'
    sent = json.loads(response_json(FRAME, "completed", [item], now=6))
    assert sent == {
        "id": "resp_1",
        "object": "response",
        "created_at": 5,
        "completed_at": 6,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": "claude",
        "usage": None,
        "store": False,
        "output": [{"type": "message", "id": "msg_1"}],
    }


REQUIRED = {
    *("id", "object", "created_at", "completed_at", "status", "incomplete_details", "model"),
    *("previous_response_id", "instructions", "output", "error", "tools", "tool_choice"),
    *("truncation", "parallel_tool_calls", "text", "top_p", "presence_penalty", "usage"),
    *("frequency_penalty", "top_logprobs", "temperature", "reasoning", "max_output_tokens"),
    *("max_tool_calls", "store", "background", "service_tier", "metadata", "safety_identifier"),
    "prompt_cache_key",
}
"""What the open specification of this API requires, version 2026-04-24."""


def test_trap_09_a_response_has_all_that_is_required() -> None:
    """From its first event on; clients with a schema refuse it otherwise."""
    events = events_in(streamed([TextDelta("So.")]))
    for event in events:
        if isinstance(response := event.get("response"), dict):
            assert response.keys() >= REQUIRED


def test_trap_09_counts_have_their_details() -> None:
    """Codex needs all three sums, SDKs the details."""
    usage = Usage(10, 5, cached_tokens=3, cache_write_tokens=2, reasoning_tokens=1)
    assert usage_of(usage) == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 15,
    }
    assert usage_of(None) is None


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", None),
        ("tool_calls", None),
        ("refusal", None),
        ("pause", None),
        ("length", "max_output_tokens"),
        ("content_filter", "content_filter"),
    ],
)
def test_a_finish_is_a_reason_to_be_incomplete(finish: str, reason: str | None) -> None:
    """A refusal is an answer."""
    assert incomplete_reason(finish) == reason


def test_a_pause_is_sent_to_codex() -> None:
    """It sends the conversation back then, and the model goes on."""
    assert json.loads(response_json(FRAME, "completed", goes_on=True))["end_turn"] is False
