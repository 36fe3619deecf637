"""The status screen: the daemon, the providers in use, limits and spend, as lines for any width.

What has a problem comes with what to do about it; what is not configured is folded into one line.
"""

import time
from collections.abc import Mapping

from aircher_cli.render.daemon import (
    STARTED_BY,
    config_lines,
    headline,
    is_elsewhere,
    lock_lines,
)
from aircher_cli.render.formatting import count, format_cost, relative_time, short_path
from aircher_cli.render.keys import folded_lines, is_in_use
from aircher_cli.render.layout import Line, columns, fields, paragraph, wrap_hanging
from aircher_cli.render.marks import HEALTH, STATES, Mark
from aircher_cli.values import Map, as_map, number, records, text, texts, without_label
from aircher_wire.codes import AUTH_REJECTED

ADVICE: dict[str, str] = {
    "locked": "unlock it: log in to the desktop, or open its keyring application",
    "unreadable": "find out why: aircher-cli auth status",
    "rejected": "sign in again: aircher-cli auth login {name}{label}",
    "quota_exhausted": "add credit there, then: aircher-cli cooldowns clear {name}",
    "unreachable": "find out why: aircher-cli doctor",
}
"""State or health -> what to do."""
ADVICE_NOT_STORED = "find out what to do: aircher-cli auth status {name}"
"""What is rejected is a key of a variable or of a command, which another sign-in would hide."""
ADVICE_OTHER_LOCK = "find out why: aircher-cli auth status"
"""What is locked is not in a locked keyring, but in a file or behind a command."""

MAX_UNCONFIGURED = 8
"""More providers of the configuration without a key are in the line of those not signed in."""

DEFAULT_LABEL = "default"
INDENT = "    "
NAME_WIDTH = len("requests")
SOON = 3600.0
"""Seconds; a shorter time until something ends is shown as a countdown."""

MEGABYTE = 1024 * 1024

KEYRING_ADVICE = {
    "locked": "; keys in it cannot be used: unlock it, for example by logging in to the desktop",
    "unreachable": "; try again, and if it stays so: aircher-cli doctor",
    "unavailable": "; keys are stored in a private file instead",
}


def status_lines(
    record: Map,
    *,
    width: int,
    environ: Mapping[str, str],
    now: float,
    draws: bool,
    has_unicode: bool,
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
    """
    home = environ.get("HOME", "")
    lines = paragraph(headline(record), width, style="bold")
    lines += config_lines(as_map(record.get("config")), width, home)
    lines += lock_lines(as_map(record.get("lock")), width, now)
    if providers := _provider_lines(record, width, now):
        lines += [_blank(), *providers]
    lines += [
        _blank(),
        *_default_lines(record, width, environ),
        *fields(_activity(record, now), width),
    ]
    if limits := records(record.get("limits")):
        from aircher_cli.render.limits import limit_lines  # noqa: PLC0415 -- only with limits

        drawn = limit_lines(limits, width, now, draws=draws, has_unicode=has_unicode)
        lines += [_blank(), *drawn]
    return [*lines, _blank(), *fields(_facts(record, home), width)]


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


# ------------------------------------------------------------------ providers


def _provider_lines(record: Map, width: int, now: float) -> list[Line]:
    cooling = records(record.get("cooling"))
    providers = [_own_health(each, cooling) for each in records(record.get("providers"))]
    names = texts(as_map(record.get("default")).get("candidates"))
    named = frozenset(without_label(name).partition("/")[0] for name in names)
    shown = [each for each in providers if is_in_use(each, named)]
    missing = [each for each in shown if each.get("state") == "not_configured"]
    if len(missing) > MAX_UNCONFIGURED:
        shown = [each for each in shown if each not in missing or _name(each) in named]
    heads = columns([_head(each, now) for each in shown], width)
    lines: list[Line] = []
    for provider, head in zip(shown, heads, strict=True):
        lines += [*head, *_details(provider, record, width, now)]
    return lines + folded_lines(
        [each for each in providers if each not in shown], width, is_elsewhere=is_elsewhere(record)
    )


def _name(provider: Map) -> str:
    return text(provider.get("provider"))


def _head(provider: Map, now: float) -> Line:
    symbol, word, style = describe(provider)
    until = number(provider.get("until"))
    if until is not None and _is_ill(provider):
        word += f", available {relative_time(until, now)}"
    return [(symbol, style), (_name(provider), "bold"), (word, style)]


def describe(provider: Map) -> tuple[str, str, str]:
    """Return the symbol, word and style of a provider's state and health."""
    if provider.get("absent"):
        return Mark.STOPPED.value
    state, health = text(provider.get("state")), text(provider.get("health"))
    if _is_ill(provider):
        known, other = HEALTH.get(health), ("⚠", health.replace("_", " "), "warn")
    else:
        known, other = STATES.get(state), ("?", state.replace("_", " "), "warn")
    return known.value if known else other


def _is_ill(provider: Map) -> bool:
    """Tell whether the health matters: it does for a provider that could be called."""
    is_usable = provider.get("state") in {"authenticated", "unverified", "not_required"}
    return is_usable and text(provider.get("health")) not in {"", "ok"}


def _details(provider: Map, record: Map, width: int, now: float) -> list[Line]:
    """Return why a provider is not ready, what to do, and which of its keys or models cool."""
    lines: list[Line] = []
    if provider.get("absent"):
        return lines
    is_ill = _is_ill(provider)
    reason = text(provider.get("health_reason")) if is_ill else _refusal(provider)
    if reason:
        lines += paragraph(reason, width, indent=INDENT, hang="  ")
    advice = ADVICE.get(text(provider.get("health" if is_ill else "state")), "")
    key = text(provider.get("key"))
    if key == "command" or key.startswith("env:"):
        advice = ADVICE_NOT_STORED if advice == ADVICE["rejected"] else advice
    if record.get("lock") and provider.get("state") == "locked":
        advice = ""  # the lines at the top say it
    elif provider.get("state") == "locked" and not is_ill and not _is_keyring_locked(record):
        advice = ADVICE_OTHER_LOCK
    if advice:
        label = f" --label {key}" if key not in {"", DEFAULT_LABEL} else ""
        sentence = f"→ {advice.format(name=_name(provider), label=label)}"
        lines += paragraph(sentence, width, indent=INDENT, hang="  ")
    for row in records(record.get("cooling")):
        if row.get("provider") == provider.get("provider") and not _repeats(row, provider):
            lines += _part_lines(row, width, now)
    return lines


def _is_keyring_locked(record: Map) -> bool:
    """Tell whether the keyring is locked; also if its state was not asked for."""
    return text(as_map(record.get("keyring")).get("state")) in {"", "locked"}


def _refusal(provider: Map) -> str:
    """Return why a provider's key or entry is not used, as far as `status` knows."""
    failure = as_map(provider.get("last_failure"))
    is_of_key = provider.get("state") == "rejected" and failure.get("outcome") == AUTH_REJECTED
    return text(provider.get("reason")) or (text(failure.get("message")) if is_of_key else "")


def _own_health(provider: Map, cooling: list[Map]) -> Map:
    """Return a provider as healthy if only one of its models is not: the others can be asked.

    The daemon's row has the worst health of any model.
    """
    of_models = [row for row in cooling if row.get("model") and _name(row) == _name(provider)]
    if any(_repeats(row, provider) for row in of_models):
        return {**provider, "health": "ok", "health_reason": None, "until": None}
    return provider


def _repeats(row: Map, provider: Map) -> bool:
    """Tell whether the row of a key or model says what the provider's own lines say."""
    if not (row.get("key") or row.get("model")):
        return True
    if row.get("health") != provider.get("health") or not _is_ill(provider):
        return False
    ends = [number(each.get("until")) for each in (row, provider)]
    is_same_end = abs((ends[0] or 0.0) - (ends[1] or 0.0)) < 1.0
    return is_same_end and text(row.get("health_reason")) in text(provider.get("health_reason"))


def _part_lines(row: Map, width: int, now: float) -> list[Line]:
    model, key = text(row.get("model")), text(row.get("key"))
    names = [model, f"key {key}" if key else ""]
    health = text(row.get("health"))
    known = HEALTH.get(health)
    word, style = (known.word, known.style) if known else (health, "warn")
    until = number(row.get("until"))
    when = "" if until is None else f", available {relative_time(until, now)}"
    reason = text(row.get("health_reason"))
    sentence = f"⚠ {', '.join(filter(None, names))}: {word}{when}"
    why = paragraph(reason, width, indent=INDENT * 2, hang="  ") if reason else []
    return [*paragraph(sentence, width, indent=INDENT, hang="  ", style=style), *why]


# ------------------------------------------------------------------ the default and the facts


def _default_lines(record: Map, width: int, environ: Mapping[str, str]) -> list[Line]:
    default = as_map(record.get("default"))
    chain = " → ".join(texts(default.get("candidates")))
    model = text(default.get("model"))
    if problem := text(default.get("problem")):
        return fields(_known(("default", problem)), width)
    if not chain:
        # Imported late: only where no provider answers.
        from aircher_cli.render.advice import no_default_lines  # noqa: PLC0415

        advice = wrap_hanging("\n".join(no_default_lines(record, environ)), width)
        return [*([(line, "")] for line in advice.splitlines()), _blank()]
    value = f"{model}: {chain}" if model and model != chain else chain
    return fields(_known(("default", value)), width)


def _activity(record: Map, now: float) -> list[tuple[str, str]]:
    """Return what was done and spent, and what of it cannot be read."""
    unavailable = as_map(record.get("unavailable"))
    return _known(
        ("spend", _spend(record)),
        ("requests", _requests(record)),
        ("shared", _shared_problems(as_map(record.get("shared")), now)),
        ("limits", _not_readable(unavailable.get("limits"))),
        ("cooling", _not_readable(unavailable.get("cooling"))),
        ("ledger", _ledger(as_map(record.get("ledger")))),
        ("memory", _memory(as_map(record.get("memory")))),
        ("audit", text(as_map(record.get("audit")).get("reason"))),
        ("http", _http_problems(as_map(record.get("http")))),
        ("forward", text(as_map(record.get("forwarding")).get("problem"))),
    )


def _facts(record: Map, home: str) -> list[tuple[str, str]]:
    """Return what rarely changes."""
    tasks = [text(task.get("name")) for task in records(record.get("tasks"))]
    if is_elsewhere(record):
        return _known(("tasks", ", ".join(tasks)))
    return _known(
        ("tasks", ", ".join(tasks)),
        ("shared", _shared(as_map(record.get("shared")))),
        ("keyring", _keyring(as_map(record.get("keyring")))),
        ("key file", _key_file(record)),
        ("swap", _swap(as_map(record.get("swap")))),
        ("started", _started(record)),
        ("config", _config(as_map(record.get("config")), home)),
        ("log", short_path(text(record.get("log")), home) or _other_log(record)),
        ("socket", short_path(text(record.get("socket")), home)),
        ("http", _http(as_map(record.get("http")), home)),
        ("data", short_path(text(record.get("data")), home)),
    )


def _known(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the pairs with a value; names are as wide in each block, so that they align."""
    return [(f"{name:<{NAME_WIDTH}}", value) for name, value in pairs if value]


def _not_readable(reason: object) -> str:
    return f"not known: {text(reason)}" if reason else ""


def _shared_problems(shared: Map, now: float) -> str:
    """Return why the engine of the fleet does not answer, and which limits differ."""
    if not shared:
        return ""
    from aircher_cli.render.fleet import state  # noqa: PLC0415 -- in a fleet only

    return "; ".join(filter(None, [state.problem(shared, now), state.differing(shared)]))


def _shared(shared: Map) -> str:
    """Return with how many machines limits are shared, and where."""
    if text(shared.get("state")) not in {"ok", "starting"}:
        return ""
    from aircher_cli.render.fleet import state  # noqa: PLC0415 -- in a fleet only

    return state.headline(shared)


def _memory(budget: Map) -> str:
    """Return how much of the budget for buffers is in use, and how often it was not enough."""
    if not budget:
        return ""
    names = ("total", "used", "refused")
    total, used, refused = (int(number(budget.get(name)) or 0) for name in names)
    note = f", {count(refused, 'request')} refused since the start" if refused else ""
    return f"{used // MEGABYTE} of {total // MEGABYTE} MB in use for prompts and replies{note}"


def _http(doors: Map, home: str) -> str:
    """Return where HTTP clients come in."""
    where = "" if doors.get("socket_problem") else short_path(text(doors.get("socket")), home)
    ports = doors.get("ports")
    names = [f"port {port}" for port in ports] if isinstance(ports, list) else []
    return ", ".join(filter(None, [where, *names]))


def _http_problems(doors: Map) -> str:
    problems = [text(doors.get(name)) for name in ("socket_problem", "port_problem")]
    return "; ".join(filter(None, problems))


def _spend(record: Map) -> str:
    spend = as_map(record.get("spend"))
    if not spend:
        return _not_readable(as_map(record.get("unavailable")).get("spend"))
    today, month = as_map(spend.get("today")), as_map(spend.get("month"))
    requests, failed = (int(number(today.get(name)) or 0) for name in ("requests", "failed"))
    done = [count(requests, "request"), f"{failed:,} failed" if failed else ""]
    about = f" ({', '.join(filter(None, done))})" if requests else ""
    note = " (? is an unknown price)" if month.get("unknown_cost") else ""
    return f"{_cost(today)} today{about}, {_cost(month)} this month{note}"


def _cost(sums: Map) -> str:
    """Return a cost as in `usage`, without its import of `decimal`, which takes 8 ms."""
    cost, estimated = (_amount(sums.get(name)) for name in ("cost", "estimated_cost"))
    unknown = "+?" if sums.get("unknown_cost") else ""
    return (
        "?" if unknown and not cost else f"{'~' if estimated else ''}{format_cost(cost)}{unknown}"
    )


def _amount(value: object) -> float:
    try:
        return float(text(value))
    except ValueError:
        return 0.0


def _requests(record: Map) -> str:
    requests = as_map(record.get("requests"))
    if not requests:
        return ""
    active, total = (int(number(requests.get(name)) or 0) for name in ("active", "total"))
    clients = int(number(record.get("clients")) or 0)
    return f"{active} active, {total:,} since the start; {count(clients, 'client')} connected"


def _started(record: Map) -> str:
    starter = text(record.get("started_by"))
    at = number(record.get("started_at"))
    when = "" if at is None else time.strftime("%Y-%m-%d %H:%M ", time.localtime(at))
    return f"{when}{STARTED_BY.get(starter, starter)}".strip()


def _other_log(record: Map) -> str:
    """Return where a log is that has no file; empty if that is not known."""
    starter = text(record.get("started_by"))
    if starter.startswith("systemd"):
        return "in the journal: journalctl --user -u aircherd"
    return "on the standard error of aircherd" if starter == "user" else ""


def _config(config: Map, home: str) -> str:
    file = short_path(text(config.get("file")), home)
    if not config.get("ok", True):
        return f"{file} (INVALID, see above)"
    notes = [] if config.get("exists", True) else ["does not exist; defaults are used"]
    if problem := text(config.get("watch_problem")):
        notes.append(f"the system reports no changes of files ({problem}): it is read at intervals")
    return f"{file} ({'; '.join(notes)})" if notes else file


def _keyring(keyring: Map) -> str:
    """Return the state of the keyring; with a problem, the reason and what follows."""
    state, reason = text(keyring.get("state")), text(keyring.get("reason")).rstrip(".")
    why = f": {reason}" if reason else ""
    return f"{state}{why}{KEYRING_ADVICE.get(state, '')}"


def _key_file(record: Map) -> str:
    """Return whether the file with keys is encrypted; empty if there are none in it."""
    if "key_file" not in record:
        return ""
    file = as_map(record.get("key_file"))
    cipher, problem = text(file.get("encrypted_with")), text(file.get("problem"))
    if cipher:
        return f"encrypted with {cipher}{problem and f'; {problem}'}"
    return "not encrypted" + (problem and f" as [auth] encrypt_with says: {problem}")


def _swap(swap: Map) -> str:
    """Return whether keys in the daemon's memory can be swapped out to a disk."""
    match text(swap.get("state")):
        case "":
            return ""
        case "no swap":
            return "none on this machine, so keys in memory are not written to a disk"
        case "locked":
            return "keys in memory are locked, so they are not written to it"
        case state:
            which = "some keys" if state == "partly locked" else "keys"
            return (
                f"{which} in memory may be written to it ({text(swap.get('reason'))}): encrypt the "
                "swap, or allow more locked memory (ulimit -l)"
            )


def _ledger(ledger: Map) -> str:
    """Return the problem of the ledger and what to do; empty if it is complete."""
    state, reason = text(ledger.get("state")), text(ledger.get("reason")).rstrip(".")
    if state not in {"", "ok"}:
        served = "Requests are still served"
        if ledger.get("on_failure") == "refuse":
            served = "Requests under a limit are refused; others are served"
        return (
            f"cannot be written: {reason or 'unknown reason'}. {served}, and "
            "their usage is kept in memory: fix this before the daemon stops, or that usage is lost"
        )
    if reason:
        return (
            f"usage was lost: {reason}. Limits may count too little until they reset: see "
            "'aircher-cli limits'"
        )
    return ""
