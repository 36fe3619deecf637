"""The daemon in one line, its configuration's problems, and the columns of a provider."""

from aircher_cli.render.config.problems import config_problems
from aircher_cli.render.formatting import format_duration, format_time
from aircher_cli.render.layout import Line, Piece, paragraph
from aircher_cli.values import number, records, text

STARTED_BY: dict[str, str] = {
    "client": "by a client, with its shell's environment variables",
    "systemd": "by systemd, without your shell's environment variables",
    "systemd (socket)": "by systemd for a client, without your shell's environment variables",
    "launchd": "by launchd, without your shell's environment variables",
    "user": "manually",
}
"""`started_by` as text; it decides which environment variables the daemon has."""


def headline(status: dict[str, object]) -> str:
    """Return version, process and uptime of the daemon."""
    version, pid = text(status.get("version")), text(status.get("pid"))
    up = format_duration(number(status.get("uptime_s")) or 0)
    if is_elsewhere(status):
        return f"aircherd {version} is running on another machine (up {up})"
    return f"aircherd {version} is running (process {pid}, up {up})"


def is_elsewhere(status: dict[str, object]) -> bool:
    """Return whether the daemon is on another machine, and used through a forward."""
    return status.get("socket") == ""


HTTP = {"socket": "over HTTP", "token": "over HTTP with a token"}
"""How a client came in that does not speak the daemon's own protocol."""


def client_lines(status: dict[str, object]) -> list[str]:
    """Return a line for each client in `connected`: name, role, process, program, and how long."""
    now = (number(status.get("started_at")) or 0) + (number(status.get("uptime_s")) or 0)
    lines = []
    for row in records(status.get("connected")):
        process = f"process {text(row.get('pid'))}" if row.get("pid") else "an unknown process"
        if door := HTTP.get(text(row.get("http"))):
            process = door if not row.get("pid") else f"{process} {door}"
        since = format_duration(max(0, now - (number(row.get("since")) or now)))
        parts = [f"may do: {text(row.get('role'))}", process, text(row.get("program")), since]
        lines.append(f"  {text(row.get('name'))}: " + ", ".join(part for part in parts if part))
    return lines


MAX_PROBLEMS = 5
"""More problems of the configuration would push everything else off a screen."""


def config_lines(config: dict[str, object], width: int, home: str) -> list[Line]:
    """Return the first problems of the configuration after a blank line; empty if it is valid."""
    lines: list[Line] = []
    found = config_problems(config, home)
    if (left := len(found) - 1 - MAX_PROBLEMS) > 0:
        found[-left:] = [f"  and {left} more: aircher-cli config check"]
    for line in found:
        indent = "  " if line.startswith("  ") else ""
        style = "" if indent else "bad"
        lines += paragraph(line.strip(), width, indent=indent, hang="  ", style=style)
    return [[("", "")], *lines] if lines else []


def notice_lines(status: dict[str, object], width: int) -> list[Line]:
    """Return what the daemon's user has to end, such as an installation that was replaced."""
    return [
        line
        for notice in records(status.get("notices"))
        for line in paragraph(f"⚠ {text(notice.get('message'))}", width, hang="  ", style="warn")
    ]


def lock_lines(lock: dict[str, object], width: int, now: float) -> list[Line]:
    """Return that all keys are locked, and what to do, after a blank line; empty if they are not.

    `lock` is that of `status` or `auth.status`.
    """
    if not lock:
        return []
    until = number(lock.get("until"))
    end = "" if until is None else f", until {format_time(until, now)}"
    advice = "→ unlock them: aircher-cli auth unlock"
    return [
        [("", "")],
        *paragraph(f"{text(lock.get('reason'))}{end}", width, hang="  ", style="warn"),
        *paragraph(advice, width, hang="  "),
    ]


def provider_cells(provider: dict[str, object], detail: Piece) -> Line:
    """Return the columns of one provider: symbol, name, state, and `detail`."""
    # Imported late: other commands use this module for its headline only.
    from aircher_cli.render.keys import SYMBOLS, describe_state  # noqa: PLC0415

    state, health = text(provider.get("state")), text(provider.get("health"))
    symbol, style = SYMBOLS.get(state, ("?", "warn"))
    if health not in {"", "ok"}:
        symbol, style = "!", "warn"
    return [
        (symbol, style),
        (text(provider.get("provider")), "bold"),
        (describe_state(state, health), style),
        detail,
    ]
