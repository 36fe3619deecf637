"""Another daemon's deltas and results as our events."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.errors import ProviderFailed
from aircherd.providers.upstream.reply import event_of, events_of_result
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import OtherPart, seal
from aircherd.vocabulary.reply import (
    AttemptDelta,
    Ending,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
    WholeMessage,
)

USAGE = {"input_tokens": 5, "output_tokens": 2, "cached_tokens": 1}


def a_result(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the result of a chat."""
    return {
        "message": {"role": "assistant", "content": list(parts)},
        "finish": "stop",
        "usage": USAGE,
        "cost": "0.0012",
        "provider": "work",
        "model": "m",
        "attempts": [],
        "skipped": [],
        **fields,
    }


TEXT = {"type": "text", "text": "hi"}


@pytest.mark.parametrize(
    ("delta", "event"),
    [
        ({"type": "text", "text": "a"}, TextDelta("a")),
        ({"type": "text", "text": "no", "refusal": True}, TextDelta("no", refusal=True)),
        ({"type": "reasoning", "text": "hm"}, ReasoningDelta("hm")),
        (
            {"type": "tool_call", "index": 0, "call_id": "c", "name": "look", "arguments": "{"},
            ToolCallDelta(0, "c", "look", "{"),
        ),
        ({"type": "usage", "usage": USAGE}, UsageDelta(Usage(5, 2, 1))),
        (
            {"type": "attempt", "provider": "work", "model": "m", "outcome": "overloaded"},
            AttemptDelta(provider="laptop", model="work/m", outcome="overloaded"),
        ),
        ({"type": "attempt", "provider": "work", "model": "m", "outcome": "trying"}, None),
        ({"type": "hologram", "data": "x"}, None),
        ({"type": ["text"]}, None),
        ({}, None),
    ],
)
def test_a_delta_is_an_event(delta: dict[str, Any], event: object) -> None:
    """One of a type that is new here is none."""
    assert event_of({"id": 1, "seq": 1, **delta}, "laptop") == event


def test_a_streamed_result_replaces_what_was_joined() -> None:
    """By the parts with signatures and origins, which deltas do not have."""
    thought = {"type": "reasoning", "text": "hm", "signature": "s", "origin": "work/m"}
    reply = Reply()
    reply.add([ReasoningDelta("failed attempt"), ReasoningDelta("hm"), TextDelta("hi")])
    reply.add(events_of_result(a_result(thought, TEXT), "laptop", streamed=True))
    assert reply.message("laptop/work/m")["content"] == [
        {**thought, "origin": "laptop/work/m"},
        TEXT,
    ]
    assert reply.answered_by == "work/m"
    assert reply.ending == Ending("stop", Usage(5, 2, 1), "work/m", "0.0012")


def test_a_whole_result_is_collected_as_a_stream_is() -> None:
    """So an answer, an empty one, and half a call are distinguished in one place."""
    call = {"type": "tool_call", "id": "c", "name": "look", "arguments": '{"a": 1}'}
    reply = Reply()
    reply.add(events_of_result(a_result(TEXT, call), "laptop", streamed=False))
    assert reply.has_output
    assert reply.message("x")["content"] == [TEXT, call]
    empty = Reply()
    empty.add(events_of_result(a_result(empty=True), "laptop", streamed=False))
    assert empty.is_empty
    broken = Reply()
    bad = events_of_result(a_result({**call, "arguments": '{"a": '}), "laptop", streamed=False)
    with pytest.raises(ProviderFailed, match="not a JSON object"):
        broken.add(bad)


def test_opaque_parts_are_sealed_under_the_name_here() -> None:
    """So they go back to this provider only, and a change is seen."""
    signature = seal("k", "work/m", "{}")
    part = {"type": "other", "kind": "k", "origin": "work/m", "data": "{}", "signature": signature}
    *_, whole, _ = events_of_result(a_result(part), "laptop", streamed=True)
    assert isinstance(whole, WholeMessage)
    found = msgspec.convert(whole.content[0], OtherPart)
    assert (found.origin, found.is_unchanged) == ("laptop/work/m", True)


def test_parts_and_fields_that_are_new_here_are_left_out() -> None:
    """A newer daemon."""
    *_, whole, _ = events_of_result(
        a_result({**TEXT, "mood": "sunny"}, {"type": "hologram"}), "laptop", streamed=True
    )
    assert isinstance(whole, WholeMessage)
    assert whole.content == (TEXT,)


def test_what_answered_behind_several_daemons_is_named() -> None:
    """Each adds its own name for the next."""
    result = a_result(TEXT, provider="home", model="work/m", answered_by="work/m")
    whole = events_of_result(result, "laptop", streamed=True)[0]
    assert isinstance(whole, WholeMessage)
    assert whole.answered_by == "home/work/m"


@pytest.mark.parametrize("cost", [None, 5, "", "-1", "free", "1e9", "9" * 40])
def test_what_is_no_cost_is_unknown(cost: object) -> None:
    """A hostile daemon."""
    ending = events_of_result(a_result(TEXT, cost=cost), "laptop", streamed=True)[-1]
    assert isinstance(ending, Ending)
    assert ending.cost is None


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        a_result(TEXT, finish="sideways"),
        a_result(TEXT, finish=["stop"]),
        a_result(TEXT, provider=""),
        a_result(TEXT, model="a\nb"),
        a_result(TEXT, message=5),
        a_result(TEXT, message={"content": "text"}),
        a_result("text"),
        a_result({"type": "text", "text": 5}),
        a_result({"type": "image", "data": "not a picture", "media_type": "image/png"}),
    ],
)
def test_what_is_no_result_breaks_the_protocol(result: object) -> None:
    """Nothing of it is quoted."""
    with pytest.raises(ProviderFailed) as caught:
        events_of_result(result, "laptop", streamed=True)
    assert caught.value.failure.kind is FailureClass.PROTOCOL


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["type", "text", "index", "usage", "message", "content", "finish", "provider", "model", "cost"]
)
_TYPES = st.sampled_from(["text", "reasoning", "tool_call", "image", "usage", "attempt", "other"])


@given(st.dictionaries(_KEYS, _VALUES | _TYPES))
def test_whatever_comes_is_events_or_a_failure(value: dict[str, Any]) -> None:
    """Never an error of ours."""
    for read in (
        lambda: event_of(value, "laptop"),
        lambda: events_of_result(value, "laptop", streamed=False),
        lambda: events_of_result(a_result(value), "laptop", streamed=False),
    ):
        with suppress(ProviderFailed):
            read()
