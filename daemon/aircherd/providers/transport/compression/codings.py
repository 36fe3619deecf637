"""Decompressing without I/O: bytes in, pieces of bounded size out, as soon as they can be read.

    decompressor = Decompressor(["gzip", "br"])    in the order in which they were applied
    decompressor.feed(data)
    decompressor.read() ...                        pieces; b"" to go on; None when it needs input

However much the input expands, only a piece of it is in memory: its reader decides how much it
takes. A body that is not compressed although its header says so is passed on as it is; proxies that
decompress and keep the header are common.
"""

import importlib
import re
import sys
import zlib
from collections.abc import Callable
from typing import Any, Final, Protocol

PIECE: Final = 64 * 1024
"""Bytes of a piece, at most, save for what a library adds to it."""

MAX_CODINGS: Final = 3
"""Codings of one body, one on top of the other."""

MAX_WINDOW_LOG: Final = 23
"""The window of zstd as a power of two: RFC 9659 allows 8 MiB on the web."""

GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ZLIB_STARTS: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_START: Final = 5
"""Bytes that tell whether a body is compressed at all."""

_UNCOMPRESSED: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:[{<:]|\[\s*[\[{\"\]]|data:|event|error|id:|retry|\Z)"
)
_IDENTITY: Final = frozenset({"", "identity", "none"})


class Undecodable(ValueError):
    """A body that cannot be decompressed, and why."""


def codings_of(value: str) -> list[str]:
    """Return the codings that a Content-Encoding header names, in lower case, in its order."""
    names = (name.strip().lower() for name in value.split(","))
    return [name.removeprefix("x-") for name in names if name not in _IDENTITY]


def coding_of(start: bytes) -> str | None:
    """Return the coding that a body shows by its first bytes, None if it shows none."""
    if start.startswith(GZIP_MAGIC):
        return "gzip"
    if start.startswith(_ZLIB_STARTS):
        return "deflate"
    return "zstd" if start.startswith(_ZSTD_MAGIC) else None


def may_show_coding(start: bytes) -> bool:
    """Return whether more bytes are needed to see if a body is compressed."""
    magics = (GZIP_MAGIC, _ZSTD_MAGIC, *_ZLIB_STARTS)
    return any(magic.startswith(start) and magic != start for magic in magics)


class Decompressor:
    """Undoes `codings`, the last one first."""

    def __init__(self, codings: list[str]) -> None:
        """Prepare it.

        Raises:
            Undecodable: there are too many codings.
        """
        if len(codings) > MAX_CODINGS:
            raise Undecodable(f"answered in {len(codings)} compressions on top of each other")
        self._stages = [_Stage(name) for name in reversed(codings)]

    def feed(self, data: bytes) -> None:
        """Add input; only when `read` returned None."""
        self._stages[0].feed(data)

    def end(self) -> None:
        """Declare that there is no more input."""
        for stage in self._stages:
            stage.is_over = True

    def read(self) -> bytes | None:
        """Return the next piece: b"" if it takes another call, None if it takes more input.

        Raises:
            Undecodable: the input is broken, or in an unknown coding.
        """
        return self._read(len(self._stages) - 1)

    def _read(self, at: int) -> bytes | None:
        piece = self._stages[at].read()
        if piece is not None or at == 0:
            return piece
        more = self._read(at - 1)
        if more:
            self._stages[at].feed(more)
            return b""
        return more

    def __repr__(self) -> str:
        return f"<Decompressor {[stage.name for stage in reversed(self._stages)]}>"


class _Coding(Protocol):
    """One coding, begun."""

    def take(self, data: bytes) -> bytes | None:
        """Add `data` and return at most a piece; None if there is none without more input."""


class _Stage:
    """One coding of a body, which is chosen by its first bytes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_over = False
        self._input = b""
        self._coding: _Coding | None = None

    def feed(self, data: bytes) -> None:
        self._input += data

    def read(self) -> bytes | None:
        coding = self._coding
        if coding is None:
            if len(self._input) < _START and not (self.is_over and self._input):
                return None
            coding = self._coding = self._begin()
        data, self._input = self._input, b""
        try:
            return coding.take(data)
        except Exception as error:  # noqa: BLE001 - each library has an error of its own
            raise Undecodable(f"answered in {self.name} that is broken: {error}") from None

    def _begin(self) -> _Coding:
        start = self._input[: _START + 3]
        if _UNCOMPRESSED.match(start):
            return _Uncompressed()
        name = coding_of(start) or self.name  # some servers name another one
        if name == "gzip" and not start.startswith(GZIP_MAGIC):
            name = "deflate"
        make = _CODINGS.get(name)
        if make is None:
            raise Undecodable(f"answered in {self.name}, which was not asked for")
        try:
            return make(start)
        except ImportError:
            raise Undecodable(
                f"answered in {self.name}, which this installation of aircher cannot read"
            ) from None


class _Uncompressed:
    def take(self, data: bytes) -> bytes | None:
        return data or None


class _Rest:
    """What follows the end of a compressed stream: another one, or padding, which is dropped."""

    def __init__(self, magic: bytes) -> None:
        self._magic = magic
        self._start = b""
        self._is_padding = False

    def take(self, data: bytes) -> bytes:
        """Return the beginning of another stream, b"" if there is none or not enough of it."""
        start, self._start = self._start + data, b""
        self._is_padding = self._is_padding or not self._magic.startswith(start[: len(self._magic)])
        if self._is_padding:
            return b""
        if len(start) < len(self._magic):
            self._start = start
            return b""
        return start


class _Zlib:
    """gzip, which may have several members, and deflate."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._inner = zlib.decompressobj(window)
        self._rest = _Rest(GZIP_MAGIC)
        self._waiting = b""
        self._is_full = False

    def take(self, data: bytes) -> bytes | None:
        if self._inner.eof:
            data = self._rest.take(self._waiting + data)
            self._waiting = b""
            if not data:
                return None
            self._inner = zlib.decompressobj(self._window)
        elif not (data or self._waiting or self._is_full):
            return None
        piece = self._inner.decompress(self._waiting + data, PIECE)
        self._waiting = self._inner.unused_data or self._inner.unconsumed_tail
        self._is_full = len(piece) == PIECE
        return piece


class _Brotli:
    def __init__(self) -> None:
        self._inner: Any = importlib.import_module("brotli").Decompressor()
        self._is_full = False

    def take(self, data: bytes) -> bytes | None:
        inner = self._inner
        needs_input = not self._is_full and inner.can_accept_more_data()
        if inner.is_finished() or (not data and needs_input):
            return None
        piece: bytes = inner.process(data, output_buffer_limit=PIECE)
        self._is_full = len(piece) >= PIECE
        return piece


class _Zstd:
    """zstd, which may have several frames."""

    def __init__(self) -> None:
        name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
        self._library: Any = importlib.import_module(name)
        self._rest = _Rest(_ZSTD_MAGIC)
        self._open()

    def _open(self) -> None:
        limit = {self._library.DecompressionParameter.window_log_max: MAX_WINDOW_LOG}
        self._inner = self._library.ZstdDecompressor(options=limit)
        self._has_unused = True  # at its end, what it did not use

    def take(self, data: bytes) -> bytes | None:
        if self._inner.eof:
            unused = self._inner.unused_data if self._has_unused else b""
            self._has_unused = False
            data = self._rest.take(unused + data)
            if not data:
                return None
            self._open()
        elif not data and self._inner.needs_input:
            return None
        piece: bytes = self._inner.decompress(data, PIECE)
        return piece


def _deflate(start: bytes) -> _Coding:
    # With the header of zlib, as the standard wants it, or without, as some servers send it.
    has_header = start[0] & 0x0F == 8 and start[0] >> 4 <= 7
    is_zlib = has_header and len(start) > 1 and (start[0] << 8 | start[1]) % 31 == 0
    return _Zlib(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


_CODINGS: Final[dict[str, Callable[[bytes], _Coding]]] = {
    "gzip": lambda _: _Zlib(16 + zlib.MAX_WBITS),
    "deflate": _deflate,
    "br": lambda _: _Brotli(),
    "zstd": lambda _: _Zstd(),
}


def decompress_start(data: bytes, codings: list[str], limit: int) -> bytes:
    """Return what `data` holds, up to about `limit` bytes; what is broken ends it."""
    pieces: list[bytes] = []
    size = 0
    try:
        decompressor = Decompressor(codings)
        decompressor.feed(data)
        decompressor.end()
        while size < limit and (piece := decompressor.read()) is not None:
            pieces.append(piece)
            size += len(piece)
    except Undecodable:
        pass
    return b"".join(pieces)
