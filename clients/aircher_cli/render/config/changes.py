"""What a new configuration changed, field by field."""

from aircher_cli.render.layout import Line, columns, paragraph
from aircher_cli.values import number, records, text

HIDDEN = "(hidden)"
"""What the daemon sends in place of a value that may be secret."""
NARROW = 70
"""Columns below which a change takes two lines."""


def change_lines(result: dict[str, object], width: int) -> list[Line]:
    """Return the lines for `changes` of a result: `+` new, `-` removed, `~` changed."""
    changes = records(result.get("changes"))
    cells = [[(_symbol(change), ""), (text(change.get("path")), ""), (_values(change), "")]
             for change in changes]  # fmt: skip
    if width < NARROW:
        lines = [line for row in cells for line in _narrow(row, width)]
    else:
        lines = [line for row in columns(cells, width) for line in row]
    if more := number(result.get("more")):
        lines += paragraph(f"and {more:.0f} more", width, indent="  ")
    return lines


def _narrow(row: Line, width: int) -> list[Line]:
    (symbol, _), (path, _), (values, _) = row
    head: list[Line] = [[(f"{symbol} {path}", "")]]
    return head + (paragraph(values, width, indent="    ") if values else [])


def describe_change(change: dict[str, object]) -> str:
    """Return a change in one line, for a list of them."""
    return f"{_symbol(change)} {text(change.get('path'))} {_values(change)}".rstrip()


def _symbol(change: dict[str, object]) -> str:
    if change.get("before") is None:
        return "+"
    return "-" if change.get("after") is None else "~"


def _values(change: dict[str, object]) -> str:
    before, after = _value(change.get("before")), _value(change.get("after"))
    if HIDDEN in {before, after}:
        return ""
    if not before:
        return after
    return f"was {before}" if not after else f"{before} → {after}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return text(value)
