"""Where the prompt of `ask` comes from: arguments, files, standard input."""

import select

from aircher_cli.commands.inputs.file_input import MAX_BYTES, STDIN
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from aircher_cli.commands.ask.attachments import Part, Piece

NOTICE_AFTER_SECONDS = 2.0
"""Seconds of silence on standard input before we say that we wait for it."""


def read_prompt(
    context: Context, words: list[str], files: list[str], *, reads_input: bool = True
) -> "str | list[Part]":
    """Return the content of the user's message: a text, or parts if there are images.

    It is empty if there is nothing to ask.

    Args:
        context: Where standard input is.
        words: The arguments.
        files: What `-f` named, in order: files, URLs, `-` for standard input.
        reads_input: Whether standard input, unless `files` has it, is a part of the prompt.

    Raises:
        CommandFailed: a file cannot be read or sent, or all of it is too long.
    """
    pieces: list[Piece] = [" ".join(words)]
    if files:
        from aircher_cli.commands.ask.attachments import read_attachment  # noqa: PLC0415 -- seldom

        for name in files:
            pieces += read_attachment(context, name)
    if reads_input and STDIN not in files:
        pieces += _piped(context, words)
    content = _content([piece for piece in pieces if isinstance(piece, dict) or piece.strip()])
    if _size(pieces) > MAX_BYTES:
        raise CommandFailed("the prompt is over 30 MiB, more than the daemon takes at once")
    return content


def _content(pieces: "list[Piece]") -> "str | list[Part]":
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) == len(pieces):
        return "\n\n".join(texts)
    from aircher_cli.commands.ask.attachments import pieces_to_parts  # noqa: PLC0415 -- only images need it

    return pieces_to_parts(pieces)


def _size(pieces: "list[Piece]") -> int:
    """Count the bytes that pieces will have in a frame; base64 is ASCII."""
    texts = [piece if isinstance(piece, str) else str(piece.get("data", "")) for piece in pieces]
    return sum(len(text.encode(errors="surrogateescape")) for text in texts)


def _piped(context: Context, words: list[str]) -> "list[Piece]":
    """Return standard input as it is; an image on it is one, as it would be with `-f -`."""
    if not context.has_input():
        return []
    if words:
        _say_if_waiting(context)
    data = context.read_bytes()
    if b"\0" in data:  # no text has that, and every image
        from aircher_cli.commands.ask.attachments import file_pieces  # noqa: PLC0415 -- see above

        return file_pieces("standard input", data)
    return [data.decode(errors="surrogateescape").rstrip("\r\n")]


def _say_if_waiting(context: Context) -> None:
    """Explain a silence: started from another program, standard input may never end."""
    try:
        assert context.stdin is not None
        ready = select.select([context.stdin], [], [], NOTICE_AFTER_SECONDS)[0]
    except (OSError, ValueError):  # not a real file
        return
    if not ready:
        context.console.note(
            "aircher-cli: waiting for standard input to end; with < /dev/null it is left out"
        )
