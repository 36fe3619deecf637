"""The columns of the list: which of them fit, how wide they are, and the text of a row in them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from aircher_cli.picker.view.rows import Group, Row
from aircher_cli.render.layout import Line
from aircher_cli.render.models.table import format_tokens

DEFAULT = "●"
FAVOURITE = "★"

GUTTERS = ("  ", "> ")
"""What is before a line, and before the selected one."""

GAP = 2
"""Spaces between two columns."""

HEAD = 2 + 2 + 2
"""The gutter of the selection, the symbol of the state, and that of a default or favourite."""

MIN_NAME = 12
MIN_SHORTENED = 3
MIN_LATENCY = 0.1
"""Seconds; less would be shown as none."""
NAME_SHARE = 0.5
"""Usual names up to this share of the width are shown in full before other columns get a place."""

USUAL_NAMES = 0.9
"""The share of names that the column should have room for."""
SHORT_NAME = 20
"""Names up to this width should always fit."""

DROP_ORDER = ("chain", "abilities", "latency", "word", "left", "window", "price")
"""The first one is dropped first."""

RIGHT_ALIGNED = frozenset({"window", "latency", "left"})

DISPLAY_ORDER = ("word", "window", "price", "latency", "left", "abilities", "chain")


@dataclass(frozen=True)
class Columns:
    """The columns that fit: the width of the names, and name and width of each other column."""

    name: int
    others: tuple[tuple[str, int], ...]


def shown_name(row: Row, group: Group) -> str:
    """Return the name as the list shows it: the heading has the provider already."""
    return row.model if row.kind == "model" and group.provider else row.name


def cell(row: Row, column: str) -> str:
    """Return the text of a row in a column."""
    return _CELLS[column](row)


def _latency(row: Row) -> str:
    if row.latency is None:
        return ""
    return f"{row.latency:.1f} s" if row.latency >= MIN_LATENCY else f"<{MIN_LATENCY} s"


_CELLS: dict[str, Callable[[Row], str]] = {
    "word": lambda row: row.mark.word,
    "window": lambda row: "" if row.window is None else format_tokens(row.window),
    "price": lambda row: row.price,
    "latency": _latency,
    "left": lambda row: row.left,
    "abilities": lambda row: " ".join(row.abilities),
    "chain": lambda row: " ".join(f"→ {name}" for name in row.chain[1:]),
}


def fit(rows: Iterable[tuple[str, Row]], width: int, *, sort: str) -> Columns:
    """Return the columns that fit into `width`.

    Args:
        rows: The shown name and the row of every line.
        width: In cells.
        sort: The order of the list; what it is sorted by is dropped last.
    """
    names, widths = [MIN_NAME], dict.fromkeys(DISPLAY_ORDER, 0)
    for name, row in rows:
        names.append(cell_len(name))
        for column in DISPLAY_ORDER:
            widths[column] = max(widths[column], cell_len(cell(row, column)))
    kept = [column for column in DISPLAY_ORDER if widths[column]]
    # A few very long names would cost all rows a column.
    usual = sorted(names)[int((len(names) - 1) * USUAL_NAMES)]
    needed = max(usual, min(max(names), SHORT_NAME))
    wanted = min(needed, max(MIN_NAME, int(width * NAME_SHARE)))
    sorted_by = {"price": "price", "window": "window", "speed": "latency"}.get(sort)
    drops = [column for column in DROP_ORDER if column != sorted_by]
    for column in [*drops, *([sorted_by] if sorted_by else [])]:
        if HEAD + wanted + sum(GAP + widths[each] for each in kept) <= width:
            break
        if column in kept:
            kept.remove(column)
    used = sum(GAP + widths[column] for column in kept)
    name_width = max(1, min(max(names), width - HEAD - used))
    return Columns(name_width, tuple((column, widths[column]) for column in kept))


def row_line(row: Row, group: Group, columns: Columns, *, is_selected: bool) -> Line:
    """Return the pieces of a row; what the filter matched of the name stands out."""
    name = shown_name(row, group)
    skipped = len(row.name) - len(name)
    matched = frozenset(at - skipped for at in row.matched)
    flag = DEFAULT if row.is_default else FAVOURITE if row.is_favourite else " "
    line: Line = [
        (GUTTERS[is_selected], "bold"),
        (f"{row.mark.symbol} ", row.mark.style),
        (f"{flag} ", "bold"),
        *_name_pieces(name, columns.name, matched),
    ]
    for column, width in columns.others:
        text = cell(row, column)
        space = " " * max(0, width - cell_len(text))
        padded = space + text if column in RIGHT_ALIGNED else text + space
        line.append((" " * GAP + padded, _style(row, column)))
    return line


def _style(row: Row, column: str) -> str:
    if column == "word":
        return row.mark.style
    return "dim" if column in {"abilities", "chain"} else ""


def _name_pieces(name: str, width: int, matched: frozenset[int]) -> Line:
    """Return the name in `width` cells."""
    shown, kept = shorten(name, width)
    pieces: Line = []
    for character, at in zip(shown, kept, strict=True):
        style = "match" if at in matched else ""
        if pieces and pieces[-1][1] == style:
            pieces[-1] = (pieces[-1][0] + character, style)
        else:
            pieces.append((character, style))
    return [*pieces, (" " * max(0, width - cell_len(shown)), "")]


def shorten(name: str, width: int) -> tuple[str, list[int]]:
    """Return a name in at most `width` cells, and the position of each of its characters.

    The middle is left out: versions and dates are at the end. The position of the ellipsis is -1.
    """
    if cell_len(name) <= width:
        return name, list(range(len(name)))
    if width < MIN_SHORTENED:
        return "…"[: max(0, width)], [-1] * min(1, max(0, width))
    head = max(1, (width - 1) * 3 // 5)
    start = set_cell_size(name, head).rstrip()
    end = ""
    for character in reversed(name):
        if cell_len(start) + 1 + cell_len(character + end) > width:
            break
        end = character + end
    positions = [*range(len(start)), -1, *range(len(name) - len(end), len(name))]
    return f"{start}…{end}", positions
