"""Files for `ask -f`: text in code fences; images, PDFs, sound as parts. Imported if needed.

The first bytes decide what a file is, not its name. A piece of a prompt is a string, or a part of
the protocol.
"""

import os
from binascii import b2a_base64

from aircher_cli.commands.inputs.file_input import MAX_BYTES, STDIN, display_name, read_bytes
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_wire.media import HEAD_BYTES, IMAGES, PDF, media_type_of

Part = dict[str, object]
Piece = str | Part

MAX_MEDIA = "22 MiB"
"""The largest file that fits into a request in base64, which is larger by a third."""

MAX_NAME = 500
"""Characters of a document's name that the daemon accepts."""

NAMED: dict[str, tuple[str, ...]] = {
    "an image": (".png", ".jpg", ".jpeg", ".gif", ".webp"),
    "a PDF": (".pdf",),
    "sound": (".mp3", ".wav", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aiff"),
}
"""Text in a file with such a name is a mistake, such as a downloaded "not found" page."""

_CONVERT = "models accept PNG, JPEG, GIF and WebP: convert it first"
_EXTRACT = "models accept no video: send its sound (ffmpeg -i FILE sound.mp3) or single images"

UNSUPPORTED_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"II*\0", "a TIFF image", _CONVERT),
    (0, b"MM\0*", "a TIFF image", _CONVERT),
    (0, b"\0\0\1\0", "an icon", _CONVERT),
    (0, b"8BPS", "a Photoshop image", _CONVERT),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image", _CONVERT),
    (4, b"ftypavi", "an AVIF image", _CONVERT),
    (4, b"ftyphei", "a HEIC image", _CONVERT),
    (4, b"ftyphev", "a HEIC image", _CONVERT),
    (4, b"ftypmif1", "a HEIC image", _CONVERT),
    (4, b"ftypmsf1", "a HEIC image", _CONVERT),
    (4, b"ftyp", "a video", _EXTRACT),
    (8, b"AVI LIST", "a video", _EXTRACT),
    (0, b"PK\3\4", "an archive or an office document", "extract its text, or save it as PDF"),
    (0, b"\xd0\xcf\x11\xe0", "an office document", "save it as PDF, or extract its text"),
    (0, b"\x1f\x8b", "compressed", "decompress it first: gunzip FILE"),
)
"""Common formats that no model accepts: (offset, signature, name, what to do)."""

_REDUCE: dict[str, str] = {
    "an image": "make it smaller, or pass its URL",
    "a PDF": "send some of its pages (qpdf in.pdf --pages . 1-50 -- out.pdf), or pass its URL",
    "sound": "send a part of it, or compress it (ffmpeg -i FILE -b:a 32k sound.mp3)",
}
"""Family of a file -> what to do if it is too large."""


def read_attachment(context: Context, name: str) -> list[Piece]:
    """Return a file, standard input (`-`) or a URL as pieces of a prompt.

    Raises:
        CommandFailed: it cannot be read, is empty or too large, or is nothing that models accept.
    """
    if (scheme := name.partition("://")[0]) != name and scheme.isalnum():
        from aircher_cli.commands.ask.attached_urls import url_pieces  # noqa: PLC0415 -- only for URLs

        return url_pieces(name)
    shown = display_name(name)
    data = read_bytes(context, name, describe_too_large=_too_large)
    pieces = file_pieces(shown, data, is_file=name != STDIN)
    if b"/Encrypt" in data and media_type_of(data[:HEAD_BYTES]) == PDF:
        context.console.note(
            f"aircher-cli: {shown} is encrypted, and providers may reject it; to decrypt it: "
            "qpdf --decrypt in.pdf out.pdf"
        )
    return pieces


def file_pieces(name: str, data: bytes, *, is_file: bool = True) -> list[Piece]:
    """Return the content of a file as pieces of a prompt, headed by its name.

    Bytes that are not UTF-8 become surrogates, as in arguments. The name of what is not a file is
    not sent with a document.

    Raises:
        CommandFailed: it is nothing that models accept.
    """
    if media_type := media_type_in(data):
        part = _media_part(name, data, media_type)
        if part["type"] == "document" and is_file:
            part["name"] = _base_name(name)
        return [f"{name}:", part]
    check_is_text(name, data)
    for what, suffixes in NAMED.items():
        if name.lower().endswith(suffixes):
            raise CommandFailed(
                f"{name} has the name of {what} but contains {_describe_text(data)}: download or "
                "save it again; to send it as text, rename it"
            )
    return [f"{name}:\n{fence(data.decode(errors='surrogateescape').rstrip(chr(10)))}"]


def media_type_in(data: bytes) -> str | None:
    """Return the media type of an image, a PDF or sound; None for anything else."""
    found = media_type_of(data[:HEAD_BYTES])
    # A text may begin with "ID3" or "OggS"; sound without a zero byte does not exist.
    if found and found.startswith("audio/") and b"\0" not in data:
        return None
    # Sound in Matroska is rare, and no model accepts its video.
    return None if found == "audio/webm" and b"matroska" in data[:64] else found


def family_of(media_type: str) -> str:
    """Return the family of a media type, as in `NAMED`."""
    if media_type in IMAGES:
        return "an image"
    return "a PDF" if media_type == PDF else "sound"


def check_is_text(name: str, data: bytes) -> None:
    """Check that data without a known media type is text.

    Raises:
        CommandFailed: it is not text.
    """
    for offset, signature, what, hint in UNSUPPORTED_SIGNATURES:
        if data.startswith(signature, offset):
            raise CommandFailed(f"{name} is {what}: {hint}")
    if b"\0" not in data:
        return
    if data.startswith(b"BM"):
        raise CommandFailed(f"{name} is a BMP image: {_CONVERT}")
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        raise CommandFailed(f"{name} is a video: {_EXTRACT}")
    raise CommandFailed(
        f"{name} cannot be sent: it is neither text, an image, a PDF nor sound that models accept"
    )


def _describe_text(data: bytes) -> str:
    start = data[:1000].lstrip().lower()
    return "a web page" if start.startswith((b"<!doctype html", b"<html")) else "text"


def _media_part(name: str, data: bytes, media_type: str) -> Part:
    encoded = b2a_base64(data, newline=False)
    family = family_of(media_type)
    if len(encoded) > MAX_BYTES:
        raise CommandFailed(_size_message(name, len(data), family))
    kind = {"an image": "image", "a PDF": "document", "sound": "audio"}[family]
    return {"type": kind, "media_type": media_type, "data": encoded.decode()}


def _too_large(name: str, head: bytes, size: int | None) -> str | None:
    """Return the message for a file that is too large to be read; None if it is not media."""
    media_type = media_type_in(head)
    return _size_message(name, size, family_of(media_type)) if media_type else None


def _size_message(name: str, size: int | None, family: str) -> str:
    has = "has over 30 MiB" if size is None else f"has {size / 2**20:.1f} MiB"
    return f"{name} {has}; the limit for {family} is {MAX_MEDIA}: {_REDUCE[family]}"


def _base_name(name: str) -> str:
    """Return the last part of a path, at most `MAX_NAME` characters, in valid UTF-8."""
    return os.path.basename(name)[-MAX_NAME:].encode(errors="replace").decode()  # noqa: PTH119


def fence(text: str) -> str:
    """Put text in a code fence that is longer than any run of backquotes in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def pieces_to_parts(pieces: list[Piece]) -> list[Part]:
    """Convert pieces to the parts of a message; adjacent texts are joined."""
    parts: list[Part] = []
    for piece in pieces:
        if isinstance(piece, dict):
            parts.append(piece)
        elif parts and parts[-1]["type"] == "text" and "cache" not in parts[-1]:
            parts[-1] = {"type": "text", "text": f"{parts[-1]['text']}\n\n{piece}"}
        else:
            parts.append({"type": "text", "text": piece})
    return parts
