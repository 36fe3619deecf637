"""What is wrong with a configuration, as lines that editors and people can follow."""


def problem_lines(problems: list[dict[str, object]]) -> list[str]:
    """Return `file:line: key: message (hint)` for each problem, as compilers write it."""
    return [_problem_line(problem) for problem in problems]


def _problem_line(problem: dict[str, object]) -> str:
    place = ":".join(str(problem[part]) for part in ("file", "line") if problem.get(part))
    key = str(problem.get("path") or "")
    message = f"{key}: " * bool(key) + str(problem.get("message", "is wrong"))
    hint = str(problem.get("hint") or "")
    tail = f" ({hint})" if hint and hint not in message else ""
    return f"{place}: {message}{tail}" if place else f"{message}{tail}"
