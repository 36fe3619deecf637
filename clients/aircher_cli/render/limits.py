"""The user's limits and how much of each is used, with gauges."""

from aircher_cli.render.bars import gauge
from aircher_cli.render.formatting import count, format_percent, relative_time
from aircher_cli.render.layout import GAP, Line, columns, last_column_width, paragraph
from aircher_cli.render.models.table import parse_amount
from aircher_cli.render.money import MIN_SHOWN, format_usd
from aircher_cli.values import Map, as_map, number, records, text

WARN_FROM = 0.8
"""The share of a limit from which it is shown as a warning."""

INDENT = "    "

WIDE = 70
"""Width of a terminal from which gauges are long."""

WAY_OUT = 'To be served all the same, set [usage] on_failure = "serve".'

EXAMPLE = """\
[[limits]]
provider = "anthropic"  # or model, key
usd = 5.0       # or requests, tokens
per = "day"     # or hour, month"""


def limit_lines(
    limits: list[Map], width: int, now: float, *, draws: bool, has_unicode: bool
) -> list[Line]:
    """Return one line for each limit, or two if one is not enough.

    Args:
        limits: As the daemon returned them.
        width: The terminal's columns.
        now: Unix time in seconds, for "resets in 42 s".
        draws: Whether to draw gauges.
        has_unicode: Whether the terminal can show blocks.
    """
    size = (16 if width >= WIDE else 8) * draws
    names = [_name(limit) for limit in limits]
    figures = [_figures(limit, size, now, has_unicode=has_unicode) for limit in limits]
    if any(limit.get("shared") for limit in limits):
        figures = [_with_scope(*each) for each in zip(figures, limits, strict=True)]
    rows = [[*name, *cells] for name, cells in zip(names, figures, strict=True)]
    longest = max((len(row[-1][0]) for row in rows), default=0)
    if not rows or last_column_width(rows, width) >= longest:
        blocks = columns(rows, width)
    else:
        blocks = [_stacked(row, width) for row in rows]
    if any("machines" in limit for limit in limits):
        blocks = [_with_shares(*each, width) for each in zip(blocks, limits, strict=True)]
    return [line for block in blocks for line in block]


def _with_scope(figures: Line, limit: Map) -> Line:
    """Say of a limit that is not shared, among others that are, what it counts."""
    *cells, (note, style) = figures
    alone = "" if limit.get("shared") else "this machine alone"
    return [*cells, (", ".join(filter(None, (note, alone))), style)]


def _with_shares(block: list[Line], limit: Map, width: int) -> list[Line]:
    from aircher_cli.render.fleet.shares import share_lines  # noqa: PLC0415 -- in a fleet only

    return [*block, *share_lines(limit, width)]


def shared_notes(status: Map, now: float) -> list[str]:
    """Return what is to be known of shared limits: the engine, differing limits, old figures."""
    shared = as_map(status.get("shared"))
    if not shared:
        return []
    from aircher_cli.render.fleet.state import (  # noqa: PLC0415 -- in a fleet only
        age_note,
        differing,
        problem,
    )

    away = problem(shared, now)
    return [
        note
        for note in (f"! {away}" * bool(away), differing(shared), age_note(shared, shared))
        if note
    ]


def incomplete_note(status: Map) -> str:
    """Return how many limits lack earlier usage or refuse requests, and why; or an empty string."""
    ledger, refusing = as_map(status.get("ledger")), _refusing(status)
    if refusing and ledger.get("state") != "ok":
        return (
            f"✗ {count(len(refusing), 'limit')} cannot be checked, so requests are refused: the "
            f"ledger does not work: {text(ledger.get('reason'))}. This is retried. {WAY_OUT}"
        )
    note = _incomplete_note(status, ledger)
    return f"{note} Requests are refused until then. {WAY_OUT}" if refusing and note else note


def _refusing(status: Map) -> list[Map]:
    """Return the limits that refuse because of the ledger; an engine that is away has a note."""
    if as_map(status.get("ledger")).get("on_failure") != "refuse":
        return []
    return [limit for limit in records(status.get("limits")) if limit.get("refuses")]


def _incomplete_note(status: Map, ledger: Map) -> str:
    limits = [limit for limit in records(status.get("limits")) if limit.get("incomplete")]
    if not limits:
        return ""
    reason = text(ledger.get("reason"))
    if reason and ledger.get("state") == "ok":  # it is lost
        return f"+? {count(len(limits), 'limit')} without a part of the earlier usage: {reason}."
    why = f"cannot be read: {reason}" if reason else "has not been read yet"
    return (
        f"+? {count(len(limits), 'limit')} without the earlier usage: the ledger {why}. "
        "This is retried; new usage is counted meanwhile."
    )


def unknown_name_notes(answer: Map) -> list[str]:
    """Return a warning for each unknown name in a limit."""
    return [_unknown_name_note(row) for row in records(answer.get("unknown"))]


def _unknown_name_note(row: Map) -> str:
    near = text(row.get("nearest"))
    kinds = {"model": "an unknown model", "key": "an unknown key"}
    meant = f"; did you mean {near!r}?" if near else ""
    kind = kinds.get(text(row.get("what")), "an unknown name")
    line = number(row.get("line"))
    place = f"{text(row.get('file'))}:{line:.0f}: " if line else ""
    return f"! {place}limits[{row.get('limit')}] is for {text(row.get('name'))!r}, {kind}{meant}"


def _stacked(row: Line, width: int) -> list[Line]:
    symbol, (name, style), gauge_, format_percent, used, (note, _) = row
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
    if len(note) <= room:
        return [*lines, [*figures, (" " * GAP + note if note else "", "dim")]]
    return [*lines, figures, *paragraph(note, width, indent=INDENT, style="dim")]


def _name(limit: Map) -> Line:
    symbol = {"good": "✓", "warn": "!", "bad": "✗"}[_style(limit)]
    return [(symbol, _style(limit)), (text(limit.get("limit")), "bold")]


def _style(limit: Map) -> str:
    share = _share(limit)
    return "bad" if share >= 1 or limit.get("refuses") else "warn" if share >= WARN_FROM else "good"


def is_near(limit: Map) -> bool:
    """Tell whether a limit is nearly used up, or refuses requests, or lacks earlier usage."""
    return _style(limit) != "good" or bool(limit.get("incomplete"))


def is_used_up(limit: Map) -> bool:
    """Tell whether nothing is left of a limit, or nothing may be used of it now."""
    return _style(limit) == "bad"


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
    """Return when the limit resets, what is reserved or leased, and what may have been lost."""
    resets = number(limit.get("resets_at"))
    parts = [
        "" if resets is None else f"resets {relative_time(resets, now)}",
        f"{_amount(limit, 'reserved')} reserved" if parse_amount(limit.get("reserved")) else "",
        f"{_amount(limit, 'held_elsewhere')} leased elsewhere" if _is_held(limit) else "",
        f"{_amount(limit, 'margin')} in case it was lost" if limit.get("margin") else "",
    ]
    return ", ".join(filter(None, parts))


def _is_held(limit: Map) -> bool:
    """Whether others hold anything to speak of: a rest of a lease may be a part of a request."""
    return (parse_amount(limit.get("held_elsewhere")) or 0) >= MIN_SHOWN


def _amount(limit: Map, name: str) -> str:
    amount = parse_amount(limit.get(name))
    if limit.get("counted") == "usd":
        return format_usd(amount)
    return "?" if amount is None else f"{amount:,}"
