"""The output: results go to standard output, everything else to standard error.

Only this module knows whether there is a terminal, how wide it is, and whether it can show colours
and more than ASCII. It turns a closed pipe and a full disk into exceptions of the command line.
"""

import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper

from aircher_cli.exit_codes import CommandFailed

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from typing import TextIO

UNLIMITED_WIDTH = 10_000
"""Columns of an output that is not a terminal."""

STYLES = {"good": "32", "bad": "31", "warn": "33", "dim": "2", "bold": "1"}

# The non-ASCII characters of our own texts -> their replacements where they cannot be shown.
_PLAIN = str.maketrans(
    {"✓": "+", "✗": "x", "…": "...", "→": "->", "·": "-", "–": "-", "↑": "^"}  # noqa: RUF001 - a dash
    | {"○": "o", "⚠": "!", "⌂": "=", "★": "*"}
)

# Control characters could move the cursor, rewrite lines or control the terminal. Only newline and
# tab are kept. The C1 range is included: terminals obey it too.
_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)])


class OutputClosed(Exception):
    """The reader of standard output has closed it."""


class Console:
    """Standard output and standard error with their capabilities."""

    def __init__(
        self, out: "TextIO | None", err: "TextIO | None", environ: Mapping[str, str]
    ) -> None:
        for stream in (out, err):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
        self._out = out
        self._err = err
        self._environ = environ
        self._at_line_start = True
        self._aside = ""  # the latest piece while an aside is being written
        self.is_terminal = is_terminal(out)
        self.err_is_terminal = is_terminal(err)
        self.has_colour = self.is_terminal and may_colour(environ)
        self.has_unicode = _can_show("✓→…", out)

    @property
    def width(self) -> int:
        """The columns available; without a terminal lines are not wrapped, which helps `grep`."""
        return self._columns if self.is_terminal or "COLUMNS" in self._environ else UNLIMITED_WIDTH

    @property
    def rows(self) -> int | None:
        """The rows of the terminal; None if there is no end to them, as in a pipe."""
        has_end = self.is_terminal and self._environ.get("TERM") != "dumb"
        return terminal_rows() if has_end else None

    @property
    def _columns(self) -> int:
        return terminal_width(self._environ)

    def write(self, text: str) -> None:
        """Write a piece of the result and flush it.

        Raises:
            OutputClosed: the reader has closed the pipe.
            CommandFailed: writing failed, on a full disk for example.
        """
        if not text or self._out is None:
            return
        self.end_aside()
        if self.is_terminal:
            text = strip_controls(text)
        self._at_line_start = text.endswith("\n") if text else self._at_line_start
        self._emit(text)

    def write_rendered(self, text: str) -> None:
        """Write a piece of an answer as `render.answer` returned it, with escape sequences.

        Raises:
            OutputClosed, CommandFailed: as `write`.
        """
        if not text or self._out is None:
            return
        self.end_aside()
        self._at_line_start = text.endswith("\n")
        self._emit(text)

    @property
    def is_at_line_start(self) -> bool:
        """Whether the next piece of the result begins a line."""
        return self._at_line_start

    def line(self, text: str = "", style: str = "") -> None:
        """Write a line of our own text: styled, and in ASCII if the output cannot show more."""
        if self._out is None:
            return
        self.end_aside()
        text = self.plain(strip_controls(text))
        self._at_line_start = True
        self._emit(self.paint(text, style) + "\n")

    def styled(self, pieces: list[tuple[str, str]]) -> None:
        """Write one line made of (text, style) pieces."""
        if self._out is None:
            return
        self.end_aside()
        self._at_line_start = True
        self._emit(self.painted(pieces) + "\n")

    def painted(self, pieces: list[tuple[str, str]]) -> str:
        """Return a line made of (text, style) pieces as `styled` writes it."""
        return "".join(
            self.paint(self.plain(strip_controls(text)), style) for text, style in pieces
        )

    def fileno(self) -> int | None:
        """Return the descriptor of standard output, None if it has none."""
        try:
            return None if self._out is None else self._out.fileno()
        except (OSError, ValueError):
            return None

    @property
    def encoding(self) -> str:
        """The encoding of standard output."""
        return getattr(self._out, "encoding", None) or "utf-8"

    def note(self, text: str) -> None:
        """Write a line to standard error; failures are ignored."""
        self.end_line()
        if self._err is None:
            return
        text = strip_controls(self._plain_err(text))
        if self.err_is_terminal and len(text) >= self._columns:
            from aircher_cli.render.layout import wrap_hanging  # noqa: PLC0415 -- rarely needed

            text = wrap_hanging(text, self._columns)
        self._emit_err(text + "\n")

    def prompt(self, text: str) -> None:
        """Write a question to standard error; the answer is typed on the same line."""
        self.end_line()
        self._emit_err(strip_controls(self._plain_err(text)))

    def aside(self, piece: str) -> None:
        """Write a piece of streamed side output, such as reasoning, to standard error, dimmed.

        Any other output after it starts on a new line.
        """
        if not piece or self._err is None:
            return
        if not self._aside:
            self.end_line()
        self._aside = piece
        if self.err_is_terminal:
            piece = strip_controls(piece)
            if may_colour(self._environ):
                piece = f"\x1b[{STYLES['dim']}m{piece}\x1b[0m"
        self._emit_err(piece)

    def end_aside(self) -> None:
        """End an aside with a blank line."""
        if self._aside:
            self._emit_err("\n" if self._aside.endswith("\n") else "\n\n")
            self._aside = ""

    def _emit_err(self, text: str) -> None:
        if self._err is None:
            return
        try:
            self._err.write(text)
            self._err.flush()
        except OSError:
            self._err = None

    def end_line(self) -> None:
        """Start a new line on a terminal, so that a message is not appended to an answer."""
        self.end_aside()
        if self.is_terminal and self.err_is_terminal and not self._at_line_start:
            self._at_line_start = True
            self._emit("\n")

    def finish_line(self) -> None:
        """End the result with a newline, unless it has one."""
        if not self._at_line_start:
            self.write("\n")

    def json(self, value: object) -> None:
        """Write a JSON value on one line, in ASCII so that every encoding can represent it."""
        import json  # noqa: PLC0415 -- not needed for plain text

        self.line(json.dumps(value))

    def paint(self, text: str, style: str) -> str:
        """Return `text` in the colour of `style` if the output shows colours."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and self.has_colour else text

    def plain(self, text: str) -> str:
        """Return `text` with our symbols replaced by ASCII if the output cannot show them."""
        return text if self.has_unicode else text.translate(_PLAIN)

    def _plain_err(self, text: str) -> str:
        return text if _can_show("✓→…", self._err) else text.translate(_PLAIN)

    def _emit(self, text: str) -> None:
        assert self._out is not None
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            self._abandon()
            raise OutputClosed from None
        except OSError as error:
            self._abandon()
            message = f"cannot write to standard output: {error.strerror or error}"
            raise CommandFailed(message) from None

    def _abandon(self) -> None:
        """Redirect standard output to /dev/null, so that the interpreter does not fail at exit."""
        out, self._out = self._out, None
        try:
            assert out is not None
            number = out.fileno()
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, number)
            os.close(nothing)
        except (OSError, ValueError):
            return  # a stream without a descriptor has no buffer to flush

    def __repr__(self) -> str:
        return f"<Console terminal={self.is_terminal} colour={self.has_colour}>"


def strip_controls(text: str) -> str:
    """Return `text` without control characters other than newline and tab."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def terminal_width(environ: Mapping[str, str]) -> int:
    """Return the width in columns: `COLUMNS`, else the terminal's, else 80; at least 20.

    `shutil.get_terminal_size` does the same, but importing it takes longer than all of `ask`'s own
    code.
    """
    given = environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return max(20, int(given))
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            columns = os.get_terminal_size(stream.fileno()).columns if stream else 0
        except (OSError, ValueError):
            continue
        if columns > 0:
            return max(20, columns)
    return 80


def terminal_rows() -> int | None:
    """Return the height of the terminal of standard output in rows; None if it has none."""
    try:
        rows = os.get_terminal_size(sys.__stdout__.fileno()).lines if sys.__stdout__ else 0
    except (OSError, ValueError):
        return None
    return rows or None


def is_terminal(stream: "TextIO | None") -> bool:
    """Tell whether `stream` is a terminal; a closed stream is not."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def may_colour(environ: Mapping[str, str]) -> bool:
    """Tell whether colours are allowed: not with NO_COLOR (https://no-color.org) or TERM=dumb."""
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _can_show(text: str, stream: "TextIO | None") -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
