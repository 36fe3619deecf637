"""Decompressing: every coding, cut anywhere, stacked, broken, without end."""

import contextlib
import gzip
import itertools
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.transport.compression.codings import (
    PIECE,
    Decompressor,
    Undecodable,
    coding_of,
    codings_of,
    decompress_start,
    may_show_coding,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b'data: {"text":"hello"}\n\n'
LONG = TEXT * 20_000


def deflate_raw(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def gzip_members(data: bytes) -> bytes:
    return gzip.compress(data[:10]) + gzip.compress(b"") + gzip.compress(data[10:]) + b"\0" * 9


def zstd_frames(data: bytes) -> bytes:
    return zstd.compress(data[:10]) + zstd.compress(data[10:]) + b"\0"


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("gzip", gzip_members),
    ("deflate", zlib.compress),
    ("deflate", deflate_raw),
    ("br", brotli.compress),
    ("zstd", zstd.compress),
    ("zstd", zstd_frames),
    ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    ("zstd, gzip", lambda data: gzip.compress(zstd.compress(data))),
]


def pieces_of(header: str, *data: bytes) -> list[bytes]:
    """Return the pieces of a body that comes in the pieces `data`."""
    decompressor, pieces = Decompressor(codings_of(header)), []
    for piece in [*data, None]:
        if piece is None:
            decompressor.end()
        else:
            decompressor.feed(piece)
        while (more := decompressor.read()) is not None:
            pieces.append(more)
    return pieces


def decode(header: str, *data: bytes) -> bytes:
    return b"".join(pieces_of(header, *data))


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        ("GZIP", ["gzip"]),
        ("x-gzip", ["gzip"]),
        ("gzip,  Br", ["gzip", "br"]),
        ("identity", []),
        ("", []),
        ("compress", ["compress"]),
    ],
)
def test_names_of_codings(header: str, codings: list[str]) -> None:
    """Names are read in either case; `identity` means nothing."""
    assert codings_of(header) == codings


@pytest.mark.parametrize(("header", "compress"), CODINGS)
@pytest.mark.parametrize("text", [b"", b"a", TEXT, LONG])
def test_decompresses(header: str, compress: Callable[[bytes], bytes], text: bytes) -> None:
    """Every coding gives the text, in one piece and byte by byte."""
    data = compress(text)
    assert decode(header, data) == text
    assert decode(header, *(bytes([byte]) for byte in data)) == text


@pytest.mark.parametrize(("header", "compress"), CODINGS)
def test_pieces_are_bounded(header: str, compress: Callable[[bytes], bytes]) -> None:
    """A body that expands a thousandfold comes in small pieces."""
    sizes = [len(piece) for piece in pieces_of(header, compress(b"a" * 4_000_000))]
    assert sum(sizes) == 4_000_000
    assert max(sizes) <= 2 * PIECE


def flushing(name: str) -> Callable[[bytes], bytes]:
    """Return a function that compresses one event after the other, each readable at once."""
    if name == "br":
        brotli_compressor = brotli.Compressor()
        return lambda data: brotli_compressor.process(data) + brotli_compressor.flush()
    if name == "zstd":
        zstd_compressor = zstd.ZstdCompressor()
        return lambda data: zstd_compressor.compress(data, zstd_compressor.FLUSH_BLOCK)
    windows = {"gzip": 31, "deflate": 15, "raw": -15}
    compressor = zlib.compressobj(wbits=windows[name])
    return lambda data: compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw", "br", "zstd"])
def test_an_event_is_readable_as_soon_as_its_bytes_are_there(name: str) -> None:
    """A stream is decompressed while it arrives."""
    compress = flushing(name)
    decompressor = Decompressor(["deflate" if name == "raw" else name])
    for _ in range(3):
        decompressor.feed(compress(TEXT))
        pieces = []
        while (more := decompressor.read()) is not None:
            pieces.append(more)
        assert b"".join(pieces) == TEXT


@pytest.mark.parametrize("header", ["gzip", "deflate", "br", "zstd", "utf-8", "gzip, br"])
@pytest.mark.parametrize(
    "text",
    [TEXT, b'{"a":1}', b"[{}]", b"\n: hi\n\n", b"event: x\n", b"<p>", b"{}", b"\xef\xbb\xbf{}"],
)
def test_a_body_that_is_not_compressed_is_passed_on(header: str, text: bytes) -> None:
    """A proxy that decompresses may keep the header; others name a character set there."""
    assert decode(header, text) == text
    assert decode(header, *(bytes([byte]) for byte in text)) == text


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        ("compress", b"\x1f\x9d\x90abcdef", "answered in compress, which was not asked for"),
        ("gzip", b"\x1f\x8b\x08nonsense", "answered in gzip that is broken"),
        ("gzip", gzip.compress(LONG)[:40] + b"\xff" * 200, "answered in gzip that is broken"),
        ("deflate", b"\xff" * 20, "answered in deflate that is broken"),
        ("br", b"\xff" * 20, "answered in br that is broken"),
        ("zstd", b"\x01" * 20, "answered in zstd that is broken"),
        ("gzip, gzip, gzip, gzip", b"x", "answered in 4 compressions"),
    ],
)
def test_what_cannot_be_decompressed_is_an_error(header: str, data: bytes, message: str) -> None:
    """The message names the coding."""
    with pytest.raises(Undecodable, match=message):
        decode(header, data)


def test_a_window_of_zstd_is_bounded() -> None:
    """A frame that wants much memory is refused."""
    options = {zstd.CompressionParameter.window_log: 27}
    with pytest.raises(Undecodable, match="in zstd that is broken"):
        decode("zstd", zstd.ZstdCompressor(options=options).compress(LONG, 1))


@pytest.mark.parametrize("name", ["br", "zstd"])
def test_a_missing_library_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says that it is the installation."""
    for library in ("brotli", "backports.zstd", "compression.zstd"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(Undecodable, match="which this installation of aircher cannot read"):
        decode(name, b"\x28\xb5\x2f\xfd\x00")


@given(
    st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "odd"]),
    st.binary(max_size=300),
    st.lists(st.integers(0, 300), max_size=5),
)
def test_whatever_the_bytes_it_ends(header: str, data: bytes, cuts: list[int]) -> None:
    """Any bytes in any pieces give text or the one error."""
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    with contextlib.suppress(Undecodable):
        decode(header, *(data[a:b] for a, b in itertools.pairwise(places)))


@pytest.mark.parametrize("limit", [10, 10**9])
def test_the_start_of_a_broken_body(limit: int) -> None:
    """As much as can be read, up to about the limit."""
    cut = gzip.compress(LONG)[:-20] + b"\xff" * 20
    start = decompress_start(cut, ["gzip"], limit)
    assert LONG.startswith(start)
    assert start
    assert (len(start) <= PIECE) == (limit == 10)


def test_repr_shows_the_codings() -> None:
    """In the order in which they were applied."""
    assert repr(Decompressor(["gzip", "br"])) == "<Decompressor ['gzip', 'br']>"


@pytest.mark.parametrize("name", ["gzip", "deflate"])
@pytest.mark.parametrize("data", [gzip.compress(b"text"), zlib.compress(b"text")], ids=["g", "z"])
def test_the_bytes_name_the_coding(name: str, data: bytes) -> None:
    """Whichever of them the header names."""
    assert decompress_start(data, [name], 100) == b"text"


@pytest.mark.parametrize(
    ("start", "coding"),
    [
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x78\x9c", "deflate"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"{}", None),
        (b"\x1f", None),
    ],
)
def test_a_coding_is_seen_without_a_header(start: bytes, coding: str | None) -> None:
    """By the first bytes of a body."""
    assert coding_of(start) == coding


@pytest.mark.parametrize(
    ("start", "more"), [(b"\x1f", True), (b"\x28\xb5", True), (b"{", False), (b"\x1f\x8b", False)]
)
def test_a_coding_may_need_more_bytes(start: bytes, more: bool) -> None:
    """A body may come byte by byte."""
    assert may_show_coding(start) is more
