"""An answer that is shown while it streams in."""

from collections.abc import Callable

from aircher_cli.render.answer.blocks import (
    LineStart,
    ends_fence,
    fence_of,
    may_end_fence,
    read_start,
)
from aircher_cli.render.answer.inline import Inline
from aircher_cli.render.answer.word_wrap import WordWrap

MAX_ROWS = 200
"""A longer table is shown in parts, of which only the first one has a heading."""


class AnswerRenderer:
    """Takes the text of an answer in pieces; returns what can be printed.

    Without styles the markup stays, because nothing else would show what it says; lines are
    wrapped all the same.

    Args:
        width: Returns the columns of the terminal, which may change meanwhile.
        has_styles: Whether the terminal shows bold, underlined and dim text.
    """

    def __init__(self, width: Callable[[], int], *, has_styles: bool) -> None:
        self._width = width
        self._wrap = WordWrap(width, has_styles=has_styles)
        self._inline = Inline()
        self._has_styles = has_styles
        self._start = ""  # the line as far as it has come, until it is known what it is
        self._kind = ""  # what the line is; empty until then
        self._fence = ""  # what ends the block of code
        self._rows: list[str] = []  # of a table that is held back
        self._is_after_blank = True
        self._is_in_list = False

    def feed(self, text: str) -> str:
        """Return what can be printed after another piece of the answer."""
        first, *others = text.split("\n")
        printed = [self._more(first)]
        for piece in others:
            printed += [self._break_line(), self._more(piece)]
        return "".join(printed)

    def _break_line(self) -> str:
        """End the line; a row of a table is held back with its end."""
        printed = "" if self._kind else self._begin(is_end=True)
        if not self._is_held_row():
            return printed + self._end_line() + self._wrap.newline()
        self._rows.append(self._start)
        self._start = self._kind = ""
        return printed + (self._end_table() if len(self._rows) >= MAX_ROWS else "")

    def finish(self) -> str:
        """Return what is held back; the answer has ended, or something else is printed now."""
        printed = ""
        if self._is_held_row():
            self._rows.append(self._start)
            printed = self._end_table().removesuffix("\n")
        elif self._start or self._kind:
            printed = self._end_line() + self._wrap.flush()
        else:
            printed = self._end_table()
        self._start = self._kind = ""
        return printed

    def restart_line(self) -> None:
        """Go on at the start of a line that something else has begun."""
        if self._wrap.column:
            self._wrap.restart()

    def _more(self, piece: str) -> str:
        """Add to the line."""
        if not piece:
            return ""
        if self._kind and not self._is_held_row():
            return self._text(piece)
        self._start += piece
        if self._kind:
            return ""
        return self._begin(is_end=False)

    def _end_line(self) -> str:
        """Return the rest of the line without its end."""
        printed = "" if self._kind else self._begin(is_end=True)
        if self._has_styles:
            printed += "".join(self._wrap.text(*span) for span in self._inline.end())
        self._kind = ""
        return printed

    def _begin(self, *, is_end: bool) -> str:
        """Begin the line if it is known what it is."""
        start = self._read_start(is_end=is_end)
        if start is None:
            return ""
        line, self._start, self._kind = self._start, "", start.kind
        self._note_block(start, line)
        if self._is_held_row():
            self._start = line
            return ""
        return self._end_table() + self._begun(start, line)

    def _begun(self, start: LineStart, line: str) -> str:
        """Return the beginning of a line of which `line` has come."""
        if start.kind in {"code", "fence"}:
            return self._wrap.code(line, start.style)
        prefix = start.shown if self._has_styles else start.source
        self._inline.begin(start.style)
        begun = self._wrap.begin(prefix, start.hang)
        return begun + self._text(line[len(start.source) :])

    def _read_start(self, *, is_end: bool) -> LineStart | None:
        if not self._fence:
            may_be_code = self._is_after_blank and not self._is_in_list
            return read_start(self._start, is_end=is_end, may_be_code=may_be_code)
        if not is_end and may_end_fence(self._start, self._fence):
            return None
        is_last = is_end and ends_fence(self._start, self._fence)
        return LineStart("fence", "", "", style="faint") if is_last else LineStart("code", "", "")

    def _note_block(self, start: LineStart, line: str) -> None:
        """Remember what decides the next lines."""
        if start.kind == "fence":
            self._fence = "" if self._fence else fence_of(line)
        if start.kind == "item":
            self._is_in_list = True
        elif self._is_after_blank and start.kind != "blank" and line[:1] not in " \t":
            self._is_in_list = False
        self._is_after_blank = start.kind == "blank" or (start.kind == "code" and not self._fence)

    def _is_held_row(self) -> bool:
        return self._kind == "row" and self._has_styles

    def _end_table(self) -> str:
        """Return the table that was held back, with the end of its last line."""
        rows, self._rows = self._rows, []
        if not rows:
            return ""
        from aircher_cli.render.answer.tables import table_text  # noqa: PLC0415 -- only for tables

        if (table := table_text(rows, self._width())) is not None:
            return f"{table}\n"
        return "".join(map(self._row_as_text, rows))

    def _row_as_text(self, row: str) -> str:
        kind = self._kind
        start = read_start(row, is_end=True)
        assert start is not None
        self._kind = start.kind
        printed = self._begun(start, row) + self._end_line() + self._wrap.newline()
        self._kind = kind
        return printed

    def _text(self, piece: str) -> str:
        if self._kind in {"code", "fence"}:
            return self._wrap.code(piece)
        if not self._has_styles:
            return self._wrap.text(piece)
        if self._kind == "rule":
            return self._wrap.text(piece, "faint")
        return "".join(self._wrap.text(*span) for span in self._inline.feed(piece))

    def __repr__(self) -> str:
        return f"<AnswerRenderer in a line of {self._kind or 'no kind yet'}>"
