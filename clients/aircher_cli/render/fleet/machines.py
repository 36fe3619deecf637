"""Each machine of the fleet with what it used, and the sum."""

from decimal import Decimal

from aircher_cli.render.formatting import ago
from aircher_cli.render.layout import Line, columns, last_column_width, paragraph
from aircher_cli.render.models.table import format_tokens, parse_amount
from aircher_cli.render.money import format_usd
from aircher_cli.values import Map, number, records, text

INDENT = "    "
TOTAL = "total"
SHORT_ID = 6
"""Characters of an id that tell machines with the same name apart."""


def machine_name(row: Map, rows: list[Map]) -> str:
    """Return a machine's name, with a part of its id if another one has the same."""
    label = text(row.get("label")) or "?"
    is_alone = sum(other.get("label") == row.get("label") for other in rows) < 2
    name = label if is_alone else f"{label} {text(row.get('machine'))[:SHORT_ID]}"
    return f"{name} (this one)" if row.get("this") else name


def seen(row: Map, now: float) -> str:
    """Return when a machine reported last; empty for one that does."""
    at = number(row.get("seen_at"))
    if row.get("live"):
        return ""
    return "silent" if at is None else f"silent, last seen {ago(at, now)}"


def machine_lines(report: Map, width: int, now: float) -> list[Line]:
    """Return a line for each machine, or two if it is narrow, and the sum of several."""
    rows = records(report.get("machines"))
    totals = report.get("totals")
    summed = [totals] if isinstance(totals, dict) and len(rows) > 1 else []
    lines = [_row(row, machine_name(row, rows), seen(row, now)) for row in rows]
    lines += [_row({**sums, "live": None}, TOTAL, "") for sums in summed]
    return _laid_out(lines, width)


def sum_start(lines: list[Line]) -> int:
    """Return where the sum begins in the lines of a table; their number if there is none."""
    found = (at for at, line in enumerate(lines) if any(text == TOTAL for text, _ in line))
    return max(found, default=len(lines))


def day_lines(report: Map, width: int) -> list[Line]:
    """Return a line for each day on which anything was used, of all machines together."""
    days = day_rows(report)
    lines = [_row({**row, "live": None}, text(row.get("day")), "") for row in days]
    return _laid_out(lines, width)


def day_rows(report: Map) -> list[Map]:
    """Return the sums of days over all machines."""
    sums: dict[str, tuple[int, int, Decimal]] = {}
    for machine in records(report.get("machines")):
        for row in records(machine.get("days")):
            day = text(row.get("day"))
            requests, tokens, cost = sums.get(day, (0, 0, Decimal()))
            sums[day] = (
                requests + int(number(row.get("requests")) or 0),
                tokens + int(number(row.get("tokens")) or 0),
                cost + (parse_amount(row.get("cost")) or Decimal()),
            )
    return [
        {"day": day, "requests": requests, "tokens": tokens, "cost": f"{cost:f}"}
        for day, (requests, tokens, cost) in sorted(sums.items())
    ]


def _row(row: Map, name: str, note: str) -> Line:
    live = row.get("live")
    symbol, style = (" ", "") if live is None else ("●", "good") if live else ("○", "warn")
    return [
        (symbol, style),
        (name, "bold"),
        (f"{int(number(row.get('requests')) or 0):,} requests", ""),
        (f"{format_tokens(number(row.get('tokens')) or 0.0)} tokens", ""),
        (format_usd(parse_amount(row.get("cost"))), ""),
        (note, "warn"),
    ]


def _laid_out(rows: list[Line], width: int) -> list[Line]:
    rows = _aligned(rows)
    longest = max((len(row[-1][0]) for row in rows), default=0)
    if rows and last_column_width(rows, width) < longest:
        return [line for row in rows for line in _stacked(row, width)]
    return [line for lines in columns(rows, width) for line in lines]


def _aligned(rows: list[Line]) -> list[Line]:
    """Align the figures at their right."""
    widths = [max(len(row[at][0]) for row in rows) for at in (2, 3, 4)] if rows else []
    return [
        [
            *row[:2],
            *(
                (f"{cell:>{wide}}", style)
                for (cell, style), wide in zip(row[2:5], widths, strict=True)
            ),
            row[5],
        ]
        for row in rows
    ]


def _stacked(row: Line, width: int) -> list[Line]:
    symbol, (name, style), *cells = row
    about = ", ".join(cell.strip() for cell, _ in cells if cell)
    first, *rest = paragraph(name, width - 2, style=style)
    head = [[symbol, (" ", ""), *first], *([("  ", ""), *line] for line in rest)]
    return [*head, *paragraph(about, width, indent=INDENT)]
