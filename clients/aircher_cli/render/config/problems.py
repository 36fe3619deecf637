"""Problems of a configuration as lines that editors understand."""

from aircher_cli.render.formatting import short_path
from aircher_cli.values import as_map, records, text, texts

NOTHING_IN_USE = "none"
"""The value of `config.in_use` before there was a valid configuration; chats are refused."""

_IN_USE = {
    NOTHING_IN_USE: "the configuration is invalid; no provider is asked until it is fixed:",
    "the valid entries": "the configuration is invalid; entries with a problem are refused:",
    "the valid entries of an earlier one": (
        "the configuration is invalid; the valid entries of an earlier one stay in use:"
    ),
    "the last good one": "the configuration is invalid; the last valid one stays in use:",
}


def config_problems(config: dict[str, object], home: str) -> list[str]:
    """Return the problems of the daemon's configuration: a headline, and a line for each.

    Args:
        config: The daemon's `config`, as `status` and `auth.status` have it.
        home: The caller's home directory, shown as `~`.
    """
    problem = as_map(config.get("problem"))
    if config.get("ok", True) or not problem:
        return []
    lines = problem_lines(records(problem.get("problems"))) or [text(problem.get("message"))]
    headline = _IN_USE.get(text(config.get("in_use")), "the configuration is invalid:")
    if config.get("keeps_roles"):
        headline = f"{headline.rstrip(':')}, also for what clients may do:"
    return [headline, *(f"  {short_path(line, home)}" for line in lines)]


def config_notice(config: dict[str, object]) -> str:
    """Return in one sentence what is wrong and what is in use instead; empty if all is valid.

    The argument is as for `config_problems`.
    """
    message = text(as_map(config.get("problem")).get("message"))
    if config.get("ok", True) or not message:
        return ""
    headline, _, in_use = _IN_USE.get(text(config.get("in_use")), "").rstrip(":").partition("; ")
    return f"{headline or 'the configuration is invalid'}: {message}{in_use and f'; {in_use}'}"


def warning_notes(answer: dict[str, object]) -> list[str]:
    """Return what is valid, and may surprise, from an answer about a configuration."""
    return [f"! {each}" for each in texts(answer.get("warnings"))]


def problem_lines(problems: list[dict[str, object]]) -> list[str]:
    """Return `file:line: key: message (hint)` for each problem."""
    return [_problem_line(problem) for problem in problems]


def _problem_line(problem: dict[str, object]) -> str:
    place = ":".join(str(problem[part]) for part in ("file", "line") if problem.get(part))
    key = str(problem.get("path") or "")
    message = f"{key}: " * bool(key) + str(problem.get("message", "is invalid"))
    hint = str(problem.get("hint") or "")
    tail = f" ({hint})" if hint and hint not in message else ""
    return f"{place}: {message}{tail}" if place else f"{message}{tail}"
