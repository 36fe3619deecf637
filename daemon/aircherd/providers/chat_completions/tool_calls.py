"""The tool calls of one chat completions reply, assembled from pieces.

OpenAI numbers its calls and may interleave them. Compatible servers send null, missing or repeated
numbers, calls without an id, or a whole call in one piece.
"""

from collections.abc import Callable

import msgspec

from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.reply import ToolCallDelta


class Function(msgspec.Struct, gc=False):
    """The called function; its arguments are text, or the object itself from some servers."""

    name: object = None
    arguments: object = None


class CallPiece(msgspec.Struct, gc=False):
    """A piece of a tool call, or a whole one."""

    index: object = None
    id: object = None
    function: Function | None = None


class ToolCalls:
    """Assigns pieces to tool calls by what the server gives: index, id or order."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.count = 0
        self._new_id = new_id
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None

    def add(self, piece: CallPiece) -> ToolCallDelta:
        """Return the event for `piece`; the first event of a call has its id and name."""
        function = piece.function or Function()
        name = as_text(function.name)
        call = self._find(piece, name)
        is_new = call is None
        if call is None:
            call = self._open(piece)
        self._last = call
        new_name = name if name and not call.is_named else None
        call.is_named = call.is_named or bool(name)
        return ToolCallDelta(
            index=call.number,
            call_id=call.id if is_new else None,
            name=new_name,
            arguments=_arguments(function.arguments),
        )

    def _find(self, piece: CallPiece, name: str) -> "_Call | None":
        # Four cases: a known index, unless another id and a name come with it; a known id; no
        # index, id or name, which continues the last call; anything else starts a new call.
        call_id = as_text(piece.id)
        if type(piece.index) is int:
            known = self._by_index.get(piece.index)
            return None if known and call_id and known.id != call_id and name else known
        if call_id:
            return self._by_id.get(call_id)
        return None if name else self._last

    def _open(self, piece: CallPiece) -> "_Call":
        call = _Call(self.count, as_text(piece.id) or self._new_id())
        self.count += 1
        self._by_id[call.id] = call
        if type(piece.index) is int:
            self._by_index[piece.index] = call
        return call


class _Call:
    __slots__ = ("id", "is_named", "number")

    def __init__(self, number: int, call_id: str) -> None:
        self.number = number
        self.id = call_id
        self.is_named = False


def _arguments(value: object) -> str:
    if isinstance(value, str):
        return value
    # Some servers send the whole object.
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else ""
