"""What `-f` adds to a prompt: text files in fences, images as parts. Imported only where one is.

An image is known by its first bytes, whatever its name says. A piece is a text, or a part of the
protocol that holds an image.
"""

from binascii import b2a_base64

from aircher_cli.commands.inputs.file_input import MAX_BYTES, display_name, read_bytes
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed

Part = dict[str, object]
Piece = str | Part

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
"""How the names of images end: text under such a name is a mistake, such as a page not found."""

IMAGE_SIGNATURES: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""First bytes -> media type, of all the kinds that models take but WebP, see `image_type`."""

_CONVERT = "models take PNG, JPEG, GIF and WebP: convert it first"

UNSUPPORTED_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%PDF-", "a PDF", "give its text: pdftotext FILE - | aircher-cli ask ..."),
    (0, b"II*\0", "a TIFF image", _CONVERT),
    (0, b"MM\0*", "a TIFF image", _CONVERT),
    (0, b"\0\0\1\0", "an icon", _CONVERT),
    (0, b"8BPS", "a Photoshop image", _CONVERT),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image", _CONVERT),
    (4, b"ftypavif", "an AVIF image", _CONVERT),
    (4, b"ftyphei", "a HEIC image", _CONVERT),
    (4, b"ftypmif1", "a HEIC image", _CONVERT),
)
"""What people attach that no model takes: where which bytes stand, its name, what to do."""


def read_attachment(context: Context, name: str) -> list[Piece]:
    """Return a file, `-` being standard input, or an image's URL as pieces of a prompt.

    Raises:
        CommandFailed: it cannot be read, is empty or too large, or is neither text nor image.
    """
    if (scheme := name.partition("://")[0]) != name and scheme.isalnum():
        check_url(name)
        # What follows the path may be a signature, and tells a model nothing.
        label = name.partition("?")[0].partition("#")[0]
        return [f"{label}:", {"type": "image", "url": name}]
    return file_pieces(display_name(name), read_bytes(context, name))


def check_url(url: str) -> None:
    """Check that a provider could fetch an image from there.

    Raises:
        CommandFailed: it could not. The URL is not repeated: there may be a password in it.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in ("https", "http"):
        raise CommandFailed(f"cannot read {scheme}://...: the URL of an image begins with https://")
    if not rest or rest[0] in "/?#" or any(letter.isspace() for letter in rest):
        raise CommandFailed(f"cannot send {scheme}://...: an image's URL is {scheme}://HOST/PATH")


def file_pieces(name: str, data: bytes) -> list[Piece]:
    """Return what is in a file as pieces of a prompt, under its name.

    Text that is not UTF-8 survives as surrogates, as in everything a user types.

    Raises:
        CommandFailed: it is neither text nor an image that models take.
    """
    if media_type := image_type(data):
        return [f"{name}:", _image(name, data, media_type)]
    check_is_text(name, data)
    if name.lower().endswith(IMAGE_SUFFIXES):
        raise CommandFailed(f"{name} is called an image, and is none: it would be sent as a text")
    return [f"{name}:\n{fence(data.decode(errors='surrogateescape').rstrip(chr(10)))}"]


def image_type(data: bytes) -> str | None:
    """Return the media type of an image that models take; None for anything else."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in IMAGE_SIGNATURES.items() if data.startswith(start)), None)


def check_is_text(name: str, data: bytes) -> None:
    """Check that what is no image is text.

    Raises:
        CommandFailed: it is not.
    """
    for at, mark, what, cure in UNSUPPORTED_SIGNATURES:
        if data.startswith(mark, at):
            raise CommandFailed(f"{name} is {what}; {cure}")
    if b"\0" not in data:
        return
    if data.startswith(b"BM"):
        raise CommandFailed(f"{name} is a BMP image; {_CONVERT}")
    raise CommandFailed(f"{name} is neither a text file nor an image: it cannot be sent")


def _image(name: str, data: bytes, media_type: str) -> Part:
    encoded = b2a_base64(data, newline=False)
    if len(encoded) > MAX_BYTES:
        raise CommandFailed(
            f"{name} has {len(data) / 2**20:.1f} MiB; as an image at most 22 MiB can be sent: make "
            "it smaller, or give its URL"
        )
    return {"type": "image", "media_type": media_type, "data": encoded.decode()}


def fence(text: str) -> str:
    """Set text in a code fence longer than any run of backquotes within."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def pieces_to_parts(pieces: list[Piece]) -> list[Part]:
    """Return pieces as the parts of a message; texts that follow each other become one."""
    parts: list[Part] = []
    for piece in pieces:
        if isinstance(piece, dict):
            parts.append(piece)
        elif parts and parts[-1]["type"] == "text":
            parts[-1] = {"type": "text", "text": f"{parts[-1]['text']}\n\n{piece}"}
        else:
            parts.append({"type": "text", "text": piece})
    return parts
