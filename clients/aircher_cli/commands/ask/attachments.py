"""Files for `ask -f`: text files in code fences, images as parts. Imported only if there are any.

An image is recognised by its first bytes, not by its name. A piece of a prompt is a string, or a
part of the protocol with an image.
"""

from binascii import b2a_base64

from aircher_cli.commands.inputs.file_input import MAX_BYTES, display_name, read_bytes
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed

Part = dict[str, object]
Piece = str | Part

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
"""Text in a file with such a name is a mistake, such as a downloaded "not found" page."""

IMAGE_SIGNATURES: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""First bytes -> media type of the formats that models accept; for WebP see `image_type`."""

_CONVERT = "models accept PNG, JPEG, GIF and WebP: convert it first"

UNSUPPORTED_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%PDF-", "a PDF", "extract its text: pdftotext FILE - | aircher-cli ask ..."),
    (0, b"II*\0", "a TIFF image", _CONVERT),
    (0, b"MM\0*", "a TIFF image", _CONVERT),
    (0, b"\0\0\1\0", "an icon", _CONVERT),
    (0, b"8BPS", "a Photoshop image", _CONVERT),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image", _CONVERT),
    (4, b"ftypavif", "an AVIF image", _CONVERT),
    (4, b"ftyphei", "a HEIC image", _CONVERT),
    (4, b"ftypmif1", "a HEIC image", _CONVERT),
)
"""Common formats that no model accepts: (offset, signature, name, what to do)."""


def read_attachment(context: Context, name: str) -> list[Piece]:
    """Return a file, standard input (`-`) or the URL of an image as pieces of a prompt.

    Raises:
        CommandFailed: it cannot be read, is empty or too large, or is neither text nor an image.
    """
    if (scheme := name.partition("://")[0]) != name and scheme.isalnum():
        check_url(name)
        # The query may be a signature, which is of no use to a model.
        label = name.partition("?")[0].partition("#")[0]
        return [f"{label}:", {"type": "image", "url": name}]
    return file_pieces(display_name(name), read_bytes(context, name))


def check_url(url: str) -> None:
    """Check that a URL is one that a provider can fetch.

    Raises:
        CommandFailed: it is not. The message omits the URL, which may contain a password.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in ("https", "http"):
        raise CommandFailed(
            f"cannot read {scheme}://...: the URL of an image must begin with https://"
        )
    if not rest or rest[0] in "/?#" or any(letter.isspace() for letter in rest):
        raise CommandFailed(
            f"cannot send {scheme}://...: the URL of an image must be {scheme}://HOST/PATH"
        )


def file_pieces(name: str, data: bytes) -> list[Piece]:
    """Return the content of a file as pieces of a prompt, headed by its name.

    Bytes that are not UTF-8 become surrogates, as in arguments.

    Raises:
        CommandFailed: it is neither text nor an image that models accept.
    """
    if media_type := image_type(data):
        return [f"{name}:", _image(name, data, media_type)]
    check_is_text(name, data)
    if name.lower().endswith(IMAGE_SUFFIXES):
        raise CommandFailed(
            f"{name} has the name of an image but contains text: rename it to send it"
        )
    return [f"{name}:\n{fence(data.decode(errors='surrogateescape').rstrip(chr(10)))}"]


def image_type(data: bytes) -> str | None:
    """Return the media type of an image that models accept; None for anything else."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in IMAGE_SIGNATURES.items() if data.startswith(start)), None)


def check_is_text(name: str, data: bytes) -> None:
    """Check that data that is not an accepted image is text.

    Raises:
        CommandFailed: it is not text.
    """
    for offset, signature, what, hint in UNSUPPORTED_SIGNATURES:
        if data.startswith(signature, offset):
            raise CommandFailed(f"{name} is {what}; {hint}")
    if b"\0" not in data:
        return
    if data.startswith(b"BM"):
        raise CommandFailed(f"{name} is a BMP image; {_CONVERT}")
    raise CommandFailed(f"{name} cannot be sent: it is neither a text file nor an image")


def _image(name: str, data: bytes, media_type: str) -> Part:
    encoded = b2a_base64(data, newline=False)
    if len(encoded) > MAX_BYTES:
        raise CommandFailed(
            f"{name} has {len(data) / 2**20:.1f} MiB; the limit for an image is 22 MiB: make it "
            "smaller, or pass its URL"
        )
    return {"type": "image", "media_type": media_type, "data": encoded.decode()}


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
        elif parts and parts[-1]["type"] == "text":
            parts[-1] = {"type": "text", "text": f"{parts[-1]['text']}\n\n{piece}"}
        else:
            parts.append({"type": "text", "text": piece})
    return parts
