"""Tables of Markdown: columns that are aligned, as wide as the terminal at most.

A table is held back until it has ended, because the last row may have the widest cell.
"""

import re

from aircher_cli.render.answer.cells import cell_width
from aircher_cli.render.answer.inline import read_spans
from aircher_cli.render.answer.word_wrap import WordWrap, paint

MIN_COLUMN = 8
"""Cells of the narrowest column that is made narrower."""
GAP = 2

DELIMITER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
PIPE = re.compile(r"(?<!\\)\|")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

Cell = list[str]
"""The lines of a cell, with escape sequences."""


def table_text(rows: list[str], width: int) -> str | None:
    """Return rows as a table without its last line end; None if they are none, or too wide.

    Args:
        rows: Lines of Markdown, of which the second one separates the heading.
        width: The columns of the terminal.
    """
    if len(rows) < 2 or not DELIMITER.fullmatch(rows[1].strip()):
        return None
    heading, marks, *body = [split_row(row) for row in rows]
    count = len(heading)
    if len(marks) != count:
        return None
    cells = [[*row, *[""] * count][:count] for row in (heading, *body)]
    widths = _widths(cells, width - 1 - GAP * (count - 1))
    if widths is None:
        return None
    rule = (" " * GAP).join(paint("-" * each, "faint") for each in widths)
    first, *others = (
        _row_lines(row, widths, marks, style="" if at else "strong") for at, row in enumerate(cells)
    )
    return "\n".join([*first, rule, *(line for lines in others for line in lines)])


def split_row(row: str) -> list[str]:
    """Return the cells of a row."""
    inner = row.strip().removeprefix("|")
    parts = PIPE.split(inner)
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    return [part.strip().replace("\\|", "|") for part in parts]


def _widths(rows: list[list[str]], room: int) -> list[int] | None:
    """Return the width of each column; None if they cannot be made narrow enough."""
    widths = [max(_plain_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    while sum(widths) > room:
        widest = max(widths)
        if widest <= MIN_COLUMN:
            return None
        widths[widths.index(widest)] = widest - 1
    return [max(1, width) for width in widths]


def _plain_width(cell: str) -> int:
    return sum(cell_width(text) for text, _ in read_spans(cell, "")[0])


def _row_lines(row: list[str], widths: list[int], marks: list[str], *, style: str) -> list[str]:
    cells = [_cell_lines(cell, width, style) for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    lines = []
    for at in range(height):
        parts = [
            _padded(cell[at] if at < len(cell) else "", width, mark)
            for cell, width, mark in zip(cells, widths, marks, strict=True)
        ]
        lines.append((" " * GAP).join(parts).rstrip())
    return lines


def _cell_lines(cell: str, width: int, style: str) -> Cell:
    """Wrap a cell in its column."""
    wrap = WordWrap(lambda: width + 1, has_styles=True)
    spans, _ = read_spans(cell, style)
    return ("".join(wrap.text(*span) for span in spans) + wrap.flush()).split("\n")


def _padded(line: str, width: int, mark: str) -> str:
    """Fill a line of a cell up; the mark under the heading says on which side."""
    missing = max(0, width - cell_width(ESCAPE.sub("", line)))
    is_right = mark.endswith(":")
    if is_right and mark.startswith(":"):
        left = missing // 2
        return " " * left + line + " " * (missing - left)
    return " " * missing + line if is_right else line + " " * missing
