"""Fits lines into the width and height of a terminal; plain functions."""

from aircher_cli.picker.view.wrapping import cut_size
from aircher_cli.render.answer.cells import cell_width
from aircher_cli.render.layout import Line, paragraph

HINT = "live; q leaves"
MIN_HINT_ROWS = 10
"""A terminal with fewer rows has none for the hint."""


def fit_frame(lines: list[Line], problem: str, columns: int, rows: int) -> list[Line]:
    """Return the lines of a frame of at most `rows` rows: a problem, the lines, and a hint.

    Args:
        lines: What the view shows.
        problem: Why the lines are out of date, and so are dimmed; empty if they are not.
        columns: The width of the terminal.
        rows: The height of the terminal.
    """
    if problem:
        lines = [[(text, "dim") for text, _ in line] for line in lines]
    shown = _cut(_folded(lines, columns), room(problem, columns, rows))
    return [*_head(problem, columns), *shown, *_foot(rows)]


def room(problem: str, columns: int, rows: int) -> int:
    """Return how many rows a frame has for its lines, at least one; arguments as `fit_frame`."""
    return max(1, rows - len(_head(problem, columns)) - len(_foot(rows)))


def _head(problem: str, columns: int) -> list[Line]:
    lines = paragraph(f"⚠ {problem}", columns, hang="  ", style="warn") if problem else []
    return _folded(lines, columns)


def _foot(rows: int) -> list[Line]:
    return [[("", "")], [(HINT, "dim")]] if rows >= MIN_HINT_ROWS else []


def _folded(lines: list[Line], columns: int) -> list[Line]:
    """Continue below what is wider than the terminal, which would cut it: long words, Chinese."""
    return [part for line in lines for part in _fold(line, columns)]


def _fold(line: Line, columns: int) -> list[Line]:
    if sum(cell_width(text) for text, _ in line) <= columns:
        return [line]
    parts: list[Line] = [[]]
    room = columns
    for text, style in line:
        rest = text
        while rest:
            if cell_width(rest[0]) > room and parts[-1]:
                parts.append([])
                room = columns
            size = cut_size(rest, room)
            parts[-1].append((rest[:size], style))
            room -= cell_width(rest[:size])
            rest = rest[size:]
    return parts


def _cut(lines: list[Line], rows: int) -> list[Line]:
    if len(lines) <= rows:
        return lines
    hidden = len(lines) - rows + 1
    return [*lines[: rows - 1], [(f"… {hidden} more line{'s' if hidden > 1 else ''}", "dim")]]
