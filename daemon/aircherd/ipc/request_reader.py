"""Decodes requests; the usual ones go straight from msgpack to their parameters.

A whole request in one read is decoded and validated in one pass of msgspec. Everything else
(notifications, partial frames, anything unusual or invalid) goes through `aircher_wire.frames`,
which enforces every rule of the protocol. The fast path accepts nothing that `frames` would refuse:
typed parameters have string keys and a bounded depth, a read is too short for a container with too
many items, and parameters of any type are left to `frames`: `extra`, and all of `hello`, which
ignores unknown parameters.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

import msgpack
import msgspec

from aircher_wire import frames
from aircherd.api.context import Method
from aircherd.errors import BadRequest, UnknownMethod
from aircherd.ipc.incoming import IncomingMemory, OnRefused
from aircherd.memory.budget import SMALL, MemoryShare
from aircherd.vocabulary.validation_messages import describe_invalid

_FRAME = msgspec.msgpack.Decoder(
    tuple[
        Literal[0],
        Annotated[int, msgspec.Meta(ge=0, le=frames.MAX_MSGID)],
        str,
        tuple[msgspec.Raw],
    ]
)


def _new_splitter() -> msgpack.Unpacker:
    # The default buffer would be 1 MiB for every connection.
    return msgpack.Unpacker(read_size=16 * 1024)


UNCOUNTED = -1
SLICE = 1024
"""Bytes in which the frames of one turn of the event loop begin."""
PARTIAL_SLICE = 4096
"""Bytes of a frame that has begun that are taken before looking whether it is complete."""


class ReadyRequest(NamedTuple):
    """A request with validated parameters.

    `memory` is what they take, as it is counted in the client's share; `UNCOUNTED` until then, 0 if
    they are small.
    """

    msgid: int
    method: Method
    params: object
    memory: int = 0

    def with_method_of(self, replaced: Mapping[Method, Method]) -> "ReadyRequest":
        """Return the request with the method that replaces its own, if one does."""
        method = replaced.get(self.method)
        return self if method is None else self._replace(method=method)


Incoming = ReadyRequest | frames.Frame


class RequestReader:
    """Turns the bytes of one client into requests and frames, in order.

    `error` is set after the first violation, as in `frames.Decoder`; frames before it are valid.
    A frame that `share` has no room for is dropped, and `on_refused` called.
    """

    def __init__(
        self, table: Mapping[str, Method], share: MemoryShare, on_refused: OnRefused
    ) -> None:
        self._table = {
            name: method
            for name, method in table.items()
            if method.params.__struct_config__.forbid_unknown_fields
        }
        self._decoder = frames.Decoder()
        self._incoming = IncomingMemory(self._decoder, share, on_refused)
        self._splitter = _new_splitter()
        self.error: frames.FrameError | None = None
        """The first violation of the protocol, None if there is none."""
        self.rest = b""
        """What `feed` has left: the caller feeds it again after a turn for other tasks."""
        self._is_partial = False

    def feed(self, data: bytes) -> list[Incoming]:
        """Take the next bytes; return the requests and frames that they complete.

        A frame can have eight bytes. So it takes the frames that begin in the first `SLICE` bytes,
        and leaves the others in `rest`.

        Raises:
            FrameError: the stream was broken by an earlier call.
        """
        size = len(data)
        if self._is_partial or size > SLICE:
            return self._feed_large(data)
        self.rest = b""
        splitter = self._splitter
        found: list[Incoming] = []
        splitter.feed(data)
        start, end = splitter.tell(), 0
        try:
            while end < size and self.error is None:
                splitter.skip()
                begin, end = end, splitter.tell() - start
                found += self._decode(data if end - begin == size else data[begin:end])
        except (ValueError, msgpack.UnpackException):  # a partial frame, or no frame
            self._splitter = _new_splitter()
            found += self._feed_decoder(data[end:])
        return found

    def _feed_large(self, data: bytes) -> list[Incoming]:
        """Take the frames that begin in the first `SLICE` bytes, unless one has begun before."""
        if self._is_partial or len(data) > frames.MAX_ITEMS:
            return self._feed_slices(data)
        splitter = self._splitter
        found: list[Incoming] = []
        splitter.feed(data)
        start, end = splitter.tell(), 0
        # This one holds the rest, too, or would keep a buffer for it.
        self._splitter = _new_splitter()
        try:
            while end < SLICE and self.error is None:
                splitter.skip()
                begin, end = end, splitter.tell() - start
                found += self._decode(data if end - begin == len(data) else data[begin:end])
        except (ValueError, msgpack.UnpackException):  # a partial frame, or no frame
            found += self._feed_decoder(data[end:])
            end = len(data)
        self.rest = b"" if self.error else data[end:]
        if len(data) > SMALL:
            found = [_marked_large(each) for each in found]
        return found

    def _feed_slices(self, data: bytes) -> list[Incoming]:
        """Feed slices to `frames` until one completes a frame."""
        found = list[Incoming]()
        end = 0
        while end < len(data) and not found and self._decoder.error is None:
            found += self._decoder.feed(data[end : end + PARTIAL_SLICE])
            end += PARTIAL_SLICE
        self._note_partial()
        self.rest = b"" if self.error else data[end:]
        return found

    def close(self) -> None:
        """Give back the memory of an incomplete frame: the client has left."""
        self._incoming.close()

    def _feed_decoder(self, data: bytes) -> list[Incoming]:
        found: list[Incoming] = list(self._decoder.feed(data))
        self._note_partial()
        return found

    def _note_partial(self) -> None:
        self._incoming.count()
        self.error = self._decoder.error
        self._is_partial = self._decoder.has_partial_frame

    def _decode(self, data: bytes) -> "tuple[ReadyRequest] | list[Incoming]":
        """Decode one whole frame."""
        try:
            _, msgid, name, (raw,) = _FRAME.decode(data)
            method = self._table[name]
            params = method.decode(raw)
        except (KeyError, ValueError, RecursionError):  # including those of msgspec
            return self._feed_decoder(data)
        if getattr(params, "extra", None):
            return self._feed_decoder(data)
        return (ReadyRequest(msgid, method, params),)

    def __repr__(self) -> str:
        return f"<RequestReader {self._decoder!r}>"


def validate(request: frames.Request, *tables: Mapping[str, Method]) -> ReadyRequest:
    """Return a request with validated parameters.

    Raises:
        UnknownMethod: no table has its method.
        BadRequest: its parameters are not those of the method.
    """
    name = request.method
    method = next((table[name] for table in tables if name in table), None)
    if method is None:
        raise UnknownMethod(f"unknown method {name!r}", method=name)
    try:
        params: object = msgspec.convert(_fix_empty_maps(request.params), method.params)
    except msgspec.ValidationError as error:
        raise BadRequest(f"{name}: {describe_invalid(error)}") from None
    except UnicodeEncodeError:
        raise BadRequest(f"{name}: a parameter name is not valid UTF-8") from None
    return ReadyRequest(request.msgid, method, params, UNCOUNTED)  # and perhaps large


def _fix_empty_maps(params: dict[str, object]) -> dict[str, object]:
    """Return `params` with empty lists replaced by maps: Lua cannot tell an empty table's kind."""
    if [] not in params.values():
        return params
    maps = ("extra", "route", "client", "variables")
    return {key: {} if key in maps and value == [] else value for key, value in params.items()}


def _marked_large(incoming: Incoming) -> Incoming:
    """Mark a request that may be large: it came in a large read."""
    return incoming._replace(memory=UNCOUNTED) if type(incoming) is ReadyRequest else incoming
