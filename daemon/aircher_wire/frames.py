"""Encodes and decodes msgpack-RPC frames. Sans-I/O: bytes in, frames out, and back.

    request       [0, msgid, method, [params]]
    response      [1, msgid, error, result]
    notification  [2, method, [params]]

The rules, all of them enforced here:

1. `params` is a list with one map. Lua cannot tell an empty map from an empty list, so `[]` and
   `[[]]` mean no parameters. A notification with anything else has no parameters: Neovim reports
   unknown methods with `nvim_error_event` and its own list, which must not end the connection.
2. Map keys are strings, there are no ext types, nothing nests deeper than `MAX_DEPTH`, and no
   frame, array or map exceeds its limit, nor does their total number (`aircher_wire.tally`). An
   array or map that declares too many items is refused at its first byte, a string at the latest
   when more than a frame of it has arrived.
3. Text from editors may be invalid UTF-8: it is decoded with `surrogateescape`. What the daemon
   sends is always valid UTF-8.
4. A frame that may not come in, because it would take too much memory, is dropped
   (`Decoder.drop_partial`): its bytes are counted off without being kept, and the next frame is
   decoded again.
5. After the first violation a stream stays broken: the frames before it are valid, and everything
   after it is ignored.

Frames are plain slotted classes rather than named tuples or dataclasses: importing `typing` or
`dataclasses` would cost a thin client 5 to 15 ms.
"""

from collections.abc import Iterable
from functools import partial

import msgpack

from aircher_wire.tally import MAX_VALUES, Tally

MAX_FRAME = 32 * 1024 * 1024
"""Bytes of one frame."""
MAX_ITEMS = 100_000
"""Elements of one array, entries of one map."""
MAX_DEPTH = 32
"""Nested containers, including the frame itself."""
MAX_METHOD = 100
"""Bytes of a method's name."""
MAX_MSGID = 2**32 - 1

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} arrays and maps"

_REQUEST, _RESPONSE, _NOTIFICATION = 0, 1, 2

# The unpacker is fed in chunks, so that its buffer never holds much more than one frame. A chunk
# has fewer bytes than a frame may have values, so a frame in one chunk needs no counting.
_CHUNK_SIZE = 128 * 1024
# A packer or unpacker whose buffer may have grown beyond this is replaced: they never free memory.
_KEEP_BUFFER = 128 * 1024
# The bytes of a frame that hold its kind and its id, however long their encoding is.
_HEAD = 32
# The initial buffer of an unpacker; the default would be 1 MiB for every connection.
_READ_SIZE = 16 * 1024


class FrameError(Exception):
    """The peer sent something that is not a frame; the connection has to end."""


class _Frame:
    """Base class of frames: equality by value, and a `repr` without content.

    Parameters may contain a prompt or a key, which must not reach a log.
    """

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # holds maps, so it cannot be hashed


class Request(_Frame):
    """Calls `method`; the response has the same `msgid`."""

    __slots__ = ("method", "msgid", "params")
    __match_args__ = ("msgid", "method", "params")

    def __init__(self, msgid: int, method: str, params: dict[str, object]) -> None:
        self.msgid = msgid
        self.method = method
        self.params = params

    def __repr__(self) -> str:
        return f"<Request {self.msgid} {self.method}>"


class Response(_Frame):
    """The response to the request `msgid`; `error` is None unless it failed."""

    __slots__ = ("error", "msgid", "result")
    __match_args__ = ("msgid", "error", "result")

    def __init__(self, msgid: int, error: object, result: object) -> None:
        self.msgid = msgid
        self.error = error
        self.result = result

    def __repr__(self) -> str:
        return f"<Response {self.msgid} {'ok' if self.error is None else 'error'}>"


class Notification(_Frame):
    """Tells something; there is no answer."""

    __slots__ = ("method", "params")
    __match_args__ = ("method", "params")

    def __init__(self, method: str, params: dict[str, object]) -> None:
        self.method = method
        self.params = params

    def __repr__(self) -> str:
        return f"<Notification {self.method}>"


Frame = Request | Response | Notification


# ------------------------------------------------------------------------------------- decoding


class Decoder:
    """Decodes the bytes of one connection, in chunks of any size, into frames.

    On failure, `feed` still returns the frames before the violation and sets `error`, so readers
    handle the frames first and check `error` then. After that, `feed` raises.
    """

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self.error: FrameError | None = None
        self._max_frame = max_frame
        self._skipping: Tally | None = None  # of a frame that was dropped
        self._skipped = 0  # bytes of it
        self._reset()

    def _reset(self) -> None:
        self._head = b""  # the beginning of the partial frame
        self._fed = 0  # bytes fed to this unpacker
        self._end = 0  # the end of the last complete frame
        self._tally = Tally()  # of the partial frame, if there is one
        self._unpacker = msgpack.Unpacker(
            read_size=min(_READ_SIZE, self._max_frame),
            max_buffer_size=self._max_frame + _CHUNK_SIZE,
            max_str_len=self._max_frame,
            max_bin_len=self._max_frame,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_ITEMS,
            max_ext_len=0,
            ext_hook=_refuse_ext,
            strict_map_key=True,
            raw=False,
            unicode_errors="surrogateescape",
        )

    def feed(self, data: bytes) -> list[Frame]:
        """Decode the next bytes; return the frames that they complete, in order.

        Raises:
            FrameError: the stream was broken by an earlier call.
        """
        self.check()
        frames: list[Frame] = []
        try:
            if self._skipping is not None:
                data = self._skip(self._skipping, data)
            if len(data) <= _CHUNK_SIZE:
                self._take(data, frames)
            else:
                for start in range(0, len(data), _CHUNK_SIZE):
                    self._take(data[start : start + _CHUNK_SIZE], frames)
        except FrameError as error:
            self._break(str(error))
        except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
            self._break(_describe_error(error))
        return frames

    def _break(self, message: str) -> None:
        """Set `error` and drop all data: a kept exception would keep what it refers to alive."""
        self.error = FrameError(message)
        self._reset()

    def check(self) -> None:
        """Raise the error of a broken stream.

        Raises:
            FrameError: the stream is broken.
        """
        if self.error is not None:
            raise FrameError(str(self.error))

    @property
    def has_partial_frame(self) -> bool:
        """Whether the next bytes belong to a frame that has begun."""
        return self._fed != self._end or self._skipping is not None

    @property
    def partial_size(self) -> tuple[int, int]:
        """The bytes of the incomplete frame so far, and the values that are in it or claimed."""
        size = self._fed - self._end
        return size, self._tally.values if size else 0

    def drop_partial(self) -> int | None:
        """Forget the incomplete frame and skip the rest of it; return its id if it is a request.

        It must have one. Nothing but its length and the number of its values is checked any more.
        """
        assert self._fed != self._end
        msgid = _msgid_in(self._head)
        self._skipping, self._skipped = self._tally, self._fed - self._end
        self._reset()
        return msgid

    def _skip(self, tally: Tally, data: bytes) -> bytes:
        """Skip the bytes of a dropped frame; return those behind it."""
        self._count(data, tally)
        self._skipped += len(data) - tally.left
        if self._skipped > self._max_frame:
            raise _too_large(self._max_frame)
        if not tally.is_complete:
            return b""
        self._skipping = None
        return data[len(data) - tally.left :]

    def _take(self, data: bytes, frames: list[Frame]) -> None:
        unpacker, limit = self._unpacker, self._max_frame
        if self._fed != self._end:
            self._count(data, self._tally)
            if len(self._head) < _HEAD:
                self._head += data[:_HEAD]
        unpacker.feed(data)
        self._fed += len(data)
        for message in unpacker:
            end = unpacker.tell()
            if end - self._end > limit:
                raise _too_large(limit)
            self._end = end
            frames.append(_frame_of(message))
        rest = self._fed - self._end
        if rest > limit:
            raise _too_large(limit)
        if rest > len(data):  # the frame began earlier
            return
        start = data[len(data) - rest :]
        if self._fed > _KEEP_BUFFER:
            self._reset()
            self._unpacker.feed(start)
            self._fed = rest
        if start:  # a frame that begins here
            self._tally, self._head = Tally(), start[:_HEAD]
            self._count(start, self._tally)

    def _count(self, data: bytes, tally: Tally) -> None:
        if not tally.take(data):
            raise FrameError(f"a frame has at most {MAX_VALUES} values in all, this one has more")

    def __repr__(self) -> str:
        state = "broken" if self.error else f"{self._fed - self._end} bytes of a frame"
        return f"<Decoder {state}>"


def _frame_of(message: object) -> Frame:
    """Return the frame of a decoded message."""
    if type(message) is not list or not message or type(message[0]) is not int:
        raise FrameError("a frame must be an array that starts with 0, 1 or 2")
    kind, length = message[0], len(message)
    if kind == _NOTIFICATION and length == 3:
        return Notification(_read_method(message[1]), _read_params(message[2]) or {})
    if kind == _RESPONSE and length == 4:
        _check_content(message, 1)
        return Response(_read_msgid(message[1]), message[2], message[3])
    if kind == _REQUEST and length == 4:
        params = _read_params(message[3])
        if params is None:
            raise FrameError("the parameters of a request must be an array holding one map")
        return Request(_read_msgid(message[1]), _read_method(message[2]), params)
    raise FrameError(
        "a frame must be [0, id, method, params], [1, id, error, result] or [2, method, params]"
    )


def _msgid_in(head: bytes) -> int | None:
    """Return the id in the first bytes of a request, None if they begin something else."""
    unpacker = msgpack.Unpacker(read_size=_HEAD)
    unpacker.feed(head)
    try:
        unpacker.read_array_header()
        kind, msgid = unpacker.unpack(), unpacker.unpack()
    except (ValueError, msgpack.UnpackException):
        return None
    return _read_msgid(msgid) if kind == _REQUEST and type(kind) is int else None


def _read_params(value: object) -> dict[str, object] | None:
    """Return the one map; an empty one if there are no parameters; None if they are invalid."""
    if type(value) is not list or len(value) > 1:
        return None
    if not value:
        return {}
    only = value[0]
    if type(only) is not dict:
        return {} if only == [] else None
    _check_content(only, 3)  # below the frame and the list of parameters
    return only


def _read_msgid(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_MSGID:
        raise FrameError("a message id must be an integer from 0 to 4294967295")
    return value


def _read_method(value: object) -> str:
    if type(value) is not str:
        raise FrameError("a method must be a string")
    size = len(value) if value.isascii() else len(value.encode(errors="surrogateescape"))
    if size > MAX_METHOD:
        raise FrameError(f"a method's name has at most {MAX_METHOD} bytes, this one has {size}")
    return value


_STRINGS, _CONTAINERS = frozenset((str,)), frozenset((dict, list))


def _check_content(container: object, depth: int) -> None:
    """Refuse what msgpack itself accepts: binary map keys, and up to 1024 levels of nesting.

    `depth` is the level of this container. The recursion is bounded by `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise FrameError(_TOO_DEEP)
    children: Iterable[object] = ()
    if type(container) is dict:
        # Hot path: checks all keys without a Python loop.
        if not _STRINGS.issuperset(map(type, container)):
            raise FrameError("a map key must be a string")
        children = container.values()
    elif type(container) is list:
        children = container
    for child in children:
        if type(child) in _CONTAINERS:
            _check_content(child, depth + 1)


def _refuse_ext(_code: int, _data: bytes) -> object:
    raise FrameError("ext types are not part of the protocol")


def _too_large(limit: int) -> FrameError:
    return FrameError(f"a frame has at most {limit} bytes, this one has more")


def _describe_error(error: Exception) -> str:
    """Return a message for an error of msgpack, which often has none."""
    if isinstance(error, msgpack.StackError):
        return _TOO_DEEP
    return f"not msgpack as the protocol uses it: {str(error) or 'an unknown type byte'}"


# ------------------------------------------------------------------------------------- encoding

# A strict packer is twice as fast as one that handles invalid text, so the latter is used only if
# the strict one has failed. Packing plain values never releases the GIL: threads share the packer.
_new_packer = partial(msgpack.Packer, use_bin_type=True, autoreset=True)
_pack = _new_packer(unicode_errors="strict").pack


def _encode(message: object, errors: str = "replace") -> bytes:
    """Encode a message; `errors` says how to handle invalid UTF-8."""
    try:
        data: bytes = _pack(message)
    except UnicodeEncodeError:
        data = _new_packer(unicode_errors=errors).pack(message)
    if len(data) > _KEEP_BUFFER:
        _replace_packer()
    return data


def _replace_packer() -> None:
    """Replace a packer whose buffer has grown: it would never free it."""
    global _pack  # noqa: PLW0603 -- the only state here, and it only affects memory
    _pack = _new_packer(unicode_errors="strict").pack


def encode_request(
    msgid: int, method: str, params: dict[str, object] | None = None, *, errors: str = "replace"
) -> bytes:
    """Encode a request; `errors="surrogateescape"` keeps the bytes of invalid UTF-8.

    Raises:
        TypeError: `params` contains a type that msgpack cannot encode.
        ValueError: it is nested too deeply.
        OverflowError: it contains an integer of more than 64 bits.
    """
    message = (_REQUEST, msgid, method, (params or {},))
    try:
        return _encode(message, errors)
    except UnicodeEncodeError:
        # A surrogate that represents no byte, for example from JSON, is replaced.
        return _encode(message)


def encode_value(value: object) -> bytes:
    """Encode a part of a message. Raises as `encode_request`."""
    return _encode(value)


def encode_response(msgid: int, result: object) -> bytes:
    """Encode the response of a successful request. Raises as `encode_request`."""
    return _encode((_RESPONSE, msgid, None, result))


def encode_error(msgid: int, error: dict[str, object]) -> bytes:
    """Encode the response of a failed request, `{code, message, data}`. Raises likewise."""
    return _encode((_RESPONSE, msgid, error, None))


def encode_notification(method: str, params: dict[str, object]) -> bytes:
    """Encode a notification. Raises as `encode_request`."""
    return _encode((_NOTIFICATION, method, (params,)))


def encode_notifications(method: str, batch: Iterable[dict[str, object]]) -> bytes:
    """Encode several notifications of one method into one buffer, in order. Raises likewise."""
    return b"".join([_encode((_NOTIFICATION, method, (params,))) for params in batch])
