"""Pure: the configuration, the ledger and the notice of changed files, as findings."""

import time
from collections.abc import Mapping, Sequence

from aircherd.api.diagnosis.finding import Finding, refused
from aircherd.memory.budget import MEGABYTE

CONFIG = "config"
LEDGER = "ledger"
FILES = "file events"
SOCKET = "socket"
MEMORY = "memory"
HTTP = "http"

EDIT = "aircher-cli config edit"
MIGRATE = "aircher-cli migrate"
MORE_MEMORY = "aircher-cli config set daemon.max_memory {}"
MORE_INOTIFY = "sudo sysctl fs.inotify.max_user_instances=1024"


def config_findings(
    file: str, *, exists: bool, problems: Sequence[Mapping[str, object]] | None
) -> list[Finding]:
    """Return a finding for each problem of the configuration.

    Args:
        file: its path.
        exists: whether there is a file.
        problems: as in the error `config_invalid`; None if it is valid.
    """
    if problems is None:
        message = f"{file} is valid" if exists else f"there is no {file}; the defaults are used"
        return [Finding(CONFIG, "ok", message)]
    return [Finding(CONFIG, "problem", _problem(each), _cure(each)) for each in problems]


def _cure(problem: Mapping[str, object]) -> str:
    return MIGRATE if MIGRATE in str(problem.get("hint")) else EDIT


def _problem(problem: Mapping[str, object]) -> str:
    where = ", line ".join(str(problem[part]) for part in ("file", "line") if problem.get(part))
    what = ": ".join(str(problem[part]) for part in ("path", "message") if problem.get(part))
    hint = problem.get("hint")
    return f"{where}: {what}{f' ({hint})' if hint else ''}"


def ledger_findings(state: str, reason: str | None, *, refuses: bool = False) -> list[Finding]:
    """Return the finding about the ledger; the arguments are as in `status`.

    `refuses`: requests under a limit are refused while it is not known what was used.
    """
    why = (reason or "unknown reason").rstrip(".")
    if state != "ok":
        message = f"usage cannot be written: {why}; it is kept in memory until the daemon stops"
        cure = "free space or fix the access rights of the data directory; it is then written"
        if refuses:
            message += '. Until then limits refuse requests ([usage] on_failure = "refuse")'
        return [Finding(LEDGER, "problem", message, cure)]
    if reason:
        effect = "refuse requests" if refuses else "may count too little"
        message = f"usage was lost: {why}; limits {effect} until they reset"
        return [Finding(LEDGER, "warning", message, "aircher-cli limits")]
    return [Finding(LEDGER, "ok", "usage is recorded")]


def file_findings(problem: str | None) -> list[Finding]:
    """Return the finding about how changed files are noticed."""
    if problem is None:
        return [Finding(FILES, "ok", "changed files are noticed by events")]
    message = f"changed files are only noticed by looking again and again: {problem}"
    return [Finding(FILES, "warning", message, MORE_INOTIFY)]


def socket_findings(displaced: str | None) -> list[Finding]:
    """Return the finding about a program that took the daemon's place; `displaced` says which."""
    return [] if displaced is None else [Finding(SOCKET, "warning", displaced)]


def http_findings(doors: Mapping[str, object], tokens: str | None = None) -> list[Finding]:
    """Return the findings about HTTP clients: their doors, as in `status`, and their tokens.

    `tokens` is why none of them is let in.
    """
    problems = [str(doors[name]) for name in ("socket_problem", "port_problem") if name in doors]
    problems += [tokens] if tokens else []
    if problems:
        return [refused(HTTP, "problem", problem) for problem in problems]
    ports = doors.get("ports")
    where = "".join(f" and at port {port}" for port in ports) if isinstance(ports, list) else ""
    return [Finding(HTTP, "ok", f"tools can connect at {doors['socket']}{where}")]


def memory_findings(total: int, refused: int, refused_at: float | None) -> list[Finding]:
    """Return the finding about the budget for buffers; the arguments are as in `status`."""
    size = total // MEGABYTE
    if refused_at is None:
        return [Finding(MEMORY, "ok", f"no request was refused for lack of memory ({size} MB)")]
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(refused_at))
    message = (
        f"{refused} {'request or frame was' if refused == 1 else 'requests or frames were'} "
        f"refused as busy since the start, the last at {at}: "
        f"clients asked for more than {size} MB at once"
    )
    return [Finding(MEMORY, "warning", message, MORE_MEMORY.format(2 * size))]
