"""The tool calls of one chat completions reply, assembled from pieces.

OpenAI numbers its calls, and may interleave them; the first piece of each has its id and name.
Compatible servers number every call 0, or every piece; they leave out ids, repeat them or change
them within a call; they repeat the name in every piece, or the whole call at the end. So a piece is
assigned by all that it has: number, id, name, and whether its arguments can continue what is there.
See `matching`; for the arguments see `arguments`.

A call of a custom tool has any text as `input`, which is passed on as it comes. What a call has
besides its own fields, such as Google's signature in `extra_content`, becomes its signature, and
goes back.
"""

from collections.abc import Callable, Sequence

import msgspec

from aircherd.errors import fail
from aircherd.providers.chat_completions.calls.arguments import PieceMode
from aircherd.providers.chat_completions.calls.extras import signature_of
from aircherd.providers.chat_completions.calls.matching import Call, KnownCalls, is_second
from aircherd.providers.chat_completions.calls.pieces import CallPiece, Piece
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import ReplyEvent, ToolCallDelta

MAX_CALLS = 1000
"""Of one reply: models make a few dozen at most."""
MAX_ARGUMENTS = 8_000_000
"""Characters of the arguments of all calls, which are kept until the reply ends."""

MAX_COPIED = 4 * MAX_ARGUMENTS
"""Characters that are copied while one piece is split into the calls in it."""


class ToolCalls:
    """Assigns pieces to calls, and returns events as soon as nothing can change them."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._mode = PieceMode()
        self._calls: list[Call] = []
        self._open_count = 0  # calls whose first event was returned; always the first ones
        self._known = KnownCalls()
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
        self._known.chunk += 1
        for each in pieces:
            piece = Piece(each)
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
                out.append(ToolCallDelta(call.number, signature=signature_of(call.extras)))
                call.extras = None

    def _add_custom(self, piece: Piece, out: list[ReplyEvent]) -> None:
        """Add a piece of a call of a custom tool, whose input is any text."""
        self._count(len(piece.arguments))
        call = self._known.find_custom(piece)
        if call is None:
            self.flush(out)
            if not piece.name:
                fail(FailureClass.PROTOCOL, "sent a tool call without a name")
            call = self._begin(piece.index, piece.id)
            call.custom, call.name = True, piece.name
            out.append(self._opening(call, piece.arguments))
        elif piece.arguments:
            out.append(ToolCallDelta(call.number, arguments=piece.arguments))
        self._note_extras(call, piece)
        self._known.last = call

    def _note_extras(self, call: Call, piece: Piece) -> None:
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

    def _add(self, piece: Piece, out: list[ReplyEvent]) -> None:
        self._count(len(piece.arguments))
        self._has_more = True
        call = self._known.find(piece)
        if call is None:
            last, call = self._known.last, self._begin(piece.index, piece.id)
            if not piece.name and last is not None and is_second(last, piece):
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
            further.name, further.chunk = call.name, self._known.chunk
            self._return_ready(call, out)
            call = further
            rest = call.arguments.add(rest)
        self._known.last = call
        self._return_ready(call, out)

    def _note(self, call: Call, piece: Piece) -> None:
        """Note the id and the name of a piece."""
        call.chunk = self._known.chunk
        if piece.id and not call.server_id:
            call.server_id = piece.id
            self._known.by_id.setdefault(piece.id, call)
        if piece.name and not call.is_open and not call.arguments.size:
            is_fragment = bool(call.name) and not piece.name.startswith(call.name)
            call.name = call.name + piece.name if is_fragment else piece.name
        elif piece.name and not call.name:
            call.name = piece.name

    def _begin(self, index: int | None, server_id: str) -> Call:
        if len(self._calls) >= MAX_CALLS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_CALLS} tool calls")
        call = Call(len(self._calls), index, self._mode)
        if server_id in self._known.by_id:
            call.id, call.server_id = self._new_id(), server_id
        elif server_id:
            call.server_id = server_id
            self._known.by_id[server_id] = call
        self._calls.append(call)
        if index is not None:
            self._known.by_index[index] = call
        return call

    # -------------------------------------------------------------- events

    def _return_ready(self, call: Call, out: list[ReplyEvent]) -> None:
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

    def _may_open(self, call: Call) -> bool:
        """Return whether `call` and all before it have a name."""
        return all(each.name for each in self._calls[self._open_count : call.number + 1])

    def _opening(self, call: Call, arguments: str) -> ToolCallDelta:
        call.is_open = True
        self._open_count = call.number + 1
        call.id = call.id or call.server_id or self._new_id()
        return ToolCallDelta(call.number, call.id, call.name, arguments, custom=call.custom)

    def __repr__(self) -> str:
        return f"<ToolCalls {len(self._calls)}>"
