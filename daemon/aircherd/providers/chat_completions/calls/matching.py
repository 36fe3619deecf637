"""Which call a piece belongs to: by its number, id and name, and by what its arguments continue."""

from aircherd.providers.chat_completions.calls.argument_text import begins_object
from aircherd.providers.chat_completions.calls.arguments import Arguments, PieceMode
from aircherd.providers.chat_completions.calls.pieces import Piece
from aircherd.providers.chat_completions.parts.fields import Fields

_JOINERS = ("_", "-", ".", "/", ":")


class Call:
    """A call as far as it came."""

    __slots__ = (
        *("arguments", "chunk", "custom", "extras", "id", "index", "is_open", "name", "number"),
        "server_id",
    )

    def __init__(self, number: int, index: int | None, mode: PieceMode) -> None:
        self.number = number
        self.index = index
        self.id = ""
        self.server_id = ""
        self.name = ""
        self.arguments = Arguments(mode)
        self.is_open = False  # its first event was returned
        self.chunk = 0  # the last one that had a piece of it
        self.custom = False
        self.extras: Fields | None = None


class KnownCalls:
    """The calls so far, by what tells which of them a piece belongs to.

    Attributes:
        last: the call of the last piece.
        chunk: the number of the chunk that is being read.
    """

    __slots__ = ("by_id", "by_index", "chunk", "last")

    def __init__(self) -> None:
        self.by_index: dict[int, Call] = {}
        self.by_id: dict[str, Call] = {}
        self.last: Call | None = None
        self.chunk = 0

    def find_custom(self, piece: Piece) -> Call | None:
        """Return the call of a custom tool that `piece` belongs to, None if it begins one."""
        call = self.by_id.get(piece.id) if piece.id else None
        if call is None and piece.index is not None:
            call = self.by_index.get(piece.index)
        if call is None and not (piece.id or piece.name):
            call = self.last
        if call is None or not call.custom or (piece.id and piece.id != call.server_id):
            return None
        return call

    def find(self, piece: Piece) -> Call | None:
        """Return the call that `piece` belongs to, None if it begins one."""
        at_index = None if piece.index is None else self.by_index.get(piece.index)
        if not piece.id:
            return self._find_without_id(piece, at_index)
        if at_index is not None and at_index.server_id == piece.id:
            known: Call | None = at_index
        else:
            known = self.by_id.get(piece.id)
        if known is not None:
            return None if _reuses_id(known, piece) else known
        return self._find_with_new_id(piece, at_index)

    def _find_with_new_id(self, piece: Piece, at_index: Call | None) -> Call | None:
        call = at_index or self.last
        if call is None:
            return None
        has_same_name = piece.name in ("", call.name)
        if has_same_name and call.arguments.is_continued_by(piece.arguments):
            return call  # an id for every piece
        if not piece.name and is_second(call, piece):
            return None
        if call is not at_index:
            is_late = not call.server_id and call.index is None and piece.index is None
            return call if is_late and not piece.name else None
        if not piece.name:
            return call
        is_open = has_same_name and not call.arguments.is_complete
        return call if is_open and _takes(call, piece.arguments) else None

    def _find_without_id(self, piece: Piece, at_index: Call | None) -> Call | None:
        call = at_index or self.last
        if call is None or not piece.name:
            return call
        if not call.name:
            return call
        if call.name != piece.name:
            is_own = at_index is not None or piece.index is None
            return call if is_own and _is_name_fragment(call, piece) else None
        if at_index is None and piece.index is not None:
            return call if call.arguments.is_continued_by(piece.arguments) else None
        if call.arguments.is_complete:
            return call if self._repeats(call, piece) else None
        return call if _takes(call, piece.arguments) else None

    def _repeats(self, call: Call, piece: Piece) -> bool:
        """Return whether a named piece without an id belongs to a call that is complete."""
        arguments = call.arguments
        if not begins_object(piece.arguments):
            return True
        # In one chunk, each is a call of its own.
        return call.chunk != self.chunk and (
            arguments.is_placeholder()
            or arguments.equals(piece.arguments)
            or arguments.has_more_fields_in(piece.arguments)
        )


def _takes(call: Call, arguments: str) -> bool:
    """Return whether a call that is not complete can go on with `arguments`."""
    if not arguments or not call.arguments.size:
        return True
    if begins_object(arguments):
        return call.arguments.may_take_object(arguments)
    return call.arguments.is_continued_by(arguments)


def is_second(call: Call, piece: Piece) -> bool:
    """Return whether `piece` begins another object behind that of `call`."""
    return begins_object(piece.arguments) and call.arguments.is_complete


def _reuses_id(call: Call, piece: Piece) -> bool:
    """Return whether a server gave the id of `call` to another call."""
    if not piece.name or not call.name:
        return False
    if call.name != piece.name:
        return call.arguments.size > 0
    return piece.index not in (None, call.index) and (
        call.arguments.is_complete and begins_object(piece.arguments)
    )


def _is_name_fragment(call: Call, piece: Piece) -> bool:
    """Return whether the name of `piece` continues that of a call without arguments.

    A server that gives ids gives one to every call. Without them, names tell: `get_`, `weather`.
    """
    if call.is_open or call.arguments.size:
        return False
    if call.server_id or piece.name.startswith(call.name):
        return True
    return call.name.endswith(_JOINERS) or piece.name.startswith(_JOINERS)
