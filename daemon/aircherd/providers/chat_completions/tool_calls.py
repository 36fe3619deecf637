"""The tool calls of one chat-completions reply, put together from pieces.

OpenAI numbers its calls and may interleave them; compatible servers send null, missing or repeated
numbers, calls without an id, or a whole call in one piece.
"""

from collections.abc import Callable

import msgspec

from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.reply import ToolCallDelta


class Function(msgspec.Struct, gc=False):
    """What is called; the arguments are text, or from some servers the object itself."""

    name: object = None
    arguments: object = None


class CallPiece(msgspec.Struct, gc=False):
    """A piece of a call, or a whole one."""

    index: object = None
    id: object = None
    function: Function | None = None


class Calls:
    """Which piece belongs to which tool call, by whatever the server gives: index, id or order."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.count = 0
        self._new_id = new_id
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None

    def add(self, piece: CallPiece) -> ToolCallDelta:
        """Return the event for `piece`, the call's id and name in its first one."""
        function = piece.function or Function()
        name = as_text(function.name)
        call = self._find(piece, name)
        is_new = call is None
        if call is None:
            call = self._open(piece)
        self._last = call
        told_name = name if name and not call.is_named else None
        call.is_named = call.is_named or bool(name)
        return ToolCallDelta(
            index=call.number,
            call_id=call.id if is_new else None,
            name=told_name,
            arguments=_arguments(function.arguments),
        )

    def _find(self, piece: CallPiece, name: str) -> "_Call | None":
        # Four cases: an index we know, unless another id comes under it; an id we know; neither
        # index nor id nor name, which goes on with the last call; anything else is a new call.
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
    # Some servers send the object itself, whole.
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else ""
