"""Draws the screen of a terminal as an SVG: text that can be selected, on a ground of its own.

The ground is dark in any page, so that the colours of a terminal are readable in light and dark
pages. Each run of characters has the width of its cells, whatever font a browser takes. Columns are
texts of their own, because browsers make one space of several (Chromium does despite `xml:space`),
and would stretch what is left over the whole width.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import NamedTuple
from xml.sax.saxutils import escape

import pyte
from pyte.screens import Char

CELL_WIDTH = 8.4
CELL_HEIGHT = 16
FONT_SIZE = 14
MARGIN = 14
BAR = 30
"""Pixels: the height of the title bar."""

GROUND = "#16181d"
TEXT = "#d8dbe2"

COLOURS = {
    "default": TEXT,
    "dim": "#8b919e",
    "black": "#3b4048",
    "red": "#f07178",
    "green": "#7fca7f",
    "brown": "#e3c15c",
    "blue": "#6cb2f5",
    "magenta": "#c792ea",
    "cyan": "#56c8d8",
    "white": "#c8ccd4",
    "brightblack": "#8b919e",
    "brightred": "#ff8b92",
    "brightgreen": "#a5e075",
    "brightbrown": "#ffd866",
    "brightblue": "#8cc8ff",
    "brightmagenta": "#dcb0ff",
    "brightcyan": "#7fe0ee",
    "brightwhite": "#ffffff",
}
"""pyte's name of a colour -> what it is drawn with; others are six hexadecimal digits."""

_FILLER = "\0"

_PART = re.compile(r"\S+(?: \S+)*")

_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" role="img" aria-label="{title}">
<title>{title}</title>
<style>
text {{ font: {size}px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; \
fill: {text}; }}
.b {{ font-weight: bold; }} .i {{ font-style: italic; }} .u {{ text-decoration: underline; }}
{classes}
</style>
<rect x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" rx="8" fill="{ground}" \
stroke="#4a4f5b"/>
<text x="{middle}" y="20" text-anchor="middle" style="fill: #8b919e">{title}</text>
"""


class Run(NamedTuple):
    """Characters of one style: the column of the first one, and the style of all."""

    column: int
    text: str
    style: Char


def draw(screen: pyte.Screen, title: str, rows: range, masks: Mapping[str, str]) -> str:
    """Return the picture of some rows of a screen.

    Args:
        screen: what the terminal shows.
        title: the text in the title bar, which is also read out by screen readers.
        rows: the rows to draw, from 0.
        masks: patterns of what differs from run to run, such as process numbers, and what is drawn
            instead.
    """
    runs = [(number, run) for number, row in enumerate(rows) for run in _runs(screen, row, masks)]
    colours = sorted({colour for _, run in runs for colour in _colours(run.style)})
    names = {colour: f"c{number}" for number, colour in enumerate(colours)}
    width = round(screen.columns * CELL_WIDTH + 2 * MARGIN)
    height = BAR + len(rows) * CELL_HEIGHT + MARGIN
    head = _HEAD.format(
        width=width,
        height=height,
        inner_width=width - 1,
        inner_height=height - 1,
        middle=width / 2,
        title=escape(title, {'"': "&quot;"}),
        size=FONT_SIZE,
        text=TEXT,
        ground=GROUND,
        classes=" ".join(f".{name} {{ fill: {colour}; }}" for colour, name in names.items()),
    )
    grounds = [_ground(number, run, names) for number, run in runs]
    texts = [text for number, run in runs for text in _texts(number, run, names)]
    return "\n".join(filter(None, [head.rstrip(), *grounds, *texts, "</svg>"])) + "\n"


def _runs(screen: pyte.Screen, row: int, masks: Mapping[str, str]) -> Iterator[Run]:
    cells = [screen.buffer[row][column] for column in range(screen.columns)]
    cells = _masked(cells, masks)
    numbered = list(enumerate(cells))
    for _, group in groupby(numbered, key=lambda pair: pair[1]._replace(data="")):
        members = list(group)
        yield Run(members[0][0], _line([cell for _, cell in members]), members[0][1])


def _line(cells: list[Char]) -> str:
    """Return the text of cells, with a filler in the second cell of a wide character."""
    return "".join(cell.data or _FILLER for cell in cells)


def _masked(cells: list[Char], masks: Mapping[str, str]) -> list[Char]:
    """Replace what differs from run to run; the rest of the row moves with it."""
    for pattern, instead in masks.items():
        for found in reversed(list(re.finditer(pattern, _line(cells)))):
            new = [cells[found.start()]._replace(data=letter) for letter in instead]
            blank = cells[-1]._replace(data=" ")
            rest = [*new, *cells[found.end() :]]
            room = len(cells) - found.start()
            cells = [*cells[: found.start()], *rest[:room], *[blank] * (room - len(rest))]
    return cells


def _colours(style: Char) -> Iterator[str]:
    front, ground = _front_and_ground(style)
    if front != TEXT:
        yield front
    if ground:
        yield ground


def _front_and_ground(style: Char) -> tuple[str, str]:
    """Return the colours of text and ground; no ground means that of the terminal."""
    front = _colour(style.fg, TEXT)
    ground = "" if style.bg == "default" else _colour(style.bg, GROUND)
    return (ground or GROUND, front) if style.reverse else (front, ground)


def _colour(name: str, default: str) -> str:
    return COLOURS.get(name, f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else default)


def _ground(number: int, run: Run, names: Mapping[str, str]) -> str:
    ground = _front_and_ground(run.style)[1]
    if not ground:
        return ""
    width = _round(len(run.text) * CELL_WIDTH)
    top = BAR + number * CELL_HEIGHT
    return (
        f'<rect class="{names[ground]}" x="{_left(run.column)}" y="{top}" width="{width}" '
        f'height="{CELL_HEIGHT}"/>'
    )


def _texts(number: int, run: Run, names: Mapping[str, str]) -> Iterator[str]:
    """Make a text of each part of a run that has no two spaces in a row."""
    classes = _classes(run.style, names)
    baseline = BAR + number * CELL_HEIGHT + 12
    for part in _PART.finditer(run.text):
        width = _round(len(part[0]) * CELL_WIDTH)
        yield (
            f'<text{classes} x="{_left(run.column + part.start())}" y="{baseline}" '
            f'textLength="{width}">{escape(part[0].replace(_FILLER, ""))}</text>'
        )


def _classes(style: Char, names: Mapping[str, str]) -> str:
    front = _front_and_ground(style)[0]
    classes = [
        *([names[front]] if front != TEXT else []),
        *(["b"] if style.bold else []),
        *(["i"] if style.italics else []),
        *(["u"] if style.underscore else []),
    ]
    return f' class="{" ".join(classes)}"' if classes else ""


def _left(column: int) -> str:
    return _round(MARGIN + column * CELL_WIDTH)


def _round(pixels: float) -> str:
    return f"{pixels:.1f}".removesuffix(".0")
