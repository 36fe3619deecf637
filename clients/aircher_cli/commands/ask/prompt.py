"""Reads the prompt of `ask` from arguments, files and standard input."""

from aircher_cli.commands.inputs.file_input import MAX_BYTES, STDIN
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from aircher_cli.commands.ask.attachments import Part, Piece

LEFT_TO_LOOP = (
    "aircher-cli: the rest of standard input is left for the loop or script around this command; "
    "to send it, add -f -; to say that it is not meant, add < /dev/null"
)


def read_prompt(
    context: Context,
    words: list[str],
    files: list[str],
    *,
    reads_input: bool = True,
    has_messages: bool = False,
    cache: object = None,
) -> "str | list[Part]":
    """Return the content of the user's message: a string, or parts if there is more than text.

    It is empty if there is no prompt.

    Args:
        context: Where standard input is.
        words: The arguments.
        files: The values of `-f`, in order: files, URLs, `-` for standard input.
        reads_input: Append standard input, unless it is in `files`.
        has_messages: There is a conversation, which can be sent without arguments and files.
        cache: Put the files first, and mark the last one with this for the provider's cache.

    Raises:
        CommandFailed: a file cannot be read or sent, or the prompt is too long.
    """
    pieces: list[Piece] = [" ".join(words)]
    if files:
        from aircher_cli.commands.ask.attachments import read_attachment  # noqa: PLC0415 -- only for files

        for name in files:
            pieces += read_attachment(context, name)
        if cache is not None:
            from aircher_cli.commands.ask.cache_marks import files_first  # noqa: PLC0415 -- only for --cache

            pieces = files_first(pieces, cache)
    if reads_input and STDIN not in files:
        pieces += _piped(context, is_optional=bool(words or files or has_messages))
    content = _content([piece for piece in pieces if isinstance(piece, dict) or piece.strip()])
    if _size(pieces) > MAX_BYTES:
        raise CommandFailed("the prompt is over 30 MiB, more than one request can hold")
    return content


def _content(pieces: "list[Piece]") -> "str | list[Part]":
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) == len(pieces):
        return "\n\n".join(texts)
    from aircher_cli.commands.ask.attachments import pieces_to_parts  # noqa: PLC0415 -- only if there is more than text

    return pieces_to_parts(pieces)


def _size(pieces: "list[Piece]") -> int:
    """Return the size of the pieces in a frame, in bytes; base64 is ASCII."""
    texts = [
        piece if isinstance(piece, str) else str(piece.get("data") or piece.get("text", ""))
        for piece in pieces
    ]
    return sum(len(text.encode(errors="surrogateescape")) for text in texts)


def _piped(context: Context, *, is_optional: bool) -> "list[Piece]":
    """Return standard input as a piece; an image, a PDF or sound is recognised, as with `-f -`.

    If it `is_optional`, a file of which a part was read before is left to its reader.
    """
    if not context.has_input() or (is_optional and _is_of_loop(context)):
        return []
    data = context.read_bytes(MAX_BYTES, is_optional=is_optional)
    # A zero byte is in every image and in all sound, and never in text; a PDF may have none.
    if b"\0" in data or data.startswith(b"%PDF-"):
        from aircher_cli.commands.ask.attachments import file_pieces  # noqa: PLC0415 -- only for files

        return file_pieces("standard input", data, is_file=False)
    return [data.decode(errors="surrogateescape").rstrip("\r\n")]


def _is_of_loop(context: Context) -> bool:
    """Tell whether standard input is the file of a loop, as of `while read`, and say so."""
    left = context.left_in_file()
    if left:
        context.console.note(LEFT_TO_LOOP)
    return left is not None
