"""Rows of `auth.status` as text: one line per key, with details below it."""

from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.formatting import ago, format_time
from aircher_cli.render.layout import Line, columns, paragraph
from aircher_cli.values import as_map, number, records, text, texts

SIGNED_IN_STATES = frozenset({"authenticated", "unverified"})
"""States of a provider that has a usable key."""


def rows_with_engine(status: dict[str, object]) -> list[dict[str, object]]:
    """Return the rows of a result of `auth.*`, and that of the password of a fleet's engine."""
    engine = as_map(status.get("shared"))
    return [*records(status.get("rows")), *([engine] if engine else [])]


def is_signed_in(rows: list[dict[str, object]]) -> bool:
    """Tell whether any provider has a usable key."""
    return any(row.get("state") in SIGNED_IN_STATES for row in rows)


SYMBOLS: dict[str, tuple[str, str]] = {
    "authenticated": ("✓", "good"),
    "unverified": ("?", "warn"),
    "not_configured": ("–", "dim"),  # noqa: RUF001 - a dash
    "rejected": ("✗", "bad"),
    "locked": ("!", "bad"),
    "unreadable": ("!", "bad"),
    "not_required": ("⌂", "good"),
    "refused": ("✗", "bad"),
}
"""State -> (symbol, style); `Console.plain` has the ASCII symbols."""

STATE_NAMES = {"not_required": "needs no key"}
"""State -> its name where it is not that of the daemon."""

STOPPED = ("⌂", "dim")
"""Symbol and style of a local server that is not running."""

UNCONFIGURED = frozenset({"not_configured", "not_required"})
"""States of a provider that the user may have nothing to do with."""

INDENT = "    "


def is_in_use(provider: dict[str, object], named: frozenset[str] = frozenset()) -> bool:
    """Tell whether a provider is shown: signed in, running, or named in the configuration.

    Args:
        provider: A row of `status`, or of `auth.status`.
        named: Providers that a request without a model would try.
    """
    state, name = text(provider.get("state")), text(provider.get("provider"))
    if state not in UNCONFIGURED or not provider.get("builtin") or name in named:
        return True
    if state == "not_configured":
        return bool(provider.get("reason"))  # such as a list of keys that was damaged
    return not provider.get("absent") and provider.get("health") != "unreachable"


def without_repeats(
    rows: list[dict[str, object]], config: dict[str, object]
) -> list[dict[str, object]]:
    """Leave out providers that are refused because the whole file is invalid: it is said once."""
    if config.get("in_use") != NOTHING_IN_USE:
        return rows
    return [row for row in rows if row.get("state") != "refused" or row.get("key")]


def folded_lines(
    providers: list[dict[str, object]], width: int, *, is_elsewhere: bool = False
) -> list[Line]:
    """Return what is not signed in to in one line, with what to do, and what does not run.

    With `is_elsewhere` nothing can be done, since the daemon is on another machine.
    """
    advice = "" if is_elsewhere else " (aircher-cli auth login NAME)"
    absent = [text(each.get("provider")) for each in providers if each["state"] == "not_required"]
    missing = [
        text(each.get("provider")) for each in providers if each["state"] == "not_configured"
    ]
    sentences = [
        f"○ not signed in: {', '.join(missing)}{advice}" if missing else "",
        f"○ not running: {', '.join(absent)}" if absent else "",
    ]
    found = [paragraph(each, width, hang="  ", style="dim") for each in sentences if each]
    return [line for lines in found for line in lines]


def key_lines(rows: list[dict[str, object]], *, width: int, now: float) -> list[Line]:
    """Return the lines for rows of `auth.status`; a hint that several have is shown once.

    Args:
        rows: As the daemon returned them.
        width: The terminal's columns.
        now: Unix time in seconds, for "3 min ago".
    """
    heads = columns([_head(row) for row in rows], width, droppable=(4, 2))
    lines: list[Line] = []
    hints: set[str] = set()
    for row, head in zip(rows, heads, strict=True):
        lines += head
        has_key = any(cell == row.get("key") for cell, _ in head[0])
        hint = text(row.get("hint"))
        shown = {**row, "hint": None} if hint in hints else row
        hints.add(hint)
        lines += _detail_lines(shown, width, now, has_key=has_key)
    return lines


def _head(row: dict[str, object]) -> Line:
    state = text(row.get("state"))
    symbol, style = SYMBOLS.get(state, ("?", "warn"))
    health = text(row.get("health"))
    word = describe_state(state, health)
    if row.get("absent"):
        (symbol, style), word = STOPPED, "not running"
    elif health not in {"", "ok"}:
        symbol, style = "!", "warn"
    return [
        (symbol, style),
        (text(row.get("provider")), "bold"),
        (text(row.get("key")), ""),
        (word, style),
        (text(row.get("masked")), "dim"),
    ]


def describe_state(state: str, health: str) -> str:
    """Return the state, and the health unless it is ok."""
    words = [STATE_NAMES.get(state) or state.replace("_", " ")]
    if health not in {"", "ok"}:
        words.append(health.replace("_", " "))
    return ", ".join(words)


def _detail_lines(row: dict[str, object], width: int, now: float, *, has_key: bool) -> list[Line]:
    lines: list[Line] = []
    for sentence, style in _sentences(row, now, has_key=has_key):
        lines += paragraph(sentence, width, indent=INDENT, hang="  ", style=style)
    return lines


def _sentences(row: dict[str, object], now: float, *, has_key: bool) -> list[tuple[str, str]]:
    sentences: list[tuple[str, str]] = []
    # If the column was dropped, the keys of a provider must still be distinguishable.
    name = f"key {row['key']}" if row.get("key") and not has_key else ""
    parts = [name, text(row.get("source")), _checked(row, now)]
    origin = "; ".join(part for part in parts if part)
    if origin:
        sentences.append((origin, "dim"))
    if trouble := _problem(row, now):
        sentences.append((trouble, ""))
    if shadowed := texts(row.get("shadowed")):
        sentences.append((f"hides: {', '.join(shadowed)}", "dim"))
    if hint := text(row.get("hint")):
        sentences.append((f"→ {hint}", ""))
    return sentences


def _checked(row: dict[str, object], now: float) -> str:
    at = number(row.get("checked_at"))
    if at is None:
        return ""
    how = text(row.get("checked_how"))
    return f"checked {ago(at, now)}{f' by {how}' if how else ''}"


def _problem(row: dict[str, object], now: float) -> str:
    reason, health = text(row.get("reason")), health_problem(row)
    # A check that could not reach the provider is the reason for both.
    parts = [reason, "" if health in reason else health]
    if (since := number(row.get("failing_since"))) is not None:
        parts.append(f"failing since {format_time(since, now)}")
    if (until := number(row.get("until"))) is not None:
        parts.append(f"until {format_time(until, now)}")
    known = [part for part in parts if part]
    return ", ".join([*(part.rstrip(".") for part in known[:-1]), *known[-1:]])


def health_problem(row: dict[str, object]) -> str:
    """Return the reason why a row or a provider is unhealthy; empty if it is healthy."""
    return "" if text(row.get("health")) in {"", "ok"} else text(row.get("health_reason"))
