"""The columns of the list: which of them fit, how wide they are, and the text of a row in them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len, set_cell_size

from aircher_cli.picker.view.listing.rows import Group, Row
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

DROP_ORDER = ("abilities", "latency", "word", "chain", "letters", "left", "window", "price")
"""The first one is dropped first. `letters` stand in for `abilities`."""

RIGHT_ALIGNED = frozenset({"window", "latency", "left"})

DISPLAY_ORDER = ("word", "window", "price", "latency", "left", "abilities", "letters", "chain")

TITLES: dict[str, str] = {
    "word": "state",
    "window": "window",
    "price": "$ in/out",
    "latency": "delay",
    "left": "left",
    "abilities": "can do",
    "letters": "can do",
    "chain": "then",
}
"""What the line above the list calls the columns."""

ABILITY_LETTERS: dict[str, str] = {
    "tools": "T",
    "images": "I",
    "pdf": "P",
    "sound": "S",
    "reasoning": "R",
    "json": "J",
}
"""Ability -> how a narrow list shows it, always in the same cell; the help explains it."""

MIN_CHAIN = 12
"""Cells of a chain; what does not fit is cut."""


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
    "letters": lambda row: _letters(row.abilities),
    "chain": lambda row: " ".join(f"→ {name}" for name in chain_names(row.chain)),
}


def _letters(abilities: tuple[str, ...]) -> str:
    if not abilities:
        return ""
    return "".join(letter if word in abilities else "·" for word, letter in ABILITY_LETTERS.items())


def chain_names(chain: tuple[str, ...]) -> list[str]:
    """Return what follows the first of a chain: the provider, or the model if it is the same."""
    pairs = [tuple(name.split("/", 1)) for name in chain]
    return [pair[-1] if pair[0] == before[0] else pair[0] for before, pair in pairwise(pairs)]


def fit(
    rows: Iterable[tuple[str, Row]], width: int, *, sort: str, has_titles: bool = False
) -> Columns:
    """Return the columns that fit into `width`.

    Args:
        rows: The shown name and the row of every line.
        width: In cells.
        sort: The order of the list; what it is sorted by is dropped last.
        has_titles: Whether the columns are as wide as their titles at least.
    """
    names, widths = [MIN_NAME], dict.fromkeys(DISPLAY_ORDER, 0)
    for name, row in rows:
        names.append(cell_len(name))
        for column in DISPLAY_ORDER:
            widths[column] = max(widths[column], cell_len(cell(row, column)))
    used = [column for column in DISPLAY_ORDER if widths[column]]
    if has_titles:
        widths.update({column: max(widths[column], len(TITLES[column])) for column in used})
    # A few very long names would cost all rows a column.
    usual = sorted(names)[int((len(names) - 1) * USUAL_NAMES)]
    needed = max(usual, min(max(names), SHORT_NAME))
    wanted = min(needed, max(MIN_NAME, int(width * NAME_SHARE)))
    smallest = {**widths, "chain": min(widths["chain"], MIN_CHAIN)}
    kept = _kept(used, smallest, width - HEAD - wanted, sort)
    room = width - HEAD - sum(GAP + smallest[column] for column in kept)
    name_width = max(1, min(max(names), room))
    if "chain" in kept:
        name_width = max(min(wanted, room), min(max(names), room + MIN_CHAIN - widths["chain"]))
        widths["chain"] = min(widths["chain"], smallest["chain"] + room - name_width)
    return Columns(name_width, tuple((column, widths[column]) for column in kept))


def _kept(used: list[str], widths: dict[str, int], room: int, sort: str) -> list[str]:
    """Return the columns that fit, the most important ones first, in the order of the list."""
    sorted_by = {"price": "price", "window": "window", "speed": "latency"}.get(sort)
    by_importance = sorted(used, key=lambda each: (each == sorted_by, DROP_ORDER.index(each)))
    kept: list[str] = []
    for column in reversed(by_importance):
        instead = "letters" if column == "abilities" and "letters" in kept else ""
        others = [each for each in kept if each != instead]
        if sum(GAP + widths[each] for each in [*others, column]) <= room:
            kept = [*others, column]
    return [column for column in DISPLAY_ORDER if column in kept]


def title_line(columns: Columns) -> Line:
    """Return the titles of the columns."""
    pieces = [" " * HEAD + "model".ljust(columns.name)[: columns.name]]
    for column, width in columns.others:
        title = TITLES[column][:width]
        pieces.append(title.rjust(width) if column in RIGHT_ALIGNED else title.ljust(width))
    return [((" " * GAP).join(pieces), "dim")]


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
        text = cut(cell(row, column), width)
        space = " " * max(0, width - cell_len(text))
        padded = space + text if column in RIGHT_ALIGNED else text + space
        line.append((" " * GAP + padded, _style(row, column)))
    return line


def _style(row: Row, column: str) -> str:
    if column == "word":
        return row.mark.style
    return "dim" if column in {"abilities", "letters", "chain"} else ""


def cut(text: str, width: int) -> str:
    """Shorten a text to `width` cells."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""


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
