"""The user's limits and how far each is used, with a bar."""

from aircher_cli.render.bars import gauge
from aircher_cli.render.formatting import count, format_percent, relative_time
from aircher_cli.render.layout import GAP, Line, columns, last_column_width, paragraph
from aircher_cli.render.models import parse_amount
from aircher_cli.render.money import format_usd
from aircher_cli.values import Map, as_map, number, records, text

WARN_FROM = 0.8
"""The share of a limit from which on it is no longer green."""

INDENT = "    "

WIDE = 70
"""Columns of a terminal from which on a bar may be long."""

EXAMPLE = """\
[[limits]]
provider = "anthropic"   # or model, client; for everything without any
usd = 5.0                # or requests = 100, tokens = 100000
per = "day"              # or minute, hour, month"""


def limit_lines(
    limits: list[Map], width: int, now: float, *, draws: bool, has_unicode: bool
) -> list[Line]:
    """Return a line for each limit, two where one is not enough.

    Args:
        limits: As they came from the daemon.
        width: The terminal's columns.
        now: Unix time in seconds, for "resets in 42 s".
        draws: Whether there are bars.
        has_unicode: Whether the terminal can show blocks.
    """
    size = (16 if width >= WIDE else 8) * draws
    names = [_name(limit) for limit in limits]
    figures = [_figures(limit, size, now, has_unicode=has_unicode) for limit in limits]
    rows = [[*name, *cells] for name, cells in zip(names, figures, strict=True)]
    longest = max((len(row[-1][0]) for row in rows), default=0)
    if not rows or last_column_width(rows, width) >= longest:
        return [line for lines in columns(rows, width) for line in lines]
    return [line for row in rows for line in _stacked(row, width)]


def incomplete_note(status: Map) -> str:
    """Return how many limits do not count what was used before, and why; or nothing."""
    limits = [limit for limit in records(status.get("limits")) if limit.get("incomplete")]
    if not limits:
        return ""
    ledger = as_map(status.get("ledger"))
    reason = text(ledger.get("reason"))
    if reason and ledger.get("state") == "ok":  # nothing to wait for: it is lost
        return f"+? {count(len(limits), 'limit')} without all that was used before: {reason}."
    why = f"it cannot be read: {reason}" if reason else "it has not been read yet"
    return (
        f"+? {count(len(limits), 'limit')} without what was used before: that is in the ledger, "
        f"and {why}. It is tried again until it is read; what is used meanwhile is counted."
    )


def unknown_name_notes(answer: Map) -> list[str]:
    """Return a sentence for each name in a limit that nobody knows."""
    return [_unknown_name_note(row) for row in records(answer.get("unknown"))]


def _unknown_name_note(row: Map) -> str:
    near = text(row.get("nearest"))
    what = {"model": "a model that nobody knows", "key": "a key that is not there"}
    meant = f"; did you mean {near!r}?" if near else ""
    told = what.get(text(row.get("what")), "something unknown")
    line = number(row.get("line"))
    place = f"{text(row.get('file'))}:{line:.0f}: " if line else ""
    return f"! {place}limits[{row.get('limit')}] is for {text(row.get('name'))!r}, {told}{meant}"


def _stacked(row: Line, width: int) -> list[Line]:
    symbol, (name, style), gauge_, format_percent, used, (afterwards, _) = row
    first, *rest = paragraph(name, width - 2, style=style)
    lines = [[symbol, (" ", ""), *first], *([("  ", ""), *line] for line in rest)]
    figures: Line = [
        (INDENT, ""),
        gauge_,
        (" " * bool(gauge_[0]), ""),
        format_percent,
        ("  ", ""),
        used,
    ]
    room = width - 1 - sum(len(piece) for piece, _ in figures) - GAP
    if len(afterwards) <= room:
        return [*lines, [*figures, (" " * GAP + afterwards if afterwards else "", "dim")]]
    return [*lines, figures, *paragraph(afterwards, width, indent=INDENT, style="dim")]


def _name(limit: Map) -> Line:
    symbol = {"good": "✓", "warn": "!", "bad": "✗"}[_style(limit)]
    return [(symbol, _style(limit)), (text(limit.get("limit")), "bold")]


def _style(limit: Map) -> str:
    share = _share(limit)
    return "bad" if share >= 1 else "warn" if share >= WARN_FROM else "good"


def _share(limit: Map) -> float:
    return number(limit.get("share")) or 0.0


def _figures(limit: Map, size: int, now: float, *, has_unicode: bool) -> Line:
    share = _share(limit)
    used, most = (_amount(limit, name) for name in ("used", "max"))
    return [
        (gauge(share, size, has_unicode=has_unicode), _style(limit)),
        (f"{format_percent(share):>4}", _style(limit)),
        (f"{used}{'+?' if limit.get('incomplete') else ''} of {most}", ""),
        (_reset_note(limit, now), "dim"),
    ]


def _reset_note(limit: Map, now: float) -> str:
    """Return when the limit begins anew, and what is reserved for requests under way."""
    resets = number(limit.get("resets_at"))
    parts = [
        "" if resets is None else f"resets {relative_time(resets, now)}",
        f"{_amount(limit, 'reserved')} reserved" if parse_amount(limit.get("reserved")) else "",
    ]
    return ", ".join(filter(None, parts))


def _amount(limit: Map, name: str) -> str:
    amount = parse_amount(limit.get(name))
    if limit.get("counted") == "usd":
        return format_usd(amount)
    return "?" if amount is None else f"{amount:,}"
