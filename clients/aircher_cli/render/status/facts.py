"""What the status screen says below the providers: the default, what was done, and facts."""

import time
from collections.abc import Mapping

from aircher_cli.render.daemon import STARTED_BY, is_elsewhere
from aircher_cli.render.formatting import count, format_cost, short_path
from aircher_cli.render.layout import Line, fields, wrap_hanging
from aircher_cli.render.status import detail
from aircher_cli.values import Map, as_map, number, records, text, texts

NAME_WIDTH = len("requests")

MEGABYTE = 1024 * 1024

KEYRING_ADVICE = {
    "locked": "; keys in it cannot be used until then",
    "unreachable": "; try again, and if it stays so: aircher-cli doctor",
    "unavailable": "; keys are stored in a private file instead",
}


def default_lines(record: Map, width: int, environ: Mapping[str, str]) -> list[Line]:
    """Return what answers a request without a model; if nothing does, what to do about it."""
    default = as_map(record.get("default"))
    chain = " → ".join(texts(default.get("candidates")))
    model = text(default.get("model"))
    if problem := text(default.get("problem")):
        return fields(_known(("default", problem)), width)
    if not chain and record.get("lock"):  # the lines at the top say what to do
        return fields(_known(("default", f"{model and f'{model}: '}waits for the keys")), width)
    if not chain:
        # Imported late: only where no provider answers.
        from aircher_cli.render.advice import no_default_lines  # noqa: PLC0415

        advice = wrap_hanging("\n".join(no_default_lines(record, environ)), width)
        return [*([(line, "")] for line in advice.splitlines()), [("", "")]]
    value = f"{model}: {chain}" if model and model != chain else chain
    return fields(_known(("default", value)), width)


def problem_lines(record: Map, width: int, now: float) -> list[Line]:
    """Return what does not work beside the providers, each as a field that can be seen."""
    unavailable = as_map(record.get("unavailable"))
    found = _known(
        ("shared", _shared_problems(as_map(record.get("shared")), now)),
        ("limits", _not_readable(unavailable.get("limits"))),
        ("cooling", _not_readable(unavailable.get("cooling"))),
        ("ledger", _ledger(as_map(record.get("ledger")))),
        ("audit", text(as_map(record.get("audit")).get("reason"))),
        ("http", _http_problems(as_map(record.get("http")))),
        ("forward", text(as_map(record.get("forwarding")).get("problem"))),
    )
    lines = fields([(name, f"⚠ {value}") for name, value in found], width)
    return [[name, *((text, "warn") for text, _ in values)] for name, *values in lines]


def activity(record: Map, *, step: int) -> list[tuple[str, str]]:
    """Return what was done and spent."""
    memory = as_map(record.get("memory"))
    return _known(
        ("spend", _spend(record)),
        ("requests", _requests(record)),
        ("memory", _memory(memory) if step < detail.FEW_FACTS or _is_short(memory) else ""),
    )


def facts(record: Map, home: str, *, step: int) -> list[tuple[str, str]]:
    """Return what rarely changes; from `FEW_FACTS` on only what has a problem, and two files."""
    tasks = [text(task.get("name")) for task in records(record.get("tasks"))]
    if is_elsewhere(record):
        return _known(("tasks", ", ".join(tasks) if step < detail.FEW_FACTS else ""))
    keyring, key_file = as_map(record.get("keyring")), as_map(record.get("key_file"))
    files = [
        ("config", _config(as_map(record.get("config")), home)),
        ("log", short_path(text(record.get("log")), home) or _other_log(record)),
    ]
    if step >= detail.FEW_FACTS:
        needs_unlocking = text(keyring.get("state")) in {"locked", "unreachable"}
        return _known(
            ("keyring", _keyring(keyring) if needs_unlocking else ""),
            ("key file", _key_file(record) if key_file.get("problem") else ""),
            *files,
        )
    return _known(
        ("tasks", ", ".join(tasks)),
        ("shared", _shared(as_map(record.get("shared")))),
        ("keyring", _keyring(keyring)),
        ("key file", _key_file(record)),
        ("swap", _swap(as_map(record.get("swap")))),
        ("started", _started(record)),
        *files,
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


def _is_short(budget: Map) -> bool:
    """Tell whether the budget for buffers was not enough, or is half used."""
    total, used = (number(budget.get(name)) or 0 for name in ("total", "used"))
    return bool(budget.get("refused")) or (total > 0 and 2 * used >= total)


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
