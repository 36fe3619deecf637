"""What a message says about itself."""

import msgspec
import pytest

from aircherd.chat.replies.reply import Reply
from aircherd.providers.anthropic.reply.whole import read_whole
from aircherd.vocabulary.reply import (
    AboutDelta,
    OtherDelta,
)
from helpers.providers.anthropic_replies import STOP, decode, message_delta, text


def test_facts_about_the_message() -> None:
    """The container and what was edited are other parts at the end; the latest counts."""
    begun = {"type": "message_start", "message": {"container": {"id": "c1", "expires_at": "x"}}}
    ended = {
        **message_delta(),
        "delta": {"stop_reason": "end_turn", "container": {"id": "c2"}},
        "context_management": {"applied_edits": []},
    }
    events, _ = decode(begun, text("a"), ended, STOP)
    assert [AboutDelta("container", '{"id":"c2"}')] == [
        event for event in events if isinstance(event, OtherDelta)
    ]


REFUSED = {"type": "refusal", "category": "cyber", "explanation": "Not this."}


@pytest.mark.parametrize("is_whole", [False, True])
def test_the_explanation_of_a_refusal(is_whole: bool) -> None:
    """It is a refusal's text of its own, and all that is said about it is kept."""
    if is_whole:
        content = [{"type": "text", "text": "I"}]
        reply = {"content": content, "stop_reason": "refusal", "stop_details": REFUSED}
        events = read_whole(msgspec.json.encode(reply))
    else:
        ended = {"stop_reason": "refusal", "stop_details": REFUSED}
        events, _ = decode(text("I"), {"type": "message_delta", "delta": ended}, STOP)
    collected = Reply()
    collected.add(events)
    first, second, other = collected.message("a/m")["content"]
    assert (first["text"], second["text"], second["refusal"]) == ("I", "Not this.", True)
    assert (other["kind"], events[-1].finish) == ("stop_details", "refusal")
