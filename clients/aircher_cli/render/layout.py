"""Lays out text in columns and paragraphs for any width. A piece is (text, style)."""

import re
from textwrap import wrap

Piece = tuple[str, str]
Line = list[Piece]

GAP = 2
"""Spaces between two columns; there is one after the first column, which has a symbol."""


def columns(rows: list[Line], width: int, droppable: tuple[int, ...] = ()) -> list[list[Line]]:
    """Align rows of cells in columns; drop empty columns, and others until the rest fits.

    Each row becomes one line, or several if its last cell wraps.

    Args:
        rows: Cells, the same number in each row; the first is a symbol.
        width: The terminal's width.
        droppable: Indices of columns that may be dropped, in this order.
    """
    every = range(len(rows[0])) if rows else range(0)
    kept = [at for at in every if any(row[at][0] for row in rows)]
    for drop in droppable:
        if _total_width(rows, kept) < width:
            break
        if drop in kept:
            kept.remove(drop)
    widths = {at: max(len(row[at][0]) for row in rows) for at in kept}
    return [_aligned([row[at] for at in kept], [widths[at] for at in kept], width) for row in rows]


def last_column_width(rows: list[Line], width: int) -> int:
    """Return the width that `columns` leaves for the last cells."""
    heads = [row[:-1] for row in rows]
    kept = [at for at in range(len(heads[0])) if any(row[at][0] for row in heads)]
    return width - 1 - GAP - _total_width(heads, kept)


def _total_width(rows: list[Line], kept: list[int]) -> int:
    return sum(max(len(row[at][0]) for row in rows) for at in kept) + GAP * (len(kept) - 1) - 1


def _aligned(cells: Line, widths: list[int], width: int) -> list[Line]:
    """Pad all cells except the last one with text, which avoids trailing spaces."""
    last = max((at for at, (text, _) in enumerate(cells) if text), default=0)
    line: Line = []
    for at, (text, style) in enumerate(cells[:last]):
        line += [(text, style), (" " * (widths[at] - len(text) + (GAP if at else 1)), "")]
    start = sum(len(text) for text, _ in line)
    first, *others = _wrapped(cells[last][0], width - 1 - start)
    style = cells[last][1]
    return [[*line, (first, style)], *([(" " * start, ""), (part, style)] for part in others)]


def _wrapped(text: str, room: int) -> list[str]:
    """Wrap text between words; a word that is too long is not broken."""
    if len(text) <= room:
        return [text]
    return wrap(text, max(10, room), break_long_words=False, break_on_hyphens=False) or [""]


def paragraph(
    text: str, width: int, *, indent: str = "", hang: str = "", style: str = ""
) -> list[Line]:
    """Wrap `text`; the first line is indented by `indent`, the others by `indent` and `hang`.

    A word longer than the line, such as a path, is not broken, so that it can be copied.
    """
    lines = wrap(
        text,
        width=max(20, width - 1),
        initial_indent=indent,
        subsequent_indent=indent + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [[(line, style)] for line in lines]


def wrap_hanging(text: str, width: int) -> str:
    """Wrap the lines of a message that are too long, with a hanging indent."""
    return "\n".join(
        _hanging_line(line, width) if len(line) >= width else line for line in text.splitlines()
    )


def _hanging_line(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()))
    return "\n".join(
        text for [(text, _)] in paragraph(line.lstrip(), width, indent=indent, hang="  ")
    )


def fields(pairs: list[tuple[str, str]], width: int) -> list[Line]:
    """Return name-value pairs in two columns; values wrap in their column."""
    widest = max((len(name) for name, _ in pairs), default=0)
    lines: list[Line] = []
    for name, value in pairs:
        room = max(10, width - 1 - widest - GAP)
        for at, part in enumerate(_wrapped(value, room)):
            label = name if at == 0 else ""
            lines.append([(f"{label:<{widest + GAP}}", "dim"), (part, "")])
    return lines


def fit_middle(
    head: list[Line], body: list[Line], tail: list[Line], rows: int | None, *, keeps_end: bool
) -> list[Line]:
    """Return all lines, or of the body as many as fit into `rows`, and how many there are besides.

    Args:
        head: Lines that stay, such as the header of a table.
        body: Lines of which some are kept.
        tail: Lines that stay, such as a sum.
        rows: The rows that there is room for; None for as many as it takes.
        keeps_end: Whether the last lines of the body are kept, else the first.
    """
    left = len(body) if rows is None else max(0, rows - len(head) - len(tail))
    if len(body) > left:
        hidden = len(body) - max(0, left - 1)
        note: Line = [(f"… {hidden} more line{'s' if hidden > 1 else ''}", "dim")]
        body = [note, *body[hidden:]] if keeps_end else [*body[: len(body) - hidden], note]
    return [*head, *body, *tail]


_SHELL_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")


def command_lines(line: str, width: int) -> list[str]:
    """Break an indented command line between words, so that it can still be copied and run.

    Lines that go on end with a backslash. What is in quotes is not broken.
    """
    indent = " " * (len(line) - len(line.lstrip()))
    if len(line) < width:
        return [line]
    lines, current = [], indent
    for word in _SHELL_WORD.findall(line):
        if current.strip() and len(current) + 1 + len(word) > width - 3:
            lines.append(f"{current} \\")
            current = f"{indent}    {word}"
        else:
            current = f"{current} {word}" if current.strip() else f"{current}{word}"
    return [*lines, current]
