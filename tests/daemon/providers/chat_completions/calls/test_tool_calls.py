"""Tool calls in pieces, from OpenAI and compatible servers."""

import tracemalloc

import msgspec
import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.chat_completions.calls.tool_calls import MAX_ARGUMENTS, MAX_CALLS
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import ReplyEvent, ToolCallDelta
from helpers.providers.provider_calls import failure_of
from helpers.providers.tool_call_pieces import (
    A,
    assemble,
    custom,
    events_of,
    new_calls,
    piece,
    piece_of,
    take,
)


def test_fragments_are_returned_as_they_come() -> None:
    """Only a whole object is held back, because another one may replace it."""
    calls = new_calls()
    assert take(calls, piece("", "f", index=0, id="a")) == []
    assert take(calls, piece("{", index=0)) == [ToolCallDelta(0, "a", "f", "{")]
    assert take(calls, piece('"x":1', index=0)) == [ToolCallDelta(0, arguments='"x":1')]
    assert take(calls, piece("}", index=0)) == [ToolCallDelta(0, arguments="}")]
    assert take(calls, piece(A, "g", index=1, id="b")) == []
    out: list[ReplyEvent] = []
    calls.flush(out)
    assert out == [ToolCallDelta(1, "b", "g", A)]
    calls.flush(out)
    assert len(out) == 1


def test_calls_begin_in_order() -> None:
    """The first event of a call that is held back comes before those of later calls."""
    calls = new_calls()
    assert take(calls, piece(A, "f", index=0, id="a")) == []
    begun = [ToolCallDelta(0, "a", "f", ""), ToolCallDelta(1, "b", "g", "{")]
    assert take(calls, piece("{", "g", index=1, id="b")) == begun
    out: list[ReplyEvent] = []
    calls.flush(out)
    assert out == [ToolCallDelta(0, arguments=A)]


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(A, id="a")],
        [piece(A, "", index=0)],
        [{"index": 0, "id": "a", "function": None}],
        [piece("{", "f", index=0), piece("{", index=1, id="b", name=5)],
        [piece(A, "f", id=f"a{number}") for number in range(MAX_CALLS + 1)],
        [piece("x" * (MAX_ARGUMENTS // 2), "f"), piece("x" * (MAX_ARGUMENTS // 2 + 1))],
        [piece('{"p"', "f", id="a"), piece(":1}"), piece('{"p":1,"q":2}', id="a")],
    ],
)
def test_what_cannot_be_a_call_is_a_failure(pieces: list[dict[str, object]]) -> None:
    """A call without a name, too many, too long, or two versions after one was passed on."""
    with pytest.raises(ProviderFailed) as caught:
        assemble(*([each] for each in pieces))
    assert caught.value.failure.kind is FailureClass.PROTOCOL


def test_the_work_is_linear() -> None:
    """Neither many fragments, nor growing texts, nor many objects in one piece take long."""
    calls = new_calls()
    take(calls, piece('{"p":"', "f", index=0, id="a"))
    for _ in range(20_000):
        take(calls, piece("}{", index=0))
    take(calls, piece("{}" * 500, "g", index=1, id="b"))
    take(calls, piece('"' + "x" * 1000, "h", index=2, id="c"))
    for _ in range(5_000):
        take(calls, piece("x" * 100, index=2))
    assert calls.count == 3


def test_custom_calls() -> None:
    """Their input is any text, passed on as it comes, also beside a function."""
    function = piece_of(index=1, id="b", function={"name": "f", "arguments": {"a": 1}})
    assert events_of(
        [custom('{"half', index=0, id="a", name="note")],
        [custom(" of", index=0)],
        [function],
        [custom("", id="c", name="note")],
        [custom("x")],
    ) == [
        ToolCallDelta(0, "a", "note", '{"half', custom=True),
        ToolCallDelta(0, arguments=" of"),
        ToolCallDelta(1, "b", "f", '{"a":1}'),
        ToolCallDelta(2, "c", "note", custom=True),
        ToolCallDelta(2, arguments="x"),
    ]


def test_a_custom_call_without_a_name() -> None:
    """It is an error."""
    failure = failure_of(lambda: events_of([custom("x", index=0)]))
    assert failure.message == "sent a tool call without a name"


# ------------------------------------------------------------------ hostile servers


@pytest.mark.parametrize(
    "text",
    [
        "{} " * 2_000,
        '{"a":1}' * 2_000,
        "".join(f'{{"a":[{number}]}}' for number in range(900)) + '{"a":"' + "x" * 100_000,
    ],
)
def test_one_piece_cannot_hold_endless_objects(text: str) -> None:
    """Each of them would be compared, or the rest copied, at once."""
    with pytest.raises(ProviderFailed) as caught:
        take(new_calls(), piece(text, "f"))
    assert caught.value.failure.kind is FailureClass.PROTOCOL


@pytest.mark.parametrize("start", ['{"a":"', "", "  "])
def test_many_small_fragments_take_little_memory(start: str) -> None:
    """They are joined: a short string takes ten times the memory of its text."""
    calls = new_calls()
    take(calls, piece(start, "f"))
    fragment = msgspec.json.encode({"function": {"arguments": "x y" if start.strip() else "   "}})
    tracemalloc.start()
    for _ in range(20_000):
        take(calls, msgspec.json.decode(fragment))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 500_000
