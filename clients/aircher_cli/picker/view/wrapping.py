"""Wraps text to the cells of a terminal, where a character of Chinese takes two.

Unlike `render.layout`, which leaves long words whole so that they can be copied, nothing is ever
wider than the room: a pane cuts what does not fit.
"""

from collections.abc import Iterator

from aircher_cli.render.answer.cells import cell_width, cells_of
from aircher_cli.render.layout import Line

MIN_ROOM = 4
"""Cells of the narrowest column; in less, nothing can be read anyway."""


def clean(text: str) -> str:
    """Return a text on one line without characters that could control a terminal."""
    if text.isprintable():
        return text
    spaced = (" " if each.isspace() else each for each in text)
    return "".join(each for each in spaced if each.isprintable())


def wrap_cells(text: str, room: int) -> list[str]:
    """Wrap a text at spaces, and words that are too long anywhere; at least one line."""
    room, lines, line = max(MIN_ROOM, room), [], ""
    for word in clean(text).split():
        for part in _parts(word, room):
            longer = f"{line} {part}" if line else part
            if line and cell_width(longer) > room:
                lines.append(line)
                longer = part
            line = longer
    return [*lines, line]


def _parts(word: str, room: int) -> Iterator[str]:
    while cell_width(word) > room:
        size = _nice_cut(word, cut_size(word, room))
        yield word[:size]
        word = word[size:]
    yield word


def cut_size(text: str, room: int) -> int:
    """Return how many characters fit, at least one."""
    used = 0
    for at, letter in enumerate(text):
        used += cells_of(letter)
        if used > room:
            return max(1, at)
    return max(1, len(text))


def _nice_cut(word: str, size: int) -> int:
    """Return a cut after a separator if there is one in the second half."""
    after = max(word.rfind(each, size // 2, size) for each in "/-_.:") + 1
    return after or size


def hanging(text: str, width: int, *, indent: str = "", style: str = "") -> list[Line]:
    """Return wrapped lines; all but the first are indented by two more."""
    first, *others = wrap_cells(text, width - len(indent) - 2)
    return [[(indent + first, style)], *([(f"{indent}  {each}", style)] for each in others)]


def labelled(label: str, value: str, width: int, *, column: int, style: str = "") -> list[Line]:
    """Return a value next to its dim label, wrapped in its own column."""
    parts = wrap_cells(value, width - column)
    labels = [label, *[""] * (len(parts) - 1)]
    return [
        [(f"{name:<{column}}", "dim"), (part, style)]
        for name, part in zip(labels, parts, strict=True)
    ]
