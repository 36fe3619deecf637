"""What became of something that the user did, as text that is safe to show."""

from dataclasses import dataclass, field

from aircher_cli.console import strip_controls
from aircher_cli.render.formatting import count, describe_reason
from aircher_cli.values import Map, number, records, text
from aircher_client.errors import ClientError, DaemonError, DaemonUnreachable, NoAnswer
from aircher_wire import codes

NOT_RUNNING = "the daemon is not running"
BUSY = "the daemon is stopping or restarting; try again in a moment"

REFUSED = "refused the key"
"""Begins the reason of a rejected key."""


@dataclass(frozen=True)
class Outcome:
    """`message` is plain text; `data` is the daemon's answer, empty if there is none."""

    ok: bool
    message: str
    data: Map = field(default_factory=dict)


def failed(error: ClientError) -> Outcome:
    """Return the outcome of a call that failed."""
    data = dict(error.data) if isinstance(error, DaemonError) else {}
    message = error_text(error)
    return Outcome(False, strip_controls(message).strip(), data)


def error_text(error: ClientError) -> str:
    """Return one line that says why a call failed."""
    if isinstance(error, DaemonError):
        return BUSY if error.code == codes.SHUTTING_DOWN else _first_line(error.message)
    if isinstance(error, NoAnswer):
        return _first_line(error.message)
    if isinstance(error, DaemonUnreachable) and "is not running" in error.message:
        return NOT_RUNNING
    return _first_line(error.message)


def _first_line(message: str) -> str:
    return message.partition("\n")[0]


def tested(provider: str, result: Map) -> Outcome:
    """Return the outcome of `auth.test`."""
    rows = records(result.get("rows"))
    if not rows:
        return Outcome(False, f"{provider}: there is nothing to check", result)
    found = [_tested_row(row) for row in rows]
    is_named = len(rows) > 1
    parts = [
        f"{text(row.get('key'))} {what}" if is_named and row.get("key") else what
        for row, (_, what) in zip(rows, found, strict=True)
    ]
    return _shown(all(ok for ok, _ in found), f"{provider}: {'; '.join(parts)}", result)


_TESTED = {
    "authenticated": (True, "the key works"),
    "not_required": (True, "it answers, and needs no key"),
    "not_configured": (False, "there is no key"),
    "rejected": (False, "the key was refused"),
    "locked": (False, "the key cannot be read"),
    "unreadable": (False, "the key cannot be read"),
}


def _tested_row(row: Map) -> tuple[bool, str]:
    """Return whether a checked key can be used, and what was found."""
    if row.get("health") == "unreachable":
        return False, _because("it cannot be reached", text(row.get("health_reason")))
    unknown = (False, "the key could not be checked")
    ok, what = _TESTED.get(text(row.get("state")), unknown)
    reason = text(row.get("reason"))
    if reason.startswith(REFUSED):  # it says so itself
        return ok, f"the provider {reason}"
    return ok, what if ok else _because(what, reason)


def _because(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what


def refreshed(result: Map) -> Outcome:
    """Return the outcome of `models.refresh`; a local server that does not run is no failure."""
    lists = records(result.get("lists"))
    public = result.get("models_dev")
    if isinstance(public, dict):
        lists.append({"provider": "models.dev", **public})
    failures = [row for row in lists if row.get("error") and not row.get("is_absent")]
    done = len([row for row in lists if not row.get("error")])
    parts = [f"updated {count(done, 'list')} of models"] if done or not failures else []
    parts += [f"{text(row.get('provider'))}: {text(row.get('error'))}" for row in failures]
    return _shown(not failures, "; ".join(parts), result)


def cleared(provider: str, result: Map) -> Outcome:
    """Return the outcome of `cooldowns.clear`."""
    number_cleared = int(number(result.get("cleared")) or 0)
    if not number_cleared:
        return Outcome(True, f"{provider} has no cooldowns", result)
    return Outcome(True, f"ended {count(number_cleared, 'cooldown')} of {provider}", result)


def signed_out(provider: str, result: Map) -> Outcome:
    """Return the outcome of `auth.logout`, with what is used instead."""
    removed = int(number(result.get("removed")) or 0)
    message = f"removed {count(removed, 'key')} of {provider}"
    left = [text(row.get("source")) for row in records(result.get("rows")) if row.get("source")]
    if left:
        message += f"; still used: {', '.join(dict.fromkeys(left))}"
    return _shown(removed > 0, message if removed else f"{provider} has no stored key", result)


def unlocked(result: Map) -> Outcome:
    """Return the outcome of `auth.unlock`."""
    problem = text(result.get("problem"))
    more = f", but a restart of the daemon locks them again: {problem}" if problem else ""
    return _shown(not problem, f"the keys are unlocked{more}", result)


def imported(result: Map) -> Outcome:
    """Return the outcome of `auth.import`."""
    rows = records(result.get("outcomes"))
    good = [row for row in rows if row.get("outcome") in {"stored", "already"}]
    bad = [row for row in rows if row.get("outcome") in {"refused", "failed"}]
    parts = [f"{count(len(good), 'key')} stored"] if good or not bad else []
    parts += [_because(text(row.get("variable")), _import_problem(row)) for row in bad]
    return _shown(not bad and bool(good), "; ".join(parts), result)


def _import_problem(row: Map) -> str:
    return text(row.get("message")) or f"{text(row.get('outcome'))}, not stored"


def explained(result: Map) -> Outcome:
    """Return the outcome of `route.explain`: which candidate would answer now, or why none."""
    candidates, skipped = records(result.get("candidates")), records(result.get("skipped"))
    if candidates:
        first = candidates[0]
        return _shown(True, f"{_name(first)} would answer now", result)
    reasons = [
        f"{_name(row)} {text(row.get('message')) or describe_reason(text(row.get('reason')))}"
        for row in skipped[:1]
    ]
    return _shown(False, _because("no model can answer now", "; ".join(reasons)), result)


def _name(row: Map) -> str:
    return f"{text(row.get('provider'))}/{text(row.get('model'))}"


def _shown(ok: bool, message: str, result: Map) -> Outcome:
    """Providers' messages may have control characters."""
    return Outcome(ok, strip_controls(message), result)
