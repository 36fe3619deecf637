"""Tool calls that come whole or in pieces."""

import itertools

import msgspec
import pytest

from aircherd.providers.gemini import function_calls
from aircherd.providers.gemini.function_calls import FunctionCalls
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import ToolCallDelta
from helpers.providers.provider_calls import failure_of

Piece = dict[str, object]


def read(*pieces: Piece, finish: str = "stop") -> list[ToolCallDelta]:
    calls = FunctionCalls(map("made-{}".format, itertools.count(1)).__next__)
    events: list[ToolCallDelta] = []
    for piece in pieces:
        fields = dict(piece)
        signature = fields.pop("signature", None)
        assert signature is None or isinstance(signature, str)
        events += calls.read(msgspec.Raw(msgspec.json.encode(fields)), signature)
    return events + calls.close(finish)  # type: ignore[arg-type]


def part(path: str, **value: object) -> Piece:
    return {"jsonPath": path, **value}


def piece(*values: Piece, **fields: object) -> Piece:
    return {"partialArgs": list(values), "willContinue": True, **fields}


BEGIN = {"name": "f", "id": "c1", "willContinue": True}
END: Piece = {}


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ({}, ""),
        ({"args": None}, ""),
        ({"args": {}}, "{}"),
        ({"args": {"a": 1}}, '{"a":1}'),
        # a gateway's string, and what is no object: the collected reply checks it
        ({"args": '{"a": 1}'}, '{"a": 1}'),
        ({"args": [1]}, "[1]"),
    ],
)
def test_whole_calls(call: Piece, arguments: str) -> None:
    """A whole call is an event at once, with its arguments as they came."""
    assert read({"name": "f", **call}) == [ToolCallDelta(0, "made-1", "f", arguments)]


@pytest.mark.parametrize(
    ("pieces", "arguments"),
    [
        (
            [
                piece(part("$.city", stringValue="New ", willContinue=True)),
                piece(part("$.city", stringValue="Delhi")),
            ],
            {"city": "New Delhi"},
        ),
        (
            [piece(part("$.a.b[0].c", numberValue=1), part("$.a.b[1]", boolValue=False))],
            {"a": {"b": [{"c": 1}, False]}},
        ),
        ([piece(part("$['a b'].c", nullValue="NULL_VALUE"))], {"a b": {"c": None}}),
        ([piece(part('$["a\\"b"]', stringValue=""))], {'a"b': ""}),
        ([piece(part("$['it\\'s']", stringValue="x"))], {"it's": "x"}),
        ([piece(part("$.x", numberValue=1)), piece(part("$.x", numberValue=2))], {"x": 2}),
        ([piece(part("$.x"))], {}),
        ([piece(args={"a": 1}), piece(part("$.b", stringValue="x"))], {"a": 1, "b": "x"}),
        # a later whole object replaces what came before it
        ([piece(part("$.x", numberValue=1)), piece(args={"y": 2})], {"y": 2}),
    ],
)
def test_pieces_are_one_call(pieces: list[Piece], arguments: object) -> None:
    """Nameless pieces belong to the call before them; values stand at their paths."""
    (event,) = read(BEGIN, *pieces, END)
    assert (event.index, event.call_id, event.name) == (0, "c1", "f")
    assert msgspec.json.decode(event.arguments) == arguments


def test_numbers_keep_their_digits() -> None:
    """They are not computed with."""
    raw = b'{"name":"f","partialArgs":[{"jsonPath":"$.n","numberValue":12345678901234567890.10}]}'
    calls = FunctionCalls(lambda: "made")
    calls.read(msgspec.Raw(raw), None)
    assert calls.close()[0].arguments == '{"n":12345678901234567890.10}'


def test_several_calls_in_pieces() -> None:
    """A name, or another id, begins the next call; the end mark may be missing or come twice."""
    x = piece(part("$.x", numberValue=1), willContinue=False)
    events = read(
        *(BEGIN, x, END, END),
        {"name": "f", "id": "c2", "willContinue": True, "signature": "S"},
        x,
        {"name": "g", "args": {}},
    )
    assert [(event.call_id, event.name, event.arguments) for event in events] == [
        ("c1", "f", '{"x":1}'),
        ("c2", "f", '{"x":1}'),
        ("made-1", "g", "{}"),
    ]
    assert [event.signature for event in events] == [None, "S", None]


def test_every_piece_may_have_the_name() -> None:
    """It is the same call as long as that is not complete."""
    named = piece(part("$.a", stringValue="x"), name="f"), piece(part("$.a", stringValue="y"))
    assert [event.arguments for event in read(BEGIN, *named, {"name": "f"})] == ['{"a":"xy"}']


def test_pieces_without_a_continuation_mark() -> None:
    """What has no name cannot begin a call, so it continues the last one."""
    x = {"partialArgs": [part("$.x", stringValue="a", willContinue=True)]}
    assert [event.arguments for event in read({**x, "name": "f"}, x, x)] == ['{"x":"aaa"}']


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_call_that_broke_off(finish: str) -> None:
    """It is a failure, or keeps invalid arguments if the token limit cut it off."""
    pieces = BEGIN, piece(part("$.x", stringValue="a", willContinue=True))
    if finish == "stop":
        failure = failure_of(lambda: read(*pieces))
        assert failure.kind is FailureClass.SERVER
        assert failure.message.endswith("sent an incomplete tool call: f")
    else:
        assert [event.arguments for event in read(*pieces, finish=finish)] == ['{"x":"a"']


def test_the_last_piece_may_be_missing() -> None:
    """The reply came to its end, and no value of the call was cut off."""
    pieces = BEGIN, piece(part("$.x", stringValue="a", willContinue=True))
    events = read(*pieces, piece(part("$.x", stringValue="b")))
    assert [event.arguments for event in events] == ['{"x":"ab"}']
    assert failure_of(lambda: read(BEGIN)).kind is FailureClass.SERVER


def test_calls_that_come_twice() -> None:
    """The same call under the same id is one; another one gets an id of its own."""
    call = {"name": "f", "id": "c1", "args": {"a": 1}}
    events = read(call, {"name": "f", "args": {}}, {"name": "f", "args": {}}, call, BEGIN, END)
    assert [event.call_id for event in events] == ["c1", "made-1", "made-2", "made-3"]


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([{"args": {"a": 1}}], FailureClass.SERVER),
        ([{"id": "c1"}], FailureClass.SERVER),
        ([{"name": 3}, {"willContinue": True}], FailureClass.SERVER),
        ([{"call": "f"}], FailureClass.SERVER),
        ([BEGIN, piece(part("$", stringValue="a"))], FailureClass.SERVER),
        ([BEGIN, piece(part("a", stringValue="a"))], FailureClass.SERVER),
        ([BEGIN, piece(part("$..a", stringValue="a"))], FailureClass.SERVER),
        ([BEGIN, piece(part("$.a[7]", stringValue="a"))], FailureClass.SERVER),
        ([BEGIN, piece(part("$.a[0]", boolValue=True), part("$.a.b", boolValue=True))], "SERVER"),
        ([BEGIN, piece(part("$.a", boolValue=True), part("$.a.b", boolValue=True))], "SERVER"),
        ([BEGIN, piece(part("$" + ".a" * 65, boolValue=True))], FailureClass.SERVER),
        ([{"name": "f"}] * 1001, FailureClass.PROTOCOL),
        ([BEGIN, {"partialArgs": "x"}], FailureClass.PROTOCOL),
        ([BEGIN, {"partialArgs": [{"jsonPath": 1}]}], FailureClass.PROTOCOL),
    ],
)
def test_unreadable_calls_are_failures(pieces: list[Piece], kind: object) -> None:
    """A call that cannot be put together is never handed out."""
    failure = failure_of(lambda: read(*pieces, END))
    assert failure.kind is (FailureClass.SERVER if kind == "SERVER" else kind)


def test_the_size_of_a_call_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never ends its call does not fill the memory."""
    monkeypatch.setattr(function_calls, "MAX_ARGUMENTS", 300)
    pieces = [piece(part("$.x", stringValue="abc", willContinue=True))] * 9
    assert failure_of(lambda: read(BEGIN, *pieces)).kind is FailureClass.PROTOCOL


def test_the_maps_of_deep_paths_are_bounded() -> None:
    """A short path may make many maps."""
    values = [part("$" + f".a{number}" * 60, numberValue=1) for number in range(2_000)]
    failure = failure_of(lambda: read(piece(*values, name="f")))
    assert failure.kind is FailureClass.PROTOCOL
