"""The status screen: the daemon, the providers in use, limits and spend, as lines for any size.

What has a problem comes with what to do about it; what is not configured is folded into one line.
On a terminal with few rows, what matters least is folded too, and the last line says so.
"""

from collections.abc import Mapping

from aircher_cli.render.daemon import config_lines, headline, lock_lines, notice_lines
from aircher_cli.render.formatting import count, format_percent
from aircher_cli.render.layout import Line, fields, paragraph
from aircher_cli.render.status import detail
from aircher_cli.render.status.facts import activity, default_lines, facts, problem_lines
from aircher_cli.render.status.providers import provider_lines
from aircher_cli.values import Map, as_map, number, records

SOON = 3600.0
"""Seconds; a shorter time until something ends is shown as a countdown."""

COMMAND = "aircher-cli status | less"
"""Shows everything: what is not a terminal has as many rows as are needed."""


def status_lines(
    record: Map,
    *,
    width: int,
    environ: Mapping[str, str],
    now: float,
    draws: bool,
    has_unicode: bool,
    rows: int | None = None,
) -> list[Line]:
    """Return the lines of the screen.

    Args:
        record: From `commands.status.record`.
        width: The terminal's columns.
        environ: The caller's environment: its home directory is shown as `~`, and its variables
            may have keys.
        now: Unix time in seconds.
        draws: Whether to draw gauges.
        has_unicode: Whether the terminal can show blocks.
        rows: The rows that there is room for; None for as many as it takes.
    """

    def lines_at(step: int) -> list[Line]:
        limits = _limit_lines(record, step, width, now, draws=draws, has_unicode=has_unicode)
        return _screen(record, step, limits, width=width, environ=environ, now=now)

    everything = lines_at(detail.ALL)
    if rows is None or _height(everything, width) <= rows:
        return everything
    lines = everything
    for step in detail.STEPS[1:]:
        lines = lines_at(step)
        if _height(lines, width) < rows:
            break
    return _cut(lines, len(everything), width, rows)


def _screen(
    record: Map,
    step: int,
    limits: list[Line],
    *,
    width: int,
    environ: Mapping[str, str],
    now: float,
) -> list[Line]:
    home = environ.get("HOME", "")
    providers, others = provider_lines(record, width, now, step=step)
    if step < detail.NO_SPACE:
        providers, others = [*providers, *others], []
    blocks = [
        paragraph(headline(record), width, style="bold"),
        notice_lines(record, width),
        config_lines(as_map(record.get("config")), width, home)[1:],
        lock_lines(as_map(record.get("lock")), width, now)[1:],
        providers,
        [
            *default_lines(record, width, environ),
            *problem_lines(record, width, now),
            *fields(activity(record, step=step), width),
        ],
        limits,
        others,
        fields(facts(record, home, step=step), width),
    ]
    space: list[Line] = [] if step >= detail.NO_SPACE else [_blank()]
    lines: list[Line] = []
    for block in filter(None, blocks):
        lines += [*(space if lines else []), *block]
    return lines


def _limit_lines(
    record: Map, step: int, width: int, now: float, *, draws: bool, has_unicode: bool
) -> list[Line]:
    limits = records(record.get("limits"))
    if not limits:
        return []
    from aircher_cli.render.limits import (  # noqa: PLC0415 -- only with limits
        WARN_FROM,
        is_near,
        limit_lines,
    )

    def draw(shown: list[Map]) -> list[Line]:
        return limit_lines(shown, width, now, draws=draws, has_unicode=has_unicode)

    everything, near = draw(limits), [each for each in limits if is_near(each)]
    if step < detail.LIMITS_FOLDED or len(near) == len(limits):
        return everything
    what = count(len(limits) - len(near), "other limit" if near else "limit")
    sentence = f"✓ {what} below {format_percent(WARN_FROM)}"
    lines = [*draw(near), *paragraph(sentence, width, hang="  ", style="good")]
    return lines if len(lines) < len(everything) else everything


def _height(lines: list[Line], width: int) -> int:
    """Return the rows that lines take; a word that is wider than the terminal is continued."""
    return sum(_rows_of(line, width) for line in lines)


def _rows_of(line: Line, width: int) -> int:
    from aircher_cli.render.answer.cells import cell_width  # noqa: PLC0415 -- on a terminal only

    return max(1, -(-sum(cell_width(text) for text, _ in line) // width))


def _cut(lines: list[Line], full: int, width: int, rows: int) -> list[Line]:
    """Return the lines that fit into `rows`, and one that says how many there are besides."""
    left, shown = rows - 1, []
    for line in lines:
        left -= _rows_of(line, width)
        if left < 0:
            break
        shown.append(line)
    while shown and shown[-1] == _blank():
        shown.pop()
    hidden = f"… {count(full - len(shown), 'more line')}"
    whole = f"{hidden}: {COMMAND}"
    return [*shown, [(whole if len(whole) < width else hidden, "dim")]]


def has_countdown(record: Map, now: float) -> bool:
    """Tell whether the screen shows a time that changes with every second or minute."""
    moments = [
        *(number(row.get("until")) for row in records(record.get("cooling"))),
        *(number(row.get("until")) for row in records(record.get("providers"))),
        *(number(row.get("resets_at")) for row in records(record.get("limits"))),
    ]
    return any(moment is not None and 0 < moment - now < SOON for moment in moments)


def _blank() -> Line:
    return [("", "")]
