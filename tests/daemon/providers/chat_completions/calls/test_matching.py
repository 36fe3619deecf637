"""However a server numbers and names the pieces, each finds its call."""

import pytest

from helpers.providers.tool_call_pieces import (
    A,
    B,
    Call,
    assemble,
    piece,
)


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
