"""What a file is, by its first bytes."""

from base64 import b64encode

import pytest

from aircher_wire.media import HEAD_BYTES, media_type_of, media_type_of_base64

FILES = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff\xe0", "image/jpeg"),
    (b"GIF89a", "image/gif"),
    (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    (b"%PDF-1.4", "application/pdf"),
    (b"\xef\xbb\xbf%PDF-1.4", "application/pdf"),
    (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\xff\xfb\x90", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
    (b"FORM\0\0\0\0AIFF", "audio/aiff"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"RIFF\x10\0\0\0AVI LIST", None),
    (b"\0\0\0\x20ftypavif", None),
    (b"hello", None),
    (b"", None),
]


@pytest.mark.parametrize(("head", "kind"), FILES)
def test_first_bytes(head, kind):
    """As bytes and as base64, with anything behind them."""
    assert media_type_of(head) == kind
    data = head + b"." * 1000
    assert media_type_of(data[:HEAD_BYTES]) == kind
    assert media_type_of_base64(b64encode(data).decode()) == kind


@pytest.mark.parametrize("data", ["", "?", "\u0141" * 100, "A"])
def test_what_is_no_base64_is_nothing(data):
    """It is refused elsewhere."""
    assert media_type_of_base64(data) is None
