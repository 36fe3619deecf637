"""The plan of a request: the providers that would be asked, in order, and those skipped."""

from aircher_cli.render.formatting import describe_reason, join_names, relative_time
from aircher_cli.render.layout import Line, columns, last_column_width, paragraph
from aircher_cli.render.models.table import UNKNOWN, full_name, parse_amount
from aircher_cli.render.money import format_usd
from aircher_cli.values import Map, as_map, number, records, text, texts

INDENT = "    "

MIN_REASON_WIDTH = 24
"""If fewer columns are left for the reasons, they go on lines of their own."""

ABILITIES: dict[str, str] = {"json_schema": "a JSON schema", "sampling": "a temperature"}
"""Ability on the wire -> its name in the output, if different."""


def route_lines(plan: Map, width: int, now: float) -> list[Line]:
    """Return the lines for the result of `route.explain`.

    Args:
        plan: As the daemon returned it.
        width: The terminal's columns.
        now: Unix time in seconds, for "available in 42 s".
    """
    candidates, skipped = records(plan.get("candidates")), records(plan.get("skipped"))
    lines = paragraph(_headline(plan, candidates), width)
    if project := text(plan.get("project")):
        lines += paragraph(f'As [projects."{project}"] says for this folder.', width, style="dim")
    lines += _candidate_lines(candidates, width, now, tries=number(plan.get("max_attempts")))
    if skipped:
        lines += [[("", "")], [("Skipped:", "")], *_skipped_lines(skipped, width, now)]
    return lines


def _headline(plan: Map, candidates: list[Map]) -> str:
    request = f"for {describe_needs(as_map(plan.get('needs')))}"
    if not candidates:
        return f"No provider can be asked {request}."
    order = f"Asked in this order ({text(plan.get('strategy'))}) {request}"
    tries = number(plan.get("max_attempts"))
    if tries is None or len(candidates) <= tries:
        return f"{order}:"
    return f"{order}, at most {tries:.0f} of them:"


def describe_needs(needs: Map) -> str:
    """Return the needs of a request: tokens, and the abilities of a model."""
    into, out = (number(needs.get(name)) or 0 for name in ("input_tokens", "output_tokens"))
    size = f"about {into:,.0f} tokens in" + (f" and {out:,.0f} out" if out else "")
    wanted = [ABILITIES.get(name, name) for name in texts(needs.get("abilities"))]
    return f"{size}, with {join_names(wanted)}" if wanted else size


# ------------------------------------------------------------------ candidates


def _candidate_lines(
    candidates: list[Map], width: int, now: float, *, tries: float | None
) -> list[Line]:
    digits = len(str(len(candidates)))
    rows = [
        _candidate_cells(
            f"{at:>{digits}}.", candidate, now, is_reached=tries is None or at <= tries
        )
        for at, candidate in enumerate(candidates, start=1)
    ]
    if not rows or last_column_width(rows, width) >= MIN_REASON_WIDTH:
        return [line for lines in columns(rows, width) for line in lines]
    return [line for row in rows for line in _stacked_candidate(row, width)]


def _candidate_cells(place: str, candidate: Map, now: float, *, is_reached: bool) -> Line:
    price = parse_amount(candidate.get("price"))
    why = text(candidate.get("why"))
    # The price has a column of its own.
    why = why.removeprefix(f"about ${text(candidate.get('price'))}").removeprefix("; ")
    if (until := number(candidate.get("until"))) is not None:
        why = f"{why}; available {relative_time(until, now)}"
    return [
        (place, "good" if is_reached else "dim"),
        (full_name(candidate), "bold" if is_reached else "dim"),
        (_key(candidate), ""),
        (format_usd(price), ""),
        (why, "dim"),
    ]


def _stacked_candidate(row: Line, width: int) -> list[Line]:
    place, name, (key, _), (price, _), (why, _) = row
    price = "price unknown" if price == UNKNOWN else price
    about = ", ".join(part for part in (key, price, why) if part)
    indent = " " * (len(place[0]) + 1)
    return [[place, (" ", ""), name], *paragraph(about, width, indent=indent, style="dim")]


# ------------------------------------------------------------------ skipped


def _skipped_lines(skipped: list[Map], width: int, now: float) -> list[Line]:
    rows = [_skipped_cells(entry, now) for entry in skipped]
    if last_column_width(rows, width) >= MIN_REASON_WIDTH:
        return [line for lines in columns(rows, width) for line in lines]
    return [line for row in rows for line in _stacked_skipped(row, width)]


def _skipped_cells(entry: Map, now: float) -> Line:
    until = number(entry.get("until"))
    back = "" if until is None else f"available {relative_time(until, now)}"
    return [
        ("–", "dim"),  # noqa: RUF001 - a dash
        (full_name(entry) if entry.get("model") else text(entry.get("provider")), "bold"),
        (_key(entry), ""),
        (back, "warn"),
        (_skip_reason(entry), ""),
    ]


def _stacked_skipped(row: Line, width: int) -> list[Line]:
    symbol, name, (key, _), (back, _), (why, _) = row
    about = ": ".join(part for part in (key, why) if part)
    about = "; ".join(part for part in (about, back) if part)
    return [[symbol, (" ", ""), name], *paragraph(about, width, indent=INDENT)]


def _skip_reason(entry: Map) -> str:
    """Return the reason without the name, which has a column of its own."""
    message = text(entry.get("message")) or describe_reason(text(entry.get("reason")))
    return message.removeprefix(f"{full_name(entry)} ")


def _key(entry: Map) -> str:
    return f"key {entry['key']}" if entry.get("key") else ""
