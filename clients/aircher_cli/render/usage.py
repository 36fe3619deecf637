"""Usage and costs as a table, with bars that compare its rows."""

from decimal import Decimal

from aircher_cli.render.bars import bar
from aircher_cli.render.formatting import count, format_date
from aircher_cli.render.layout import GAP, Line
from aircher_cli.render.models.table import format_tokens, full_name, parse_amount
from aircher_cli.render.money import format_usd
from aircher_cli.values import Map, as_map, number, records, text

SUMS = (
    "requests",
    "failed",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
    "unknown_cost",
    "estimated",
    "estimated_input_tokens",
    "estimated_output_tokens",
    "estimated_cost",
)
"""The sums in a row of `usage.report`."""

NO_NAME = "(none)"
"""Stands for a missing project, or the key of a provider that needs none."""

MIN_NAME_WIDTH = 12
"""If fewer columns are left for names, figures are dropped."""

DROPPABLE = ("failed", "out", "tokens in")
"""Figures that may be dropped, in this order."""

MAX_BAR_WIDTH = 20


def describe_period(since: float, until: float | None) -> str:
    """Return the period of a report; `until` is the first moment after it, None means now."""
    if until is None:
        return f"since {format_date(since)}"
    first, last = format_date(since), format_date(until)
    if len(last) == len("2026-11-22"):  # midnight: the day before is the last one
        last = format_date(until - 1).split()[0]
    return f"on {first}" if first == last else f"from {first} to {last}"


def unpriced_note(report: Map) -> str:
    """Return how many requests have an unknown cost, and what to do; or an empty string."""
    unknown = int(number(as_map(report.get("totals")).get("unknown_cost")) or 0)
    if not unknown:
        return ""
    return (
        f"? the cost of {count(unknown, 'request')} is unknown and not in the total. If you know a "
        'price, add it to the configuration under [catalog."provider/model"].'
    )


def estimated_note(report: Map) -> str:
    """Return how many requests were estimated, and their usage; or an empty string."""
    totals = as_map(report.get("totals"))
    requests = int(_number(totals, "estimated"))
    if not requests:
        return ""
    tokens = _number(totals, "estimated_input_tokens") + _number(totals, "estimated_output_tokens")
    cost = format_usd(parse_amount(totals.get("estimated_cost")))
    return (
        f"~ {count(requests, 'request')} ended before the provider reported all usage: the rest is "
        f"estimated, {count(int(tokens), 'token')} and {cost} of the total."
    )


def usage_lines(
    report: Map, by: list[str], width: int, *, draws: bool, has_unicode: bool
) -> list[Line]:
    """Return a headline, one or two lines for each row, and the totals.

    Args:
        report: As the daemon returned it.
        by: The columns it is grouped by.
        width: The terminal's columns.
        draws: Whether to draw bars.
        has_unicode: Whether the terminal can show blocks.
    """
    rows = sort_rows(records(report.get("rows")), by)
    names = _names(rows, by)
    figures = _figures([*rows, as_map(report.get("totals"))], width)
    room = width - 1 - GAP - len(figures[0])
    column = max(len(name) for name in names if len(name) <= max(room, len("total")))
    size = min(room - column - GAP, MAX_BAR_WIDTH)
    bars = _bars(rows, size, has_unicode=has_unicode) if draws else []
    bars += [""] * (len(names) - len(bars))
    lines = [
        _row(name, cells, drawn, column)
        for name, cells, drawn in zip(names, figures, bars, strict=True)
    ]
    head, *body, total = lines
    shown = [[_dim(head[-1])], *body, *([total] if len(rows) > 1 else [])]
    return [line for block in shown for line in block]


def _dim(line: Line) -> Line:
    return [(piece, "dim") for piece, _ in line]


def sort_rows(rows: list[Map], by: list[str]) -> list[Map]:
    """Sort rows by day, then by cost and tokens, highest first; groups stay together."""
    levels = [by[: by.index(name) + 1] for name in _columns(by)]
    ranks = [_ranks(rows, level) for level in levels]
    places = list(zip(levels, ranks, strict=True))
    return sorted(rows, key=lambda row: [rank[_group(row, level)] for level, rank in places])


def _group(row: Map, names: list[str]) -> tuple[str, ...]:
    return tuple(text(row.get(name)) for name in names)


def _ranks(rows: list[Map], names: list[str]) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Return the sort key of each group: days in order, others by cost, then tokens.

    In one pass: a report by several columns over months has thousands of groups.
    """
    sums: dict[tuple[str, ...], tuple[Decimal, float]] = {}
    for row in rows:
        group = _group(row, names)
        cost, taken = sums.get(group, (Decimal(), 0.0))
        sums[group] = (cost + (parse_amount(row.get("cost")) or 0), taken + _tokens(row))
    if names[-1] == "day":
        return {group: group for group in sums}
    return {group: (-cost, -taken, group) for group, (cost, taken) in sums.items()}


def _row(name: str, figures: str, drawn: str, column: int) -> list[Line]:
    tail: Line = [(figures, ""), (" " * GAP + drawn, "good")] if drawn else [(figures, "")]
    if len(name) <= column:
        return [[(f"{name:<{column + GAP}}", "bold"), *tail]]
    return [[(name, "bold")], [(" " * (column + GAP), ""), *tail]]


# ------------------------------------------------------------------ names


def _names(rows: list[Map], by: list[str]) -> list[str]:
    """Return the names: of the header, of each row and of the totals."""
    parts = [_name_column(name, rows) for name in _columns(by)]
    widths = [max(map(len, cells)) for cells in parts]
    named = [
        (" " * GAP).join(f"{cell:<{wide}}" for cell, wide in zip(cells, widths, strict=True))
        for cells in zip(*parts, strict=True)
    ]
    return [*(name.rstrip() for name in named), "total"]


def _columns(by: list[str]) -> list[str]:
    """Return the columns; provider and model share one."""
    if not {"provider", "model"} <= set(by):
        return by
    return [name for name in by if name != "provider"]


def _name_column(name: str, rows: list[Map]) -> list[str]:
    if name == "model" and rows and "provider" in rows[0]:
        return ["model", *(full_name(row) for row in rows)]
    return [name, *(text(row.get(name)) or NO_NAME for row in rows)]


# ------------------------------------------------------------------ figures


def _figures(summed: list[Map], width: int) -> list[str]:
    """Return a header and the figures of each row, aligned; as many as fit next to a name."""
    columns = {
        "requests": [f"{_number(sums, 'requests'):,.0f}" for sums in summed],
        "failed": [f"{_number(sums, 'failed'):,.0f}" for sums in summed],
        "tokens in": [_format_tokens(sums, "input_tokens") for sums in summed],
        "out": [_format_tokens(sums, "output_tokens") for sums in summed],
        "cost": [format_cost(sums) for sums in summed],
    }
    if not _number(summed[-1], "failed"):
        del columns["failed"]
    cells = [_right_aligned([head, *column]) for head, column in columns.items()]
    for head in DROPPABLE:
        if sum(len(column[0]) + GAP for column in cells) <= width - 1 - MIN_NAME_WIDTH:
            break
        cells = [column for column in cells if column[0].strip() != head]
    return [(" " * GAP).join(row) for row in zip(*cells, strict=True)]


def _right_aligned(column: list[str]) -> list[str]:
    widest = max(map(len, column))
    return [f"{cell:>{widest}}" for cell in column]


def format_cost(sums: Map) -> str:
    """Return the cost of a row: with `+?` if a part is unknown, `?` if all of it is.

    A `~` marks a cost that is estimated, at least in part.
    """
    cost = parse_amount(sums.get("cost"))
    mark = "~" if parse_amount(sums.get("estimated_cost")) else ""
    if not _number(sums, "unknown_cost"):
        return f"{mark}{format_usd(cost)}"
    return f"{mark}{format_usd(cost)}+?" if cost else "?"


def _format_tokens(sums: Map, name: str) -> str:
    mark = "~" if _number(sums, f"estimated_{name}") else ""
    return f"{mark}{format_tokens(_number(sums, name))}"


def _bars(rows: list[Map], size: int, *, has_unicode: bool) -> list[str]:
    """Return a header and a bar for each row: of its cost, or of its tokens if nothing costs.

    Empty if they do not fit, or if there is only one row.
    """
    costs = [float(parse_amount(row.get("cost")) or 0) for row in rows]
    tokens = [_tokens(row) for row in rows]
    word, values = ("cost", costs) if any(costs) else ("tokens", tokens)
    most = max(values, default=0.0)
    head = f"by {word}"
    if len(rows) < 2 or not most or len(head) > size:
        return []
    return [head, *(bar(value / most, size, has_unicode=has_unicode) for value in values)]


def _tokens(row: Map) -> float:
    return _number(row, "input_tokens") + _number(row, "output_tokens")


def _number(row: Map, name: str) -> float:
    return number(row.get(name)) or 0.0
