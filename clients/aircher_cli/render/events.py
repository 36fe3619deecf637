"""One line per event, for all topics, and the history of attempts."""

from aircher_cli.render.config.changes import describe_change
from aircher_cli.render.config.problems import problem_lines
from aircher_cli.render.formatting import count, describe_reason, format_percent, format_time
from aircher_cli.render.layout import Line, paragraph
from aircher_cli.values import as_map, number, records, text, texts
from aircher_wire import codes


def event_line(event: dict[str, object], now: float) -> str:
    """Return an event as one line: time, topic and what happened.

    Args:
        event: `{topic, seq, at, ...}` as the daemon sent it.
        now: Unix time in seconds; a time on another day is shown with its date.
    """
    at = number(event.get("at"))
    moment = format_time(now if at is None else at, now)
    topic = text(event.get("topic"))
    return f"{moment}  {topic:<8}  {_FORMATTERS.get(topic, _unknown_topic)(event)}".replace(
        "\n", " "
    )


def event_style(event: dict[str, object]) -> str:
    """Return the style of an event: that something failed or is not available has to be seen."""
    match event.get("topic"):
        case "attempt":
            return "" if event.get("outcome") in {"ok", codes.CANCELLED} else "bad"
        case "config":
            return "" if event.get("ok", True) else "bad"
        case "provider":
            return "" if event.get("health") in {None, "ok"} else "warn"
        case "auth":
            return "bad" if event.get("state") in _BAD_KEYS else ""
        case "lagged":
            return "warn"
        case _:
            return ""


_BAD_KEYS = frozenset({"rejected", "locked", "unreadable"})


def attempt_lines(row: dict[str, object], now: float, width: int, *, clients: int) -> list[Line]:
    """Return an attempt of the history: when, for which client, what happened, what followed.

    Args:
        row: A row of `attempts.list`.
        now: Unix time in seconds; a time on another day is shown with its date.
        width: The terminal's columns; what is longer continues below.
        clients: The columns for the name of the client.
    """
    at = number(row.get("at"))
    moment = format_time(now if at is None else at, now)
    outcome, then = text(row.get("outcome")), as_map(row.get("then"))
    failed = _attempt_end(row)
    answered = f"→ {_attempt_name(then)} answered" if then.get("outcome") == "ok" else ""
    head = f"{moment}  {text(row.get('client')):<{clients}}  "
    style = "" if outcome in {"ok", codes.CANCELLED} else "bad"
    if width - 1 - len(head) < MIN_SENTENCE:  # below its head then
        lines = paragraph(failed, width, indent="  ", hang="  ", style=style)
        more = paragraph(answered, width, indent="  ", hang="  ", style="good")
        return [[(head.rstrip(), "dim")], *lines, *more]
    if len(head) + len(failed) + 1 + len(answered) < width:
        end: Line = [(f" {answered}", "good")] if answered else []
        return [[(head, "dim"), (failed, style), *end]]
    indent = " " * len(head)
    [[(first, _)], *rest] = paragraph(failed, width, indent=indent, hang="  ")
    below = paragraph(answered, width, indent=indent, hang="  ", style="good")
    return [[(head, "dim"), (first[len(head) :], style)], *rest, *below]


PAST: dict[str, str] = {
    codes.AUTH_REJECTED: "refused the key",
    codes.RATE_LIMITED: "limited the rate",
    codes.QUOTA_EXHAUSTED: "had no credit left for this key",
    codes.CONTEXT_TOO_LONG: "had too small a context window",
    codes.CONTENT_POLICY: "refused the content",
    codes.OVERLOADED: "was overloaded",
    codes.PROVIDER_ERROR: "returned an error",
    codes.NETWORK: "could not be reached",
    codes.TIMEOUT: "took too long",
    codes.TRUNCATED: "broke off",
    codes.EMPTY_REPLY: "answered with nothing",
    codes.UNKNOWN_MODEL: "did not know the model",
    codes.BAD_REQUEST: "rejected the request",
    codes.CANCELLED: "was cancelled",
    codes.BUSY: "was stopped: this client's share of memory was used up",
    "unknown": "was interrupted: the daemon ended meanwhile",
    "ok": "answered",
}
"""Outcome of an attempt in the ledger -> the text after the provider's name."""

MIN_SENTENCE = 40
"""If fewer columns are left next to the time and the client, the sentence is below them."""


def _attempt_name(row: dict[str, object]) -> str:
    """Return provider and model, and the key unless it is the only one that most users have."""
    if row.get("key") == DEFAULT_LABEL:
        row = {name: value for name, value in row.items() if name != "key"}
    return _target_name(row)


DEFAULT_LABEL = "default"


def format_ms(ms: float) -> str:
    """Return a duration in milliseconds, or from one second on in seconds."""
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _auth(event: dict[str, object]) -> str:
    state = text(event.get("state")).replace("_", " ")
    gone = " (removed)" if event.get("removed") else ""
    return f"{_target_name(event)}: {state}{gone}{_reason(event)}"


def _provider(event: dict[str, object]) -> str:
    health, until = text(event.get("health")).replace("_", " "), number(event.get("until"))
    at = number(event.get("at")) or 0.0
    end = f" until {format_time(until, at)}" if until is not None else ""
    return f"{_target_name(event)}: {health}{end}{_reason(event, 'health_reason')}"


def _attempt(event: dict[str, object]) -> str:
    """Return what happened in the words of the history, with the reason, which only events have."""
    message = text(event.get("message"))
    return f"{_attempt_end(event)}{message and f': {message}'}"


def _attempt_end(row: dict[str, object]) -> str:
    outcome, ms = text(row.get("outcome")), number(row.get("ms"))
    took = f" after {format_ms(ms)}" if ms is not None else ""
    return f"{_attempt_name(row)} {PAST.get(outcome) or describe_reason(outcome)}{took}"


def _usage(event: dict[str, object]) -> str:
    return f"{text(event.get('limit'))}, {format_percent(number(event.get('share')) or 0.0)} used"


def _config(event: dict[str, object]) -> str:
    if event.get("ok", True):
        changes = [describe_change(change) for change in records(event.get("changes"))]
        return f"loaded: {'; '.join(changes)}" if changes else "loaded"
    problem = event.get("problem")
    details = problem if isinstance(problem, dict) else {}
    problems = details.get("problems")
    lines = problem_lines(problems if isinstance(problems, list) else [])
    return f"invalid: {'; '.join(lines) or text(details.get('message'))}"


def _models(event: dict[str, object]) -> str:
    parts = []
    if "default" in event:
        parts.append(f"default model: {text(event['default']) or 'none'}")
    if providers := texts(event.get("providers")):
        parts.append(f"list of models of {', '.join(providers)} was updated")
    return "; ".join(parts)


def _shared(event: dict[str, object]) -> str:
    from aircher_cli.render.fleet.state import (  # noqa: PLC0415 -- in a fleet only
        differing,
        headline,
        problem,
    )

    at = number(event.get("at")) or 0.0
    parts = (problem(event, at) or headline(event), differing(event))
    return "; ".join(filter(None, parts))


def _lagged(event: dict[str, object]) -> str:
    lost = int(number(event.get("dropped")) or 0)
    return f"{count(lost, 'event')} lost: they were not read fast enough"


def _unknown_topic(event: dict[str, object]) -> str:
    named = [name for name in event if name not in {"topic", "seq", "at"}]
    return "  ".join(f"{name}={_value(event[name])}" for name in named)


def _value(value: object) -> str:
    return ",".join(texts(value)) if isinstance(value, list) else text(value)


def _target_name(event: dict[str, object]) -> str:
    who = "/".join(text(event[part]) for part in ("provider", "model") if event.get(part))
    return f"{who} (key {event['key']})" if event.get("key") else who


def _reason(event: dict[str, object], name: str = "reason") -> str:
    reason = text(event.get(name))
    return f" ({reason})" if reason else ""


_FORMATTERS = {
    "auth": _auth,
    "provider": _provider,
    "attempt": _attempt,
    "usage": _usage,
    "config": _config,
    "models": _models,
    "shared": _shared,
    "lagged": _lagged,
}
