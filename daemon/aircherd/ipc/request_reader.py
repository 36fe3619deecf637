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


class ReadyRequest(NamedTuple):
    """A request with validated parameters."""

    msgid: int
    method: Method
    params: object

    def with_method_of(self, replaced: Mapping[Method, Method]) -> "ReadyRequest":
        """Return the request with the method that replaces its own, if one does."""
        method = replaced.get(self.method)
        return self if method is None else self._replace(method=method)


Incoming = ReadyRequest | frames.Frame


class RequestReader:
    """Turns the bytes of one client into requests and frames, in order.

    `error` is set after the first violation, as in `frames.Decoder`; frames before it are valid.
    """

    def __init__(self, table: Mapping[str, Method]) -> None:
        self._table = {
            name: method
            for name, method in table.items()
            if method.params.__struct_config__.forbid_unknown_fields
        }
        self._decoder = frames.Decoder()
        self._splitter = _new_splitter()

    @property
    def error(self) -> frames.FrameError | None:
        """The first violation of the protocol, None if there is none."""
        return self._decoder.error

    def feed(self, data: bytes) -> list[Incoming]:
        """Take the next bytes; return the requests and frames that they complete.

        Raises:
            FrameError: the stream was broken by an earlier call.
        """
        if self._decoder.has_partial_frame or len(data) > frames.MAX_ITEMS:
            return list(self._decoder.feed(data))
        splitter, found = self._splitter, list[Incoming]()
        splitter.feed(data)
        start = splitter.tell()
        end = 0
        try:
            while end < len(data) and self._decoder.error is None:
                splitter.skip()
                begin, end = end, splitter.tell() - start
                found += self._decode(data if end - begin == len(data) else data[begin:end])
        except (ValueError, msgpack.UnpackException):  # a partial frame, or no frame
            self._splitter = _new_splitter()
            found += self._decoder.feed(data[end:])
        return found

    def _decode(self, data: bytes) -> "tuple[ReadyRequest] | list[frames.Frame]":
        """Decode one whole frame."""
        try:
            _, msgid, name, (raw,) = _FRAME.decode(data)
            method = self._table[name]
            params = method.decode(raw)
        except (KeyError, ValueError, RecursionError):  # including those of msgspec
            return self._decoder.feed(data)
        if getattr(params, "extra", None):
            return self._decoder.feed(data)
        return (ReadyRequest(msgid, method, params),)

    def __repr__(self) -> str:
        return f"<RequestReader {self._decoder!r}>"
