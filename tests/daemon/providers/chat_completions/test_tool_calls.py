"""Tool calls in pieces, from OpenAI and compatible servers."""

import itertools

import msgspec
import pytest

from aircherd.providers.chat_completions.tool_calls import CallPiece, ToolCalls
from aircherd.vocabulary.reply import ToolCallDelta


def piece(arguments: object = None, **fields: object) -> dict[str, object]:
    name = fields.pop("name", None)
    return {"function": {"name": name, "arguments": arguments}, **fields}


@pytest.mark.parametrize(
    ("calls", "events"),
    [
        # no index: identified by id, fragments belong to the last call
        (
            [piece("{", id="a", name="f"), piece("}"), piece("{}", id="b", name="g")],
            [
                ToolCallDelta(0, "a", "f", "{"),
                ToolCallDelta(0, arguments="}"),
                ToolCallDelta(1, "b", "g", "{}"),
            ],
        ),
        # every call under index 0
        (
            [piece("{}", index=0, id="a", name="f"), piece("{}", index=0, id="b", name="g")],
            [ToolCallDelta(0, "a", "f", "{}"), ToolCallDelta(1, "b", "g", "{}")],
        ),
        # indices from 1
        (
            [piece("{}", index=1, id="a", name="f"), piece("{}", index=2, id="b", name="g")],
            [ToolCallDelta(0, "a", "f", "{}"), ToolCallDelta(1, "b", "g", "{}")],
        ),
        # id and name repeated in every piece
        (
            [piece("{", index=0, id="a", name="f"), piece("}", index=0, id="a", name="f")],
            [ToolCallDelta(0, "a", "f", "{"), ToolCallDelta(0, arguments="}")],
        ),
        # another id in a later piece, without a name
        (
            [piece("{", index=0, id="a", name="f"), piece("}", index=0, id="zz")],
            [ToolCallDelta(0, "a", "f", "{"), ToolCallDelta(0, arguments="}")],
        ),
        # repeated id, no index
        (
            [piece("{", id="a", name="f"), piece("}", id="a")],
            [ToolCallDelta(0, "a", "f", "{"), ToolCallDelta(0, arguments="}")],
        ),
        # no id at all
        (
            [piece("{}", index=0, name="f"), piece("{}", name="g")],
            [ToolCallDelta(0, "made-1", "f", "{}"), ToolCallDelta(1, "made-2", "g", "{}")],
        ),
        # arguments as an object, or null
        (
            [piece({"a": 1}, index=0, id="a", name="f"), piece(None, index=1, id="b", name="g")],
            [ToolCallDelta(0, "a", "f", '{"a":1}'), ToolCallDelta(1, "b", "g", "")],
        ),
        # a name that comes late
        (
            [piece("", index=0, id="a"), piece("{}", index=0, name="f")],
            [ToolCallDelta(0, "a", None, ""), ToolCallDelta(0, None, "f", "{}")],
        ),
        # no function
        ([{"index": 0, "id": "a", "function": None}], [ToolCallDelta(0, "a", None, "")]),
    ],
)
def test_tool_calls_of_compatible_servers(
    calls: list[dict[str, object]], events: list[ToolCallDelta]
) -> None:
    """Pieces find their call by index, id or order."""
    ids = itertools.count(1)
    gathered = ToolCalls(lambda: f"made-{next(ids)}")
    pieces = msgspec.convert(calls, list[CallPiece])
    assert events == [gathered.add(piece) for piece in pieces]
    assert gathered.count == len({event.index for event in events})
