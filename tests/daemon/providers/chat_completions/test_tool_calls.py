"""Tool calls in pieces, from OpenAI and compatible servers."""

import itertools
import tracemalloc

import msgspec
import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.chat_completions.tool_calls import (
    MAX_ARGUMENTS,
    MAX_CALLS,
    CallPiece,
    ToolCalls,
    extras_in,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import ReplyEvent, ToolCallDelta
from helpers.providers.provider_calls import failure_of

A, B = '{"p":"a"}', '{"p":"b"}'
Call = tuple[str, str, str]
"""Id, name and arguments."""


def piece(arguments: object = ..., name: object = ..., **fields: object) -> dict[str, object]:
    known = {"name": name, "arguments": arguments}
    return {"function": {key: each for key, each in known.items() if each is not ...}, **fields}


def new_calls() -> ToolCalls:
    ids = itertools.count(1)
    return ToolCalls(lambda: f"made-{next(ids)}")


def take(calls: ToolCalls, *pieces: object) -> list[ReplyEvent]:
    out: list[ReplyEvent] = []
    read = msgspec.json.decode(msgspec.json.encode(list(pieces)), type=list[CallPiece])
    calls.take(read, out)
    return out


def assemble(*chunks: list[dict[str, object]]) -> list[Call]:
    """Return the calls as a client assembles them from the events."""
    calls, events = new_calls(), list[ReplyEvent]()
    for chunk in chunks:
        events += take(calls, *chunk)
    calls.flush(events)
    found: dict[int, Call] = {}
    for event in events:
        assert isinstance(event, ToolCallDelta)
        assert (event.index in found) == (event.call_id is None) == (event.name is None)
        call_id, name, arguments = found.get(event.index, (event.call_id, event.name, ""))
        found[event.index] = (str(call_id), str(name), arguments + event.arguments)
    assert sorted(found) == list(found) == list(range(calls.count))
    return list(found.values())


@pytest.mark.parametrize(
    ("chunks", "calls"),
    [
        # OpenAI: the calls are interleaved by index
        (
            [
                [piece("", "f", index=0, id="a")],
                [piece('{"x"', index=0)],
                [piece("{}", "g", index=1, id="b"), piece(":1}", index=0)],
            ],
            [("a", "f", '{"x":1}'), ("b", "g", "{}")],
        ),
        (
            [
                [piece("", "f", index=0, id="a"), piece("", "f", index=1, id="b")],
                [piece('{"x"', index=0), piece('{"y"', index=1)],
                [piece(":1}", index=1), piece(":2}", index=0)],
            ],
            [("a", "f", '{"x":2}'), ("b", "f", '{"y":1}')],
        ),
        # no index: identified by id, fragments belong to the last call
        (
            [[piece("{", "f", id="a"), piece("}")], [piece("{}", "g", id="b")]],
            [("a", "f", "{}"), ("b", "g", "{}")],
        ),
        # every call under index 0, with ids and without
        (
            [[piece(A, "f", index=0, id="a")], [piece(A, "f", index=0, id="b")]],
            [("a", "f", A), ("b", "f", A)],
        ),
        (
            [[piece(A, "f", index=0, id="")], [piece(B, "f", index=0, id="")]],
            [("made-1", "f", A), ("made-2", "f", B)],
        ),
        (
            [[piece(A, "f", index=0), piece(B, "f", index=0)]],
            [("made-1", "f", A), ("made-2", "f", B)],
        ),
        (
            [[piece("{}", "f", index=0), piece("{}", "f", index=0)]],
            [("made-1", "f", "{}"), ("made-2", "f", "{}")],
        ),
        (
            [[piece("", "f", index=0)], [piece("", "g", index=0)]],
            [("made-1", "f", ""), ("made-2", "g", "")],
        ),
        # indices from 1, as text, as float, null, or another one in every piece
        (
            [[piece("{}", "f", index=1, id="a")], [piece("{}", "g", index=2, id="b")]],
            [("a", "f", "{}"), ("b", "g", "{}")],
        ),
        ([[piece("{", "f", index="0")], [piece("}", index="0")]], [("made-1", "f", "{}")]),
        ([[piece("{", "f", index=1.0)], [piece("}", index=1)]], [("made-1", "f", "{}")]),
        ([[piece("{", "f", index=None)], [piece("}", index=None)]], [("made-1", "f", "{}")]),
        ([[piece("{", "f", index=0)], [piece("}", index=1)]], [("made-1", "f", "{}")]),
        ([[piece("{", "f", index=0)], [piece("}", "f", index=1)]], [("made-1", "f", "{}")]),
        # ids: in every piece, another one in every piece, only later, the same for two calls
        (
            [[piece("{", "f", index=0, id="a")], [piece("}", "f", index=0, id="a")]],
            [("a", "f", "{}")],
        ),
        ([[piece("{", "f", id="a")], [piece("}", id="a")]], [("a", "f", "{}")]),
        (
            [
                [piece("", "f", index=0, id="a")],
                [piece("{", index=0, id="b")],
                [piece("}", id="c")],
            ],
            [("a", "f", "{}")],
        ),
        ([[piece("{", "f", id="a")], [piece("}", "f", id="b")]], [("a", "f", "{}")]),
        ([[piece("", "f")], [piece(A, id="a")]], [("a", "f", A)]),
        ([[piece("", "f", index=0)], [piece(A, "f", index=0, id="a")]], [("a", "f", A)]),
        (
            [[piece(A, "f", index=0, id="a")], [piece(B, "f", index=1, id="a")]],
            [("a", "f", A), ("made-1", "f", B)],
        ),
        (
            [[piece(A, "f", id="a")], [piece(B, "g", id="a")]],
            [("a", "f", A), ("made-1", "g", B)],
        ),
        ([[piece("{", "f", id=7)], [piece("}", id=7)]], [("7", "f", "{}")]),
        # a second object is a second call of the same function
        (
            [[piece("", "f", index=0, id="a")], [piece(A, "", index=0)], [piece(B, "", index=0)]],
            [("a", "f", A), ("made-1", "f", B)],
        ),
        ([[piece(A, "f", id="a")], [piece(B, id="b")]], [("a", "f", A), ("b", "f", B)]),
        ([[piece(A + B, "f", id="a")]], [("a", "f", A), ("made-1", "f", B)]),
        (
            [[piece('{"p":"', "f")], [piece('a"}{"p"')], [piece(':"b"}')]],
            [("made-1", "f", A), ("made-2", "f", B)],
        ),
        # names: late, in every piece, in fragments, longer each time
        ([[piece("", index=0, id="a")], [piece("{}", "f", index=0)]], [("a", "f", "{}")]),
        ([[piece("{", index=0, id="a")], [piece("}", "f", index=0)]], [("a", "f", "{}")]),
        ([[piece('{"p":', "f")], [piece('"a"}', "f")]], [("made-1", "f", A)]),
        ([[piece("", "f")], [piece('{"p":', "f")], [piece('"a"}', "f")]], [("made-1", "f", A)]),
        (
            [
                [piece("", "get_", index=0, id="a")],
                [piece("", "time", index=0)],
                [piece(A, index=0)],
            ],
            [("a", "get_time", A)],
        ),
        (
            [[piece("", "get", index=0, id="a")], [piece(A, "Time", index=0, id="a")]],
            [("a", "getTime", A)],
        ),
        ([[piece(None, "get")], [piece(A, "_time")]], [("made-1", "get_time", A)]),
        ([[piece("", "ge", index=0)], [piece(A, "get", index=0)]], [("made-1", "get", A)]),
        # a whole call again at the end, also in another spelling
        ([[piece(A, "f", index=0, id="a")], [piece(A, "f", index=0, id="a")]], [("a", "f", A)]),
        ([[piece(A, "f", index=0)], [piece(A, "f", index=0)]], [("made-1", "f", A)]),
        (
            [[piece('{"p"', "f", id="a")], [piece(':"a"}')], [piece('{"p": "a"}', "f", id="a")]],
            [("a", "f", A)],
        ),
        # a placeholder, or a first version
        ([[piece("{}", "f", index=0, id="a")], [piece(A, index=0)]], [("a", "f", A)]),
        ([[piece("{}", "f", index=0)], [piece(A, "f", index=0)]], [("made-1", "f", A)]),
        (
            [[piece("{}", "f", id="a"), piece("{}", "g", id="b")], [piece(A, id="a")]],
            [("a", "f", A), ("b", "g", "{}")],
        ),
        (
            [[piece(A, "f", id="a")], [piece('{"p":"a","q":1}', "f", id="a")]],
            [("a", "f", '{"p":"a","q":1}')],
        ),
        (
            [[piece(A, "f", index=0)], [piece('{"p":"a","q":1}', "f", index=0)]],
            [("made-1", "f", '{"p":"a","q":1}')],
        ),
        (
            [[piece(A, "f", index=0)], [piece('{"p":"ab"}', "f", index=0)]],
            [("made-1", "f", A), ("made-2", "f", '{"p":"ab"}')],
        ),
        # without the level of `function`, or with other names in it
        ([[{"index": 0, "id": "a", "name": "f", "arguments": A}]], [("a", "f", A)]),
        (
            [[{"id": "a", "function": {"name": "f", "parameters": {"p": 1}}}]],
            [("a", "f", '{"p":1}')],
        ),
        # nothing in it
        ([[{}], [{"index": 0}], [{"function": None}], [piece("", "")]], []),
        ([[piece("", "f", id="a")], [{"index": 0}]], [("a", "f", "")]),
    ],
)
def test_pieces_find_their_call(chunks: list[list[dict[str, object]]], calls: list[Call]) -> None:
    """By index, id, name, and what their arguments can continue."""
    assert assemble(*chunks) == calls


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


# ------------------------------------------------------------------ custom tools, further fields


def piece_of(**fields: object) -> CallPiece:
    return msgspec.json.decode(msgspec.json.encode(fields), type=CallPiece)


def custom(text: str, **fields: object) -> CallPiece:
    name = fields.pop("name", None)
    return piece_of(custom={"name": name, "input": text}, **fields)


def events_of(*chunks: list[CallPiece]) -> list[ReplyEvent]:
    calls, out = ToolCalls(lambda: "made-up"), list[ReplyEvent]()
    for pieces in chunks:
        calls.take(pieces, out)
    calls.flush(out)
    return out


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


def test_an_empty_custom_call_beside_a_function_is_none() -> None:
    """A server that always sends all fields means the one that says something."""
    function = {"name": "f", "arguments": "{}"}
    piece = piece_of(id="a", custom={"name": "", "input": ""}, function=function)
    assert events_of([piece]) == [ToolCallDelta(0, "a", "f", "{}")]
    piece = piece_of(id="a", custom={"name": "g", "input": "x"}, function={"name": ""})
    assert events_of([piece]) == [ToolCallDelta(0, "a", "g", "x", custom=True)]


def test_a_custom_call_without_a_name() -> None:
    """It is an error."""
    failure = failure_of(lambda: events_of([custom("x", index=0)]))
    assert failure.message == "sent a tool call without a name"


def test_what_a_call_has_besides_is_its_signature() -> None:
    """It comes once, at the end, from all pieces."""
    first = piece_of(index=0, id="a", function={"name": "f"})
    second = piece_of(index=0, function={"arguments": "{}"})
    first.extras = {"extra_content": msgspec.Raw(b'{"google": {"thought_signature":"s"}}')}
    second.extras = {"type": msgspec.Raw(b'"builtin"')}
    *_, last = events_of([first], [second])
    extras = '{"extra_content":{"google": {"thought_signature":"s"}},"type":"builtin"}'
    signature = f'{{"tool_call":{extras}}}'
    assert last == ToolCallDelta(0, signature=signature)
    assert msgspec.json.encode(extras_in(signature)).decode() == extras
    assert extras_in("opaque") == extras_in('{"id":"fc_1"}') == {}


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
