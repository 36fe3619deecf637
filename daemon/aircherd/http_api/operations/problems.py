"""Errors of aircher as problems, which each dialect gives its own form: pure.

The message names the reason of each provider, as the socket's does. Whatever failed was tried
everywhere it may be, so a client must not ask again by itself: it would only be billed twice. Two
errors are exceptions: nothing was tried, and soon it can be.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from aircher_wire import codes
from aircherd.errors import AircherError
from aircherd.http_api.call import Headers
from aircherd.http_api.problem import Problem, ProblemKind

SOON: Final = 1.0
"""Seconds until what was refused for now may be asked again."""


class _Row(NamedTuple):
    kind: ProblemKind
    status: int
    may_retry: bool = False


_ROWS: Final[dict[str, _Row]] = {
    codes.BAD_REQUEST: _Row("invalid_request", 400),
    codes.CONTENT_POLICY: _Row("invalid_request", 400),
    codes.CONTEXT_TOO_LONG: _Row("context_length", 400),
    codes.NOT_AUTHENTICATED: _Row("not_signed_in", 401),
    codes.AUTH_REJECTED: _Row("not_signed_in", 401),
    codes.KEYRING_LOCKED: _Row("not_signed_in", 401),
    codes.FORBIDDEN: _Row("permission", 403),
    codes.UNKNOWN_MODEL: _Row("not_found", 404),
    codes.UNKNOWN_METHOD: _Row("not_found", 404),
    codes.LIMIT_REACHED: _Row("usage_limit", 429),
    codes.PRICE_UNKNOWN: _Row("usage_limit", 429),
    codes.TOO_EXPENSIVE: _Row("usage_limit", 429),
    codes.QUOTA_EXHAUSTED: _Row("usage_limit", 429),
    codes.RATE_LIMITED: _Row("rate_limit", 429),
    codes.BUSY: _Row("overloaded", 503, may_retry=True),
    codes.OVERLOADED: _Row("overloaded", 503),
    codes.SHUTTING_DOWN: _Row("overloaded", 503, may_retry=True),
    codes.PROVIDER_ERROR: _Row("unavailable", 502),
    codes.NETWORK: _Row("unavailable", 502),
    codes.EMPTY_REPLY: _Row("unavailable", 502),
    codes.TRUNCATED: _Row("interrupted", 502),
    codes.TIMEOUT: _Row("timeout", 504),
    codes.CONFIG_INVALID: _Row("internal", 500),
}
_INTERNAL: Final = _Row("internal", 500)
_UNAVAILABLE: Final = _Row("unavailable", 503)

# For several reasons: the first row whose codes include all of them.
_GROUPS: Final[tuple[tuple[frozenset[str], _Row], ...]] = (
    (frozenset({codes.BAD_REQUEST}), _Row("unsupported", 400)),
    (codes.ABOUT_AUTHENTICATION, _Row("not_signed_in", 401)),
    (frozenset({codes.UNKNOWN_MODEL, codes.BAD_REQUEST}), _Row("not_found", 404)),
    (
        frozenset(
            {codes.LIMIT_REACHED, codes.PRICE_UNKNOWN, codes.TOO_EXPENSIVE, codes.QUOTA_EXHAUSTED}
        ),
        _Row("usage_limit", 429),
    ),
    (
        frozenset(
            {
                *(codes.RATE_LIMITED, codes.LIMIT_REACHED, codes.QUOTA_EXHAUSTED),
                *(codes.PRICE_UNKNOWN, codes.TOO_EXPENSIVE),
            }
        ),
        _Row("rate_limit", 429),
    ),
    (frozenset({codes.TIMEOUT}), _Row("timeout", 504)),
    (frozenset({codes.OVERLOADED, codes.RATE_LIMITED}), _Row("overloaded", 503)),
)
_IRRELEVANT: Final = codes.ABOUT_AUTHENTICATION | {codes.CONFIG_INVALID}
"""Why a provider cannot answer at all: what the others said is what counts."""


def problem_of(error: AircherError, now: float) -> Problem:
    """Return the problem of an error; `now` is the Unix time."""
    row = _row_of(error)
    retry_after = SOON if row.may_retry else _seconds_until(error.data.get("until"), now)
    return Problem(
        kind=row.kind,
        status=row.status,
        code=error.code,
        message=error.message,
        param="model" if row.kind == "not_found" else None,
        retry_after=retry_after,
        may_retry=row.may_retry,
    )


def internal_problem() -> Problem:
    """Return the problem of an error that is a bug; the log describes it."""
    message = "internal error: see the daemon's log"
    return Problem(kind="internal", status=500, code=codes.INTERNAL, message=message)


def _row_of(error: AircherError) -> _Row:
    if "finish" in error.data:  # the reply broke off
        return _Row("interrupted", 502)
    reasons = set(_reasons(error.data))
    if codes.CONTEXT_TOO_LONG in reasons:
        # Whatever else there was: a shorter prompt is what the client can do about it.
        return _ROWS[codes.CONTEXT_TOO_LONG]
    if error.code != codes.ALL_FAILED:
        return _ROWS.get(error.code, _INTERNAL)
    reasons = reasons - _IRRELEVANT or reasons
    return next((row for found, row in _GROUPS if reasons <= found), _UNAVAILABLE)


def _reasons(data: Mapping[str, object]) -> list[str]:
    """Return the codes of the attempts and skips of an error."""
    found: list[str] = []
    for entries, field in (("attempts", "outcome"), ("skipped", "reason")):
        rows = data.get(entries)
        if isinstance(rows, list):
            found += [row[field] for row in rows]
    return found


def _seconds_until(until: object, now: float) -> float | None:
    return max(until - now, 0.0) if isinstance(until, int | float) else None


def problem_headers(problem: Problem) -> Headers:
    """Return the headers by which SDKs decide whether to ask again, and when."""
    found = [("x-should-retry", "true" if problem.may_retry else "false")]
    if problem.retry_after is not None:
        found.append(("retry-after", str(math.ceil(problem.retry_after))))
        found.append(("retry-after-ms", str(math.ceil(problem.retry_after * 1000))))
    return found
