"""The result of `status` as text."""

from aircher_cli.render.config.problems import config_problems
from aircher_cli.render.formatting import count, format_duration, short_path
from aircher_cli.render.keys import SYMBOLS, describe_state, health_problem
from aircher_cli.render.layout import Line, Piece, columns, fields, paragraph, wrap_hanging
from aircher_cli.values import as_map, number, records, text, texts

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
    return f"aircherd {version} is running (process {pid}, up {up})"


def status_lines(status: dict[str, object], *, width: int, home: str) -> list[Line]:
    """Return the lines for the result of `status`.

    Args:
        status: As the daemon returned it.
        width: The terminal's columns.
        home: The caller's home directory, shown as `~`.
    """
    lines = paragraph(headline(status), width, style="bold")
    lines += fields(_facts(status, home), width)
    lines += config_lines(as_map(status.get("config")), width, home)
    if providers := records(status.get("providers")):
        lines += [[("", "")], *_provider_lines(providers, width)]
    return [*lines, [("", "")], *_default_lines(status, width)]


def _facts(status: dict[str, object], home: str) -> list[tuple[str, str]]:
    starter = text(status.get("started_by"))
    pairs = [
        ("started", STARTED_BY.get(starter, starter)),
        ("requests", _requests(status)),
        ("socket", short_path(text(status.get("socket")), home)),
        ("config", _config(as_map(status.get("config")), home)),
        ("tasks", ", ".join(text(task.get("name")) for task in records(status.get("tasks")))),
        ("data", short_path(text(status.get("data")), home)),
        ("log", short_path(text(status.get("log")), home)),
        ("ledger", _ledger(as_map(status.get("ledger")))),
        ("keyring", _keyring(as_map(status.get("keyring")))),
    ]
    return [(name, value) for name, value in pairs if value]


def _requests(status: dict[str, object]) -> str:
    requests = as_map(status.get("requests"))
    active, total = (int(number(requests.get(name)) or 0) for name in ("active", "total"))
    clients = int(number(status.get("clients")) or 0)
    return f"{active} active, {total} in total; {count(clients, 'client')} connected"


def _config(config: dict[str, object], home: str) -> str:
    file = short_path(text(config.get("file")), home)
    if not config.get("ok", True):
        return f"{file} (INVALID, see below)"
    notes = [] if config.get("exists", True) else ["does not exist; defaults are used"]
    if problem := text(config.get("watch_problem")):
        notes.append(f"the system reports no changes of files ({problem}): it is read at intervals")
    return f"{file} ({'; '.join(notes)})" if notes else file


def _keyring(keyring: dict[str, object]) -> str:
    state, reason = text(keyring.get("state")), text(keyring.get("reason"))
    return f"{state}: {reason}" if reason else state


def _ledger(ledger: dict[str, object]) -> str:
    """Return the problem of the ledger and what to do; empty if it is complete."""
    state, reason = text(ledger.get("state")), text(ledger.get("reason")).rstrip(".")
    if state not in {"", "ok"}:
        return (
            f"cannot be written: {reason or 'unknown reason'}. Requests are still served, and "
            "their usage is kept in memory: fix this before the daemon stops, or that usage is lost"
        )
    if reason:
        return (
            f"usage was lost: {reason}. Limits may count too little until they reset: see "
            "'aircher-cli limits'"
        )
    return ""


def config_lines(config: dict[str, object], width: int, home: str) -> list[Line]:
    """Return the problems of the configuration after a blank line; empty if it is valid."""
    lines: list[Line] = []
    for line in config_problems(config, home):
        indent = "  " if line.startswith("  ") else ""
        style = "" if indent else "bad"
        lines += paragraph(line.strip(), width, indent=indent, hang="  ", style=style)
    return [[("", "")], *lines] if lines else []


def _provider_lines(providers: list[dict[str, object]], width: int) -> list[Line]:
    rows = [
        provider_cells(provider, (text(provider.get("base_url")), "dim")) for provider in providers
    ]
    lines: list[Line] = []
    for provider, head in zip(providers, columns(rows, width, droppable=(3,)), strict=True):
        lines += head
        if trouble := health_problem(provider):
            lines += paragraph(trouble, width, indent="    ", hang="  ")
    return lines


def provider_cells(provider: dict[str, object], detail: Piece) -> Line:
    """Return the columns of one provider: symbol, name, state, and `detail`."""
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


def _default_lines(status: dict[str, object], width: int) -> list[Line]:
    default = as_map(status.get("default"))
    chain = " → ".join(texts(default.get("candidates")))
    model = text(default.get("model"))
    if problem := text(default.get("problem")):
        return fields([("without -m", problem)], width)
    if not chain:
        from aircher_cli.render.advice import no_default_lines  # noqa: PLC0415 -- rarely needed

        advice = wrap_hanging("\n".join(no_default_lines(status)), width)
        return [[(line, "")] for line in advice.splitlines()]
    value = f"{model}: {chain}" if model and model != chain else chain
    return fields([("without -m", value)], width)
