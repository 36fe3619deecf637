"""Errors in Google's form: `{error: {code, message, status, details}}`.

Gemini CLI asks again on 429 and every 5xx, up to ten times, whatever headers say. It stops where a
429 has a quota of a day, or a delay of over five minutes, and on every other 4xx (its source,
packages/core/src/utils/googleQuotaErrors.ts and retry.ts, 2026). So where nothing is left to try, a
5xx becomes 424: what the request depends on has failed.
"""

from typing import Final

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.problem import Problem, final_status

Json = dict[str, object]

_STATUS: Final = {
    "invalid_request": (400, "INVALID_ARGUMENT"),
    "context_length": (400, "INVALID_ARGUMENT"),
    "unsupported": (400, "FAILED_PRECONDITION"),
    "authentication": (401, "UNAUTHENTICATED"),
    "not_signed_in": (401, "UNAUTHENTICATED"),
    "permission": (403, "PERMISSION_DENIED"),
    "usage_limit": (429, "RESOURCE_EXHAUSTED"),
    "rate_limit": (429, "RESOURCE_EXHAUSTED"),
    "not_found": (404, "NOT_FOUND"),
    "method": (405, "UNIMPLEMENTED"),
    "too_large": (413, "INVALID_ARGUMENT"),
    "overloaded": (503, "UNAVAILABLE"),
    "unavailable": (503, "UNAVAILABLE"),
    "timeout": (504, "DEADLINE_EXCEEDED"),
    "interrupted": (500, "INTERNAL"),
    "internal": (500, "INTERNAL"),
}
"""Kind of problem -> HTTP status, and Google's name for it."""

_TYPE: Final = "type.googleapis.com/google.rpc."
_NOTHING_LEFT: Final = " (left of the limit: 0)"
"""Words that keep our message in Gemini CLI, which else has one of its own for a quota of a day."""

_LONG: Final = 300.0
"""Seconds after which Gemini CLI does not wait."""


def error_body(problem: Problem) -> tuple[int, bytes]:
    """Return the status and the body of an error."""
    code, status = _STATUS[problem.kind]
    code = final_status(code, problem)
    is_final_quota = code == 429 and not problem.may_retry and _is_short(problem.retry_after)
    error = {
        "code": code,
        "message": problem.message + (_NOTHING_LEFT if is_final_quota else ""),
        "status": status,
        "details": _details(problem, is_final_quota=is_final_quota),
    }
    return code, json_bytes({"error": error})


def _is_short(delay: float | None) -> bool:
    """Return whether Gemini CLI would wait for a delay, and ask again."""
    return delay is None or delay <= _LONG


def _details(problem: Problem, *, is_final_quota: bool) -> list[Json]:
    reason = problem.code.upper()
    details: list[Json] = [{"@type": f"{_TYPE}ErrorInfo", "reason": reason, "domain": "aircher"}]
    if problem.param is not None:
        violation = {"field": problem.param, "description": problem.message}
        details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]})
    delay = problem.retry_after
    if delay is not None:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{max(delay, 0):.3f}s"})
    if is_final_quota:
        details.append(_quota(problem))
    return details


def _quota(problem: Problem) -> Json:
    # This keeps a client from asking again by itself.
    name = "UsageLimit" if problem.kind == "usage_limit" else "ProvidersLimit"
    violation = {
        "quotaMetric": f"aircher/{problem.code}",
        "quotaId": f"Aircher{name}PerDay",
        "description": problem.message,
    }
    return {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}
