"""Pieces of tool calls of chat completions, and the calls that they become."""

import itertools

import msgspec

from aircherd.providers.chat_completions.calls.pieces import CallPiece
from aircherd.providers.chat_completions.calls.tool_calls import ToolCalls
from aircherd.vocabulary.reply import ReplyEvent, ToolCallDelta

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
