"""Tool calls in a reply: whole, or in pieces.

The API sends a call whole. Where arguments are streamed, as Vertex AI and some gateways do, a call
comes in pieces: the first one has the name, the others have values at JSON paths (`partialArgs`),
and the last one does not say `willContinue`.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final, NoReturn

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_text, branch, decode_with
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Finish, ToolCallDelta
from aircherd.vocabulary.text import TextBuffer

MAX_ARGUMENTS: Final = 8_000_000
"""Bytes of all pieces of one call."""

MAX_CALLS: Final = 1000
"""Of one reply: models make a few dozen at most."""

STEP_COST: Final = 100
"""Bytes that each step of a path counts for: it may make a map."""

MAX_DEPTH: Final = 64
"""Steps of a JSON path."""

_STEP: Final = re.compile(
    r"""\.(?P<name>[^.\[\]'"\s]+)"""
    r"""|\[(?P<index>[0-9]{1,6})\]"""
    r"""|\[(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]"""
)


class _Value(msgspec.Struct, gc=False, rename="camel"):
    json_path: str
    string_value: str | None = None
    number_value: msgspec.Raw = msgspec.Raw()
    bool_value: bool | None = None
    null_value: object = msgspec.UNSET
    will_continue: bool | None = None


class _Piece(msgspec.Struct, gc=False, rename="camel"):
    id: object = None
    name: object = None
    args: msgspec.Raw = msgspec.Raw()
    partial_args: list[_Value] | None = None
    will_continue: object = None


_PIECE = msgspec.json.Decoder(_Piece)
_STRING = msgspec.json.Decoder(str)
_OBJECT = msgspec.json.Decoder(dict[str, object])
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_KNOWN: Final = frozenset({"id", "name", "args", "partialArgs", "willContinue"})


class FunctionCalls:
    """The tool calls of one reply, numbered in order."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.count = 0
        self._new_id = new_id
        self._open: _OpenCall | None = None
        self._known: dict[str, tuple[str, str]] = {}  # id -> name and arguments

    @property
    def is_open(self) -> bool:
        """Whether there is a call of which more pieces may come."""
        return self._open is not None

    def read(self, raw: msgspec.Raw, signature: str | None) -> list[ToolCallDelta]:
        """Return the calls that a `functionCall` completes.

        Raises:
            ProviderFailed: PROTOCOL: it is not of this API; SERVER: it has no name.
        """
        piece = decode_with(_PIECE, bytes(raw), "a tool call")
        name, call_id = as_text(piece.name), as_text(piece.id)
        is_whole = piece.partial_args is None and piece.will_continue is not True
        done: list[ToolCallDelta] = []
        if self._open is not None and not self._open.goes_on(name, call_id):
            done += self.close()
        if self._open is None:
            if not name:
                if is_whole and not call_id and not piece.args and _is_blank(raw):
                    return done  # the end of a call that was complete already
                fail(FailureClass.SERVER, "sent a tool call without a name")
            if is_whole:
                return [*done, *self._events(name, call_id, _arguments(piece.args), signature)]
            self._open = _OpenCall(name)
        self._open.add(piece, call_id, signature, memoryview(raw).nbytes)
        return done

    def close_finished(self) -> list[ToolCallDelta]:
        """Return the call whose last piece has arrived, if there is one."""
        return self.close() if self._open is not None and self._open.is_over else []

    def close(self, finish: Finish = "stop") -> list[ToolCallDelta]:
        """Return the call that is still open, if there is one.

        A call that the token limit cut off keeps invalid arguments, so that it is not run.

        Raises:
            ProviderFailed: SERVER: the call is incomplete although nothing cut the reply off.
        """
        call, self._open = self._open, None
        if call is None:
            return []
        arguments = call.arguments()
        if not call.is_complete(finish):
            if finish == "stop":
                fail(FailureClass.SERVER, f"sent an incomplete tool call: {call.name[:100]}")
            arguments = arguments.removesuffix("}") or "{"
        return self._events(call.name, call.id, arguments, call.signature)

    def _events(
        self, name: str, call_id: str, arguments: str, signature: str | None
    ) -> list[ToolCallDelta]:
        known = self._known.get(call_id)
        if known == (name, arguments):
            return []  # some gateways send all calls once more at the end
        if known is not None or not call_id:
            call_id = self._new_id()
        self._known[call_id] = name, arguments
        number, self.count = self.count, self.count + 1
        if self.count > MAX_CALLS:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_CALLS} tool calls")
        return [ToolCallDelta(number, call_id, name, arguments, signature)]


def _is_blank(raw: msgspec.Raw) -> bool:
    """Return whether a call has no field of another name, which may hold what it calls."""
    return (branch(_FIELDS, raw) or {}).keys() <= _KNOWN


def _arguments(raw: msgspec.Raw) -> str:
    """Return the arguments as they came; some gateways send them as a string."""
    text = bytes(raw).decode("utf-8", "replace")
    if text.startswith('"'):
        return branch(_STRING, raw) or ""
    return "" if text == "null" else text


# ------------------------------------------------------------------ pieces


class _OpenCall:
    """A call of which more pieces may come."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.id = ""
        self.signature: str | None = None
        self.is_over = False
        self._text = ""  # of arguments that came whole
        self._tree: dict[str, object] | None = None
        self._growing: dict[str, _Growing] = {}
        self._unfinished: set[str] = set()  # paths of which more is announced
        self._size = 0

    def goes_on(self, name: str, call_id: str) -> bool:
        """Return whether a piece with this name and id belongs to the call."""
        if call_id and self.id and call_id != self.id:
            return False
        return not name or (name == self.name and not self.is_over)

    def add(self, piece: _Piece, call_id: str, signature: str | None, size: int) -> None:
        """Add a piece of `size` bytes."""
        self._count(size)
        self.id = self.id or call_id
        self.signature = signature or self.signature
        self.is_over = piece.will_continue is not True
        if text := _arguments(piece.args):
            self._text, self._tree, self._growing = text, None, {}
        for value in piece.partial_args or ():
            self._put(value)
            if value.will_continue:
                self._unfinished.add(value.json_path)
            else:
                self._unfinished.discard(value.json_path)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > MAX_ARGUMENTS:
            fail(FailureClass.PROTOCOL, f"sent a tool call of more than {MAX_ARGUMENTS} bytes")

    def is_complete(self, finish: Finish) -> bool:
        """Return whether the call may be run, although its last piece may be missing.

        That is so if the model came to its end, and no value is cut off.
        """
        has_arguments = bool(self._text) or self._tree is not None
        return self.is_over or (finish == "stop" and has_arguments and not self._unfinished)

    def arguments(self) -> str:
        """Return the arguments so far as JSON."""
        if self._tree is None:
            return self._text
        for each in self._growing.values():
            each.store()
        return msgspec.json.encode(self._tree).decode()

    def _put(self, value: _Value) -> None:
        path = value.json_path
        if value.string_value is not None and (text := self._growing.get(path)) is not None:
            text.buffer.add(value.string_value)
            return
        if self._tree is None:
            self._tree = branch(_OBJECT, msgspec.Raw(self._text.encode())) or {}
        steps = _steps(path)
        self._count(STEP_COST * len(steps))
        holder, key = _place(self._tree, steps)
        if value.string_value is not None:
            text = self._growing[path] = _Growing(holder, key)
            text.buffer.add(value.string_value)
            text.store()
        elif value.number_value:
            _store(holder, key, value.number_value.copy())
        elif value.bool_value is not None:
            _store(holder, key, value.bool_value)
        elif value.null_value is not msgspec.UNSET:
            _store(holder, key, None)


class _Growing:
    """A text in the arguments that may grow."""

    def __init__(self, holder: "_Holder", key: str | int) -> None:
        self.buffer = TextBuffer()
        self._holder = holder
        self._key = key

    def store(self) -> None:
        """Write the text so far into the arguments."""
        _store(self._holder, self._key, str(self.buffer))


_Holder = dict[str, object] | list[object]


def _steps(path: str) -> list[str | int]:
    """Return the keys and indices of a JSON path such as `$.a[0]['b c']`."""
    steps: list[str | int] = []
    at = 1
    while path.startswith("$") and at < len(path) and len(steps) < MAX_DEPTH:
        step = _STEP.match(path, at)
        if step is None:
            break
        at = step.end()
        if step["index"] is not None:
            steps.append(int(step["index"]))
        else:
            steps.append(step["name"] or _unquoted(step["quoted"]))
    if at < len(path) or not steps:
        _refuse(path)
    return steps


def _unquoted(text: str) -> str:
    if text.startswith("'"):
        inner = text[1:-1].replace("\\'", "'").replace('"', '\\"')
        text = f'"{inner}"'
    name = branch(_STRING, msgspec.Raw(text.encode("utf-8", "replace")))
    return text[1:-1] if name is None else name


def _place(tree: dict[str, object], steps: list[str | int]) -> tuple[_Holder, str | int]:
    """Return the map or list that holds the end of a path, made if need be, and the key in it."""
    holder: _Holder = tree
    for step, following in pairwise(steps):
        child = _child(holder, step)
        if child is None:
            child = {} if isinstance(following, str) else []
            _store(holder, step, child)
        if not isinstance(child, dict | list):
            _refuse(str(step))
        holder = child
    return holder, steps[-1]


def _child(holder: _Holder, step: str | int) -> object:
    if isinstance(holder, dict):
        return holder.get(str(step))
    return holder[step] if isinstance(step, int) and step < len(holder) else None


def _store(holder: _Holder, step: str | int, value: object) -> None:
    if isinstance(holder, dict):
        holder[str(step)] = value
    elif isinstance(step, int) and step < len(holder):
        holder[step] = value
    elif step == len(holder):
        holder.append(value)
    else:
        _refuse(str(step))


def _refuse(path: str) -> NoReturn:
    # Only the usual characters: it comes from the server, and is shown.
    shown = "".join(each for each in path[:60] if each.isalnum() or each in "$.[]_-' ")
    fail(FailureClass.SERVER, f"sent a tool call with arguments at an unreadable path: {shown}")
