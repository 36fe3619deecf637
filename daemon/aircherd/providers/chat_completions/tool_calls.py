"""The tool calls of one chat completions reply, assembled from pieces.

OpenAI numbers its calls, and may interleave them; the first piece of each has its id and name.
Compatible servers number every call 0, or every piece; they leave out ids, repeat them or change
them within a call; they repeat the name in every piece, or the whole call at the end. So a piece is
assigned by all that it has: number, id, name, and whether its arguments can continue what is there.
For the arguments see `call_arguments`.

A call of a custom tool has any text as `input`, which is passed on as it comes. What a call has
besides its own fields, such as Google's signature in `extra_content`, becomes its signature, and
goes back.
"""

from collections.abc import Callable, Sequence

import msgspec

from aircherd.errors import fail
from aircherd.providers.chat_completions.call_arguments import (
    Arguments,
    PieceMode,
    arguments_text,
    begins_object,
)
from aircherd.providers.chat_completions.parts.fields import Fields, fields_of
from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import ReplyEvent, ToolCallDelta

MAX_CALLS = 1000
"""Of one reply: models make a few dozen at most."""
MAX_ARGUMENTS = 8_000_000
"""Characters of the arguments of all calls, which are kept until the reply ends."""

MAX_COPIED = 4 * MAX_ARGUMENTS
"""Characters that are copied while one piece is split into the calls in it."""

_EXTRAS = "tool_call"
_JOINERS = ("_", "-", ".", "/", ":")


class Function(msgspec.Struct, gc=False):
    """The called function; its arguments are text, or the object itself from some servers."""

    name: object = None
    arguments: msgspec.Raw = msgspec.Raw()
    parameters: msgspec.Raw = msgspec.Raw()  # what some call the arguments


class CustomCall(msgspec.Struct, gc=False):
    """The called custom tool."""

    name: object = None
    input: object = None


class CallPiece(msgspec.Struct, gc=False):
    """A piece of a tool call, or a whole one; some servers leave out the level of `function`.

    `extras` are the fields that it has besides; they are not decoded with it.
    """

    index: object = None
    id: object = None
    type: object = None
    function: Function | None = None
    custom: CustomCall | None = None
    name: object = None
    arguments: msgspec.Raw = msgspec.Raw()
    parameters: msgspec.Raw = msgspec.Raw()
    extras: Fields | None = msgspec.field(name="(extras)", default=None)


class _Piece:
    """A piece as far as it is usable: "" and None mean that the server left it out."""

    __slots__ = ("arguments", "extras", "id", "index", "is_custom", "name")

    def __init__(self, piece: CallPiece) -> None:
        function = piece.function or piece
        self.index = _number(piece.index)
        self.id = str(piece.id) if type(piece.id) is int else as_text(piece.id)
        self.extras = piece.extras
        custom = piece.custom
        self.is_custom = custom is not None and _is_meant(custom, piece.function)
        if custom is not None and self.is_custom:
            self.name = as_text(custom.name).strip()
            self.arguments = as_text(custom.input)
            return
        name = function.name
        self.name = name.strip() if type(name) is str else ""
        self.arguments = arguments_text(function.arguments or function.parameters)

    @property
    def is_empty(self) -> bool:
        return not (self.id or self.name or self.arguments or self.extras)


def _is_meant(custom: CustomCall, function: Function | None) -> bool:
    """Return whether a piece is of a custom tool: Snowflake sends empty fields too."""
    return function is None or bool(as_text(custom.name) or as_text(custom.input))


class _Call:
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


class ToolCalls:
    """Assigns pieces to calls, and returns events as soon as nothing can change them."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._mode = PieceMode()
        self._calls: list[_Call] = []
        self._open_count = 0  # calls whose first event was returned; always the first ones
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None
        self._chunk = 0
        self._size = 0
        self._has_more = False  # something was not returned yet

    @property
    def count(self) -> int:
        """The number of calls so far."""
        return len(self._calls)

    def take(self, pieces: Sequence[CallPiece], out: list[ReplyEvent]) -> None:
        """Add the pieces of one chunk; append the events that are certain.

        Raises:
            ProviderFailed: PROTOCOL: there are too many calls, or one contradicts itself.
        """
        self._chunk += 1
        for each in pieces:
            piece = _Piece(each)
            if piece.is_empty:
                continue
            if piece.is_custom:
                self._add_custom(piece, out)
            else:
                self._add(piece, out)

    def flush(self, out: list[ReplyEvent]) -> None:
        """Append all that was held back: the reply ends, or goes on to something else.

        Raises:
            ProviderFailed: PROTOCOL: a call has no name.
        """
        if not self._has_more:
            return
        self._has_more = False
        for call in self._calls:
            arguments = call.arguments.take_all()
            if not call.is_open:
                if not call.name:
                    fail(FailureClass.PROTOCOL, "sent a tool call without a name")
                out.append(self._opening(call, arguments))
            elif arguments:
                out.append(ToolCallDelta(call.number, arguments=arguments))
            if call.extras:
                out.append(ToolCallDelta(call.number, signature=_signature_of(call.extras)))
                call.extras = None

    def _add_custom(self, piece: _Piece, out: list[ReplyEvent]) -> None:
        """Add a piece of a call of a custom tool, whose input is any text."""
        self._count(len(piece.arguments))
        call = self._by_id.get(piece.id) if piece.id else None
        if call is None and piece.index is not None:
            call = self._by_index.get(piece.index)
        if call is None and not (piece.id or piece.name):
            call = self._last
        if call is None or not call.custom or (piece.id and piece.id != call.server_id):
            self.flush(out)
            if not piece.name:
                fail(FailureClass.PROTOCOL, "sent a tool call without a name")
            call = self._begin(piece.index, piece.id)
            call.custom, call.name = True, piece.name
            out.append(self._opening(call, piece.arguments))
        elif piece.arguments:
            out.append(ToolCallDelta(call.number, arguments=piece.arguments))
        self._note_extras(call, piece)
        self._last = call

    def _note_extras(self, call: _Call, piece: _Piece) -> None:
        if piece.extras:
            self._has_more = True
            self._count(sum(memoryview(raw).nbytes for raw in piece.extras.values()))
            # Copied: slices would keep the whole buffer alive.
            copied = {name: msgspec.Raw(bytes(raw)) for name, raw in piece.extras.items()}
            call.extras = {**(call.extras or {}), **copied}

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > MAX_ARGUMENTS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_ARGUMENTS} characters of arguments")

    # -------------------------------------------------------------- one piece

    def _add(self, piece: _Piece, out: list[ReplyEvent]) -> None:
        self._count(len(piece.arguments))
        self._has_more = True
        call = self._find(piece)
        if call is None:
            last, call = self._last, self._begin(piece.index, piece.id)
            if not piece.name and last is not None and _is_second(last, piece):
                call.name = last.name
        self._note(call, piece)
        if piece.extras:
            self._note_extras(call, piece)
        rest = call.arguments.add(piece.arguments)
        copied = 0
        while rest:
            copied += len(rest)
            if copied > MAX_COPIED:
                fail(FailureClass.PROTOCOL, "sent too many tool calls in one piece")
            # A further call of the same function. An id that is new is its own.
            further = self._begin(piece.index, piece.id if piece.id != call.server_id else "")
            further.name, further.chunk = call.name, self._chunk
            self._return_ready(call, out)
            call = further
            rest = call.arguments.add(rest)
        self._last = call
        self._return_ready(call, out)

    def _note(self, call: _Call, piece: _Piece) -> None:
        """Note the id and the name of a piece."""
        call.chunk = self._chunk
        if piece.id and not call.server_id:
            call.server_id = piece.id
            self._by_id.setdefault(piece.id, call)
        if piece.name and not call.is_open and not call.arguments.size:
            is_fragment = bool(call.name) and not piece.name.startswith(call.name)
            call.name = call.name + piece.name if is_fragment else piece.name
        elif piece.name and not call.name:
            call.name = piece.name

    def _begin(self, index: int | None, server_id: str) -> _Call:
        if len(self._calls) >= MAX_CALLS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_CALLS} tool calls")
        call = _Call(len(self._calls), index, self._mode)
        if server_id in self._by_id:
            call.id, call.server_id = self._new_id(), server_id
        elif server_id:
            call.server_id = server_id
            self._by_id[server_id] = call
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    # -------------------------------------------------------------- which call

    def _find(self, piece: _Piece) -> _Call | None:
        """Return the call that `piece` belongs to, None if it begins one."""
        at_index = None if piece.index is None else self._by_index.get(piece.index)
        if not piece.id:
            return self._find_without_id(piece, at_index)
        if at_index is not None and at_index.server_id == piece.id:
            known: _Call | None = at_index
        else:
            known = self._by_id.get(piece.id)
        if known is not None:
            return None if _reuses_id(known, piece) else known
        return self._find_with_new_id(piece, at_index)

    def _find_with_new_id(self, piece: _Piece, at_index: _Call | None) -> _Call | None:
        call = at_index or self._last
        if call is None:
            return None
        has_same_name = piece.name in ("", call.name)
        if has_same_name and call.arguments.is_continued_by(piece.arguments):
            return call  # an id for every piece
        if not piece.name and _is_second(call, piece):
            return None
        if call is not at_index:
            is_late = not call.server_id and call.index is None and piece.index is None
            return call if is_late and not piece.name else None
        if not piece.name:
            return call
        is_open = has_same_name and not call.arguments.is_complete
        return call if is_open and _takes(call, piece.arguments) else None

    def _find_without_id(self, piece: _Piece, at_index: _Call | None) -> _Call | None:
        call = at_index or self._last
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

    def _repeats(self, call: _Call, piece: _Piece) -> bool:
        """Return whether a named piece without an id belongs to a call that is complete."""
        arguments = call.arguments
        if not begins_object(piece.arguments):
            return True
        # In one chunk, each is a call of its own.
        return call.chunk != self._chunk and (
            arguments.is_placeholder()
            or arguments.equals(piece.arguments)
            or arguments.has_more_fields_in(piece.arguments)
        )

    # -------------------------------------------------------------- events

    def _return_ready(self, call: _Call, out: list[ReplyEvent]) -> None:
        if not call.is_open and not self._may_open(call):
            return
        arguments = call.arguments.take_ready()
        if not arguments:
            return
        if not call.is_open:
            unopened = self._calls[self._open_count : call.number]
            out += [self._opening(earlier, "") for earlier in unopened]
            out.append(self._opening(call, arguments))
        else:
            out.append(ToolCallDelta(call.number, arguments=arguments))

    def _may_open(self, call: _Call) -> bool:
        """Return whether `call` and all before it have a name."""
        return all(each.name for each in self._calls[self._open_count : call.number + 1])

    def _opening(self, call: _Call, arguments: str) -> ToolCallDelta:
        call.is_open = True
        self._open_count = call.number + 1
        call.id = call.id or call.server_id or self._new_id()
        return ToolCallDelta(call.number, call.id, call.name, arguments, custom=call.custom)

    def __repr__(self) -> str:
        return f"<ToolCalls {len(self._calls)}>"


def _signature_of(extras: Fields) -> str:
    return msgspec.json.encode({_EXTRAS: extras}).decode("utf-8", "replace")


def extras_in(signature: str) -> Fields:
    """Return what a call had besides its own fields, by its signature."""
    raw = msgspec.Raw(signature.encode("utf-8", "replace"))
    return fields_of(fields_of(raw).get(_EXTRAS))


def _number(value: object) -> int | None:
    """Return the number of a call, also from a float or a text; None if it is none."""
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return None


def _takes(call: _Call, arguments: str) -> bool:
    """Return whether a call that is not complete can go on with `arguments`."""
    if not arguments or not call.arguments.size:
        return True
    if begins_object(arguments):
        return call.arguments.may_take_object(arguments)
    return call.arguments.is_continued_by(arguments)


def _is_second(call: _Call, piece: _Piece) -> bool:
    """Return whether `piece` begins another object behind that of `call`."""
    return begins_object(piece.arguments) and call.arguments.is_complete


def _reuses_id(call: _Call, piece: _Piece) -> bool:
    """Return whether a server gave the id of `call` to another call."""
    if not piece.name or not call.name:
        return False
    if call.name != piece.name:
        return call.arguments.size > 0
    return piece.index not in (None, call.index) and (
        call.arguments.is_complete and begins_object(piece.arguments)
    )


def _is_name_fragment(call: _Call, piece: _Piece) -> bool:
    """Return whether the name of `piece` continues that of a call without arguments.

    A server that gives ids gives one to every call. Without them, names tell: `get_`, `weather`.
    """
    if call.is_open or call.arguments.size:
        return False
    if call.server_id or piece.name.startswith(call.name):
        return True
    return call.name.endswith(_JOINERS) or piece.name.startswith(_JOINERS)
