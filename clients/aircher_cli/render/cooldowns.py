"""Lines for cooldowns: what is cooling down, why and until when."""

from aircher_cli.render.formatting import relative_time
from aircher_cli.render.layout import Line, columns, last_column_width, paragraph
from aircher_cli.values import Map, number, text

INDENT = "    "


def unhealthy_rows(rows: list[Map]) -> list[Map]:
    """Return the rows of unhealthy providers, keys and models, without duplicates.

    A provider's own row has the health of its best key, so it is left out if there are rows about
    its keys or models.

    Args:
        rows: The `provider` snapshot of `events.subscribe`.
    """
    ill = [row for row in rows if row.get("health") not in {None, "ok"}]
    exact = {row.get("provider") for row in ill if row.get("key") or row.get("model")}
    kept = [
        row for row in ill if row.get("key") or row.get("model") or row.get("provider") not in exact
    ]
    return [row for at, row in enumerate(kept) if row not in kept[:at]]


def cooldown_lines(rows: list[Map], width: int, now: float) -> list[Line]:
    """Return the lines for `unhealthy_rows`: name and time, with the reason below."""
    lines: list[Line] = []
    for row, head in zip(rows, _heads([_head(row, now) for row in rows], width), strict=True):
        lines += head
        if reason := text(row.get("health_reason")):
            lines += paragraph(reason, width, indent=INDENT, hang="  ")
    return lines


def _heads(rows: list[Line], width: int) -> list[list[Line]]:
    """Return each row with its cells aligned, or in two lines if they do not fit."""
    longest = max((len(row[-1][0]) for row in rows), default=0)
    if not rows or last_column_width(rows, width) >= longest:
        return columns(rows, width)
    return [_stacked(row, width) for row in rows]


def _stacked(row: Line, width: int) -> list[Line]:
    symbol, name, *cells = row
    about = ", ".join(cell for cell, _ in cells if cell)
    return [[symbol, (" ", ""), name], *paragraph(about, width, indent=INDENT, style="warn")]


def _head(row: Map, now: float) -> Line:
    health = text(row.get("health"))
    until = number(row.get("until"))
    # Its cooldown is over, and only a successful call can clear its state: it is asked again.
    back = (
        "used again by the next request"
        if until is None
        else f"available {relative_time(until, now)}"
    )
    return [
        ("!", "bad" if health == "quota_exhausted" else "warn"),
        ("/".join(text(row[part]) for part in ("provider", "model") if row.get(part)), "bold"),
        (f"key {row['key']}" if row.get("key") else "", ""),
        (health.replace("_", " "), "warn"),
        (back, ""),
    ]
