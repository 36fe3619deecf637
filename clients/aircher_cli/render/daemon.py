"""The answer to `status` as text."""

from aircher_cli.exits import records
from aircher_cli.render.keys import SYMBOLS, state_words
from aircher_cli.render.layout import Line, columns, fields, paragraph
from aircher_cli.render.problems import problem_lines
from aircher_cli.render.words import count, duration, number, short_path, text, texts

STARTERS: dict[str, str] = {
    "client": "by a client, with the variables of its shell",
    "systemd": "by systemd, without the variables of your shell",
    "user": "by hand",
}
"""`started_by` in words: it decides which environment variables the daemon sees."""


def headline(status: dict[str, object]) -> str:
    """Return which daemon it is and how long it has been up."""
    version, pid = text(status.get("version")), text(status.get("pid"))
    up = duration(number(status.get("uptime_s")) or 0)
    return f"aircherd {version} runs as process {pid}, for {up}"


def status_lines(status: dict[str, object], *, width: int, home: str) -> list[Line]:
    """Return the lines for the answer to `status`.

    Args:
        status: As it came from the daemon.
        width: The terminal's columns.
        home: The caller's home directory, shown as `~`.
    """
    lines = paragraph(headline(status), width, style="bold")
    lines += fields(_facts(status, home), width)
    lines += _config_problems(status, width, home)
    if providers := records(status.get("providers")):
        lines += [[("", "")], *_provider_lines(providers, width)]
    return [*lines, [("", "")], *_default_lines(status, width)]


def _facts(status: dict[str, object], home: str) -> list[tuple[str, str]]:
    starter = text(status.get("started_by"))
    pairs = [
        ("started", STARTERS.get(starter, starter)),
        ("requests", _requests(status)),
        ("socket", short_path(text(status.get("socket")), home)),
        ("config", _config(_map(status.get("config")), home)),
        ("data", short_path(text(status.get("data")), home)),
        ("keyring", _keyring(_map(status.get("keyring")))),
    ]
    return [(name, value) for name, value in pairs if value]


def _map(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _requests(status: dict[str, object]) -> str:
    requests = _map(status.get("requests"))
    active, total = (int(number(requests.get(name)) or 0) for name in ("active", "total"))
    clients = int(number(status.get("clients")) or 0)
    return f"{active} under way, {total} in all; {count(clients, 'client')} connected"


def _config(config: dict[str, object], home: str) -> str:
    file = short_path(text(config.get("file")), home)
    if not config.get("ok", True):
        return f"{file} (INVALID, see below)"
    return file if config.get("exists", True) else f"{file} (not there: all built in)"


def _keyring(keyring: dict[str, object]) -> str:
    state, reason = text(keyring.get("state")), text(keyring.get("reason"))
    return f"{state}: {reason}" if reason else state


def _config_problems(status: dict[str, object], width: int, home: str) -> list[Line]:
    config = _map(status.get("config"))
    problem = _map(config.get("problem"))
    if config.get("ok", True) or not problem:
        return []
    said = problem_lines(records(problem.get("problems"))) or [text(problem.get("message"))]
    lines: list[Line] = [[("", "")], [("the configuration is invalid:", "bad")]]
    for sentence in said:
        lines += paragraph(short_path(sentence, home), width, indent="  ", hang="  ")
    return lines


def _provider_lines(providers: list[dict[str, object]], width: int) -> list[Line]:
    rows = [_provider_cells(provider) for provider in providers]
    heads = columns(rows, width, droppable=(3,))
    lines: list[Line] = []
    for provider, head in zip(providers, heads, strict=True):
        lines.append(head)
        if reason := text(provider.get("reason")):
            lines += paragraph(reason, width, indent="    ", hang="  ")
    return lines


def _provider_cells(provider: dict[str, object]) -> Line:
    state, health = text(provider.get("state")), text(provider.get("health"))
    symbol, style = SYMBOLS.get(state, ("?", "warn"))
    if health not in {"", "ok"}:
        symbol, style = "!", "warn"
    return [
        (symbol, style),
        (text(provider.get("provider")), "bold"),
        (state_words(state, health), style),
        (text(provider.get("base_url")), "dim"),
    ]


def _default_lines(status: dict[str, object], width: int) -> list[Line]:
    default = _map(status.get("default"))
    chain = " → ".join(texts(default.get("candidates")))
    model = text(default.get("model"))
    if not chain:
        return paragraph(
            "Nobody can answer yet: sign in with `aircher-cli auth login anthropic` (or openai, "
            "openrouter), or start Ollama. `aircher-cli demo` needs neither.",
            width,
        )
    value = f"{model}: {chain}" if model and model != chain else chain
    return fields([("without -m", value)], width)
