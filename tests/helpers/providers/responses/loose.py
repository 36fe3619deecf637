"""Streams of servers that resemble OpenAI's Responses API.

Which events such a server sends varies, and so does how an event names its item: that is its
`Style`. A reply is a list of `Block`s, one for each item.
"""

import itertools
import json
from collections.abc import Iterator

import msgspec
from hypothesis import strategies as st

from helpers.providers.responses.streams import USAGE, Json, wire

WORDS = ("hello", "ok", "a", "a b", " x", "Grüße 🦀")
IDS = ("stable", "per event", "per delta", "constant", "missing")
INDICES = ("right", "missing", "zero", "per event", "zero in pieces", "shifted in pieces")


class Style(msgspec.Struct, frozen=True):
    """How a server names items, and which events it sends.

    `in_output` is which of the items its last event repeats: all of them, or none.
    """

    ids: str
    indices: str
    is_added: bool
    has_deltas: bool
    has_ends: bool
    has_part_ends: bool
    is_done: bool
    in_output: bool


class Block(msgspec.Struct, frozen=True):
    """One item: its kind, its text (the arguments of a call), and the pieces of it."""

    kind: str
    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)


def _is_enough(style: Style) -> bool:
    """Return whether such a server sends the whole output, in whichever events."""
    if style.is_done or style.in_output:
        return True
    # Nothing but the start of a call, and its end, have its name.
    return style.is_added and (style.has_deltas or style.has_ends)


styles = st.builds(
    Style,
    ids=st.sampled_from(IDS),
    indices=st.sampled_from(INDICES),
    is_added=st.booleans(),
    has_deltas=st.booleans(),
    has_ends=st.booleans(),
    has_part_ends=st.booleans(),
    is_done=st.booleans(),
    in_output=st.booleans(),
).filter(_is_enough)

_arguments = st.dictionaries(st.sampled_from("pqr"), st.sampled_from(WORDS), max_size=2)


@st.composite
def blocks(draw: st.DrawFn) -> list[Block]:
    """Some items, in the order of the output."""
    kinds = draw(
        st.lists(
            st.sampled_from(("message", "reasoning", "function_call", "custom_tool_call")),
            min_size=1,
            max_size=4,
        )
    )
    return [draw(_block(kind)) for kind in kinds]


@st.composite
def _block(draw: st.DrawFn, kind: str) -> Block:
    if kind == "function_call":
        text = json.dumps(draw(_arguments))
    else:
        text = "".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)))
    at = draw(st.integers(0, len(text)))
    return Block(kind, tuple(piece for piece in (text[:at], text[at:]) if piece))


class Server:
    """Writes the events of a reply in one style."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._numbers = itertools.count(1)

    def stream(self, items: list[Block]) -> bytes:
        """Return a whole stream."""
        events = [event for at, item in enumerate(items) for event in self.events(at, item)]
        return self.ended(events, items)

    def ended(self, events: list[Json], items: list[Block]) -> bytes:
        """Return a stream of these events and the last one."""
        final: Json = {"id": "r", "status": "completed", "model": "m", "usage": USAGE}
        if self._style.in_output:
            final["output"] = [self.whole(at, item) for at, item in enumerate(items)]
        return wire(*events, {"type": "response.completed", "response": final})

    def events(self, at: int, block: Block) -> Iterator[Json]:
        """Yield the events of one item."""
        style = self._style
        if style.is_added:
            item = self.whole(at, block) | {"status": "in_progress"}
            item |= {key: [] for key in ("content", "summary") if key in item}
            item |= {key: "" for key in ("arguments", "input") if key in item}
            yield {"type": "response.output_item.added", **self._index(at), "item": item}
        kind, field = _EVENTS[block.kind]
        if style.has_deltas:
            for piece in block.pieces:
                yield {"type": f"{kind}.delta", **self._place(at, is_delta=True), "delta": piece}
        if style.has_ends:
            yield {"type": f"{kind}.done", **self._place(at), field: block.text}
        if style.has_part_ends and block.kind in ("message", "reasoning"):
            yield self._part_end(at, block)
        if style.is_done:
            item = self.whole(at, block)
            yield {"type": "response.output_item.done", **self._index(at), "item": item}

    def _part_end(self, at: int, block: Block) -> Json:
        if block.kind == "reasoning":
            part: Json = {"type": "summary_text", "text": block.text}
            return {"type": "response.reasoning_summary_part.done", **self._place(at), "part": part}
        part = {"type": "output_text", "text": block.text, "annotations": []}
        return {"type": "response.content_part.done", **self._place(at), "part": part}

    def whole(self, at: int, block: Block) -> Json:
        """Return a whole item."""
        item: Json = {"type": block.kind, **self._name("id", at)}
        if block.kind == "message":
            return item | {"content": [{"type": "output_text", "text": block.text}]}
        if block.kind == "reasoning":
            return item | {"summary": [{"type": "summary_text", "text": block.text}]}
        field = "input" if block.kind == "custom_tool_call" else "arguments"
        return item | {"call_id": f"call_{at}", "name": "f", field: block.text}

    def _index(self, at: int, *, is_piece: bool = False) -> Json:
        indices = self._style.indices
        if indices == "missing":
            return {}
        if indices == "per event":
            return {"output_index": next(self._numbers)}
        if indices == "zero" or (is_piece and indices == "zero in pieces"):
            return {"output_index": 0}
        return {"output_index": at + (is_piece and indices == "shifted in pieces")}

    def _place(self, at: int, *, is_delta: bool = False) -> Json:
        index = self._index(at, is_piece=True)
        return {**index, **self._name("item_id", at, is_delta=is_delta)}

    def _name(self, field: str, at: int, *, is_delta: bool = False) -> Json:
        ids = self._style.ids
        if ids == "missing":
            return {}
        if ids == "per event" or (ids == "per delta" and is_delta):
            return {field: f"id_{next(self._numbers)}"}
        return {field: "id" if ids == "constant" else f"item_{at}"}


_EVENTS = {
    "message": ("response.output_text", "text"),
    "reasoning": ("response.reasoning_summary_text", "text"),
    "function_call": ("response.function_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
}
"""Kind of item -> how the events of its text begin, and the field with the whole text."""
