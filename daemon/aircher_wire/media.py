"""What a file is, by its first bytes: for clients that attach files, and for the daemon.

Names and labels are often wrong, and providers refuse a picture under a wrong label.
"""

import binascii

IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""Image types that at least three vendors accept."""

PDF = "application/pdf"

HEAD_BYTES = 48
"""As many bytes as `media_type_of` looks at."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", PDF),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ADIF", "audio/aac"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "audio/webm"),
)
"""First bytes -> media type."""

_CONTAINERS: dict[tuple[bytes, bytes], str] = {
    (b"RIFF", b"WEBP"): "image/webp",
    (b"RIFF", b"WAVE"): "audio/wav",
    (b"FORM", b"AIFF"): "audio/aiff",
    (b"FORM", b"AIFC"): "audio/aiff",
}
"""First four bytes, and the four after the length -> media type."""

_BRANDS = (b"M4A ", b"M4B ", b"M4P ")


def media_type_of(head: bytes) -> str | None:
    """Return the media type of a picture, a PDF or sound; None for anything else.

    `head` is the beginning of the file, at least `HEAD_BYTES` of it if it has as many.
    """
    for start, kind in _SIGNATURES:
        if head.startswith(start):
            return kind
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:12] in _BRANDS else None
    if head.lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-"):
        return PDF  # readers of PDF skip what comes before it
    return _CONTAINERS.get((head[:4], head[8:12]))


def media_type_of_base64(data: str) -> str | None:
    """Return the media type of data in base64; see `media_type_of`."""
    try:
        return media_type_of(binascii.a2b_base64(data[: HEAD_BYTES // 3 * 4]))
    except ValueError:
        return None
