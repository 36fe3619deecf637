"""One line per event, for all topics."""

from aircher_cli.render.config.changes import describe_change
from aircher_cli.render.config.problems import problem_lines
from aircher_cli.render.formatting import describe_reason, format_percent, format_time
from aircher_cli.values import number, records, text, texts


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


def _auth(event: dict[str, object]) -> str:
    state = text(event.get("state")).replace("_", " ")
    gone = " (removed)" if event.get("removed") else ""
    return f"{_target_name(event)}: {state}{gone}{_reason(event)}"


def _provider(event: dict[str, object]) -> str:
    health = text(event.get("health")).replace("_", " ")
    return f"{_target_name(event)}: {health}{_reason(event, 'health_reason')}"


def _attempt(event: dict[str, object]) -> str:
    ms = number(event.get("ms"))
    took = f" after {ms:.0f} ms" if ms is not None else ""
    if message := text(event.get("message")):
        # More specific than the code.
        return f"{_target_name(event)} failed{took}: {message}"
    return f"{_target_name(event)} {describe_reason(text(event.get('outcome')))}{took}"


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
}
