"""Messages for errors: what happened, where, and what to do.

Used only after a failure, so speed does not matter here.
"""

import math
import re
import time
from collections.abc import Mapping

from aircher_cli.context import Context
from aircher_cli.exit_codes import (
    INSTALLATION_GONE,
    NOT_SIGNED_IN,
    CommandFailed,
    UsageError,
    exit_code,
)
from aircher_cli.parser import PROGRAM
from aircher_cli.render.config.problems import problem_lines
from aircher_cli.render.formatting import available_again, describe_reason, with_subject
from aircher_cli.values import number, records
from aircher_client import DaemonError, DaemonUnreachable
from aircher_wire import codes
from aircher_wire.address import AddressError

UNREACHABLE_CODE = "daemon_unreachable"
"""The code in `--json` when the daemon cannot be reached; the protocol has none."""


def report(context: Context, error: BaseException, *, as_json: bool) -> int:
    """Print an error and return its exit code.

    With `as_json` it goes to standard output as `{"error": {code, message, data}}`.
    """
    code = exit_code(error)
    if as_json:
        context.console.json({"error": error_record(error)})
        return code
    for line in [*error_lines(error, context.environ), *_service_lines(context, error)]:
        context.console.note(line)
    return code


def _service_lines(context: Context, error: BaseException) -> list[str]:
    """Return why the service cannot answer, if its installation is gone or it cannot start."""
    if not isinstance(error, DaemonUnreachable):
        return []
    from aircher_cli.service import control  # noqa: PLC0415 -- only after this failure

    advice = control.gone_advice(context.environ) or control.start_failure(context.environ)
    return [] if advice is None else [advice]


def error_record(error: BaseException) -> dict[str, object]:
    """Return an error as `--json` shows it: `{code, message, data}`."""
    if isinstance(error, DaemonError):
        return {"code": error.code, "message": error.message, "data": error.data or {}}
    if isinstance(error, DaemonUnreachable | AddressError):
        return {"code": UNREACHABLE_CODE, "message": str(error), "data": {}}
    if isinstance(error, CommandFailed):
        return {"code": error.code, "message": error.message, "data": {}}
    if isinstance(error, KeyboardInterrupt):
        return {"code": codes.CANCELLED, "message": "interrupted", "data": {}}
    return {"code": codes.INTERNAL, "message": _internal_error(error), "data": {}}


WAIT_ADVICE = "wait for it with 'ask --wait {seconds}'"
"""What to do until a provider is available again."""


def error_lines(
    error: BaseException,
    environ: Mapping[str, str] | None = None,
    *,
    wait_advice: str = WAIT_ADVICE,
) -> list[str]:
    """Return the lines to print for an error; none for Ctrl-C.

    Args:
        error: What was raised.
        environ: The caller's environment: an error about keys names variables that would help.
        wait_advice: What to do if a provider is available again in a moment.
    """
    if isinstance(error, KeyboardInterrupt):
        return []
    if isinstance(error, UsageError):
        return [f"{PROGRAM}: {error.message}", *_try(error.hint)]
    if isinstance(error, CommandFailed):
        return [f"{PROGRAM}: {error.message}"]
    if isinstance(error, DaemonUnreachable | AddressError):
        return [f"{PROGRAM}: {error}"]
    if isinstance(error, DaemonError):
        return _sign_in_lines(error, environ or {}) or _daemon_error_lines(error, wait_advice)
    return [f"{PROGRAM}: {_internal_error(error)}"]


def _try(hint: str) -> list[str]:
    return [f"try: {hint}"] if hint else []


def _sign_in_lines(error: DaemonError, environ: Mapping[str, str]) -> list[str]:
    """Return what to do if only keys are missing or unusable; empty for other errors."""
    if exit_code(error) != NOT_SIGNED_IN or "sign_in" not in error.data:
        return []
    from aircher_cli.render.advice import sign_in_lines  # noqa: PLC0415 -- only for this error
    from aircher_client.sign_in import read_sign_in  # noqa: PLC0415 -- likewise

    found = read_sign_in(error.data, environ)
    if found is None or not found.needed:
        return []
    first, *others = sign_in_lines(found, environ)
    return [f"{PROGRAM}: {first}", *others]


def _daemon_error_lines(error: DaemonError, wait_advice: str) -> list[str]:
    problems = records(error.data.get("problems"))
    details = [f"  {line}" for line in problem_lines(problems)]
    headline = f"{PROGRAM}: {_headline(error, problems)}"
    way = attempt_lines(error.data, error.message)
    retry = retry_lines(error.data, time.time(), wait_advice)
    return [headline, *details, *way, *retry, *_older_daemon_lines(error)]


RESTART = "aircher-cli daemon restart"

_NOT_KNOWN = re.compile(
    r"unknown topic|[a-z_.]+: (?:(?!messages|tools|response_format)[a-z_.]+(?:\[\d+\])?: )?"
    r"(?:there is no field|cannot be) "
)
"""An error about what this program has put into a request, not about JSON of the user."""


def _older_daemon_lines(error: DaemonError) -> list[str]:
    """Return what to do if the daemon does not know what this program knows.

    Its version may be the same: a checkout that was updated while the daemon ran.
    """
    is_unknown = error.code == codes.UNKNOWN_METHOD or (
        error.code == codes.BAD_REQUEST and bool(_NOT_KNOWN.match(error.message))
    )
    if not is_unknown or RESTART in error.message:
        return []
    return [f"The running daemon is older than this program. Run this: {RESTART}"]


MAX_SUGGESTED_WAIT = 600
"""Seconds; `ask --wait` is not suggested for longer."""


def retry_lines(data: dict[str, object], now: float, wait_advice: str = WAIT_ADVICE) -> list[str]:
    """Return a line that says when a provider is available again, if that is known.

    `now` is a Unix time in seconds, as is `data.until`; `wait_advice` says what to do.
    """
    until = number(data.get("until"))
    if until is None:
        return []
    left = max(math.ceil(until - now), 0) + 1  # clocks may differ slightly
    advice = f"; {wait_advice.format(seconds=left)}" if left <= MAX_SUGGESTED_WAIT else ""
    candidates = [*records(data.get("attempts")), *records(data.get("skipped"))]
    who = "" if len(candidates) == 1 else "the first of them is "
    return [f"  {who}{available_again(until, now)}{advice}"]


def _headline(error: DaemonError, problems: list[dict[str, object]]) -> str:
    """Return the daemon's message without repetitions."""
    if any(str(problem.get("message") or "\0") in error.message for problem in problems):
        # Each problem is on a line of its own below.
        subject = error.message.partition(str(problems[0].get("file") or error.message))[0]
        return subject.rstrip() or "the configuration is invalid:"
    provider, _, rest = error.message.partition(": ")
    known = {entry.get("provider") for entry in records(error.data.get("skipped"))}
    return with_subject(provider, provider, rest) if provider in known else error.message


def attempt_lines(data: dict[str, object], headline: str = "") -> list[str]:
    """Return a line for each failed attempt and each skipped candidate.

    Messages that `headline` already contains are left out.
    """
    way = [
        *((entry, entry.get("outcome")) for entry in records(data.get("attempts"))),
        *((entry, entry.get("reason")) for entry in records(data.get("skipped"))),
    ]
    lines = [
        _attempt_line(entry, reason)
        for entry, reason in way
        if reason != "ok" and not (entry.get("message") and str(entry["message"]) in headline)
    ]
    return list(dict.fromkeys(lines))


def _attempt_line(entry: dict[str, object], reason: object) -> str:
    who = "/".join(str(entry[part]) for part in ("provider", "model") if entry.get(part))
    key = f" (key {entry['key']})" if entry.get("key") else ""
    message = str(entry.get("message") or describe_reason(str(reason)))
    return "  " + with_subject(f"{who}{key}", str(entry.get("provider") or ""), message)


def _internal_error(error: BaseException) -> str:
    """Describe an internal error by its type only: its text could contain secrets."""
    if isinstance(error, ImportError) and (error.name or "").startswith("aircher"):
        return INSTALLATION_GONE
    where = error.__traceback__
    while where and where.tb_next:
        where = where.tb_next
    place = f" in line {where.tb_lineno} of {_module(where.tb_frame.f_globals)}" if where else ""
    return f"internal error: {type(error).__name__}{place}. Please report it."


def _module(names: dict[str, object]) -> str:
    return str(names.get("__name__", "?"))
