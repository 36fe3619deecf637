"""What each machine used of a shared limit, and what it holds: lines below the limit's own."""

from aircher_cli.render.fleet.machines import machine_name
from aircher_cli.render.layout import Line, columns, last_column_width, paragraph
from aircher_cli.render.models.table import parse_amount
from aircher_cli.render.money import MIN_SHOWN, format_usd
from aircher_cli.values import Map, records

INDENT = "    "
HELD_BY_SILENT = "held until the window ends: it is silent"


def share_lines(limit: Map, width: int) -> list[Line]:
    """Return a line for each machine that used or holds any of a limit; none if it is local.

    Nor if there is this machine alone: its line would repeat the limit's.
    """
    machines = records(limit.get("machines"))
    if not machines or (len(machines) == 1 and machines[0].get("this")):
        return []
    rows = [_row(limit, machine, machines) for machine in machines]
    inner = width - len(INDENT)
    longest = max(len(row[-1][0]) for row in rows)
    if last_column_width(rows, inner) < longest:
        return [line for row in rows for line in _stacked(row, width)]
    return [[(INDENT, ""), *line] for lines in columns(rows, inner) for line in lines]


def _row(limit: Map, machine: Map, machines: list[Map]) -> Line:
    is_live = bool(machine.get("live"))
    held = parse_amount(machine.get("held"))
    note = f"{_amount(limit, machine, 'held')} {'leased' if is_live else HELD_BY_SILENT}"
    return [
        ("●", "good") if is_live else ("○", "warn"),
        (machine_name(machine, machines), ""),
        (f"{_amount(limit, machine, 'used')} used", ""),
        (note if held is not None and held >= MIN_SHOWN else "", "dim" if is_live else "warn"),
    ]


def _stacked(row: Line, width: int) -> list[Line]:
    symbol, *cells = row
    about = ", ".join(cell for cell, _ in cells if cell)
    first, *rest = paragraph(about, width - len(INDENT) - 2, hang="  ")
    return [[(INDENT, ""), symbol, (" ", ""), *first], *([(INDENT, ""), *each] for each in rest)]


def _amount(limit: Map, machine: Map, name: str) -> str:
    amount = parse_amount(machine.get(name))
    if limit.get("counted") == "usd":
        return format_usd(amount)
    return "?" if amount is None else f"{amount:,}"
