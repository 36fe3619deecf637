"""Errors in OpenAI's form, before a stream and in it: pure.

Where nothing is left to try, clients should stop. A 5xx becomes 424: what the request depends on
has failed. OpenAI's SDKs heed `x-should-retry`; the AI SDK and with it opencode repeat every 5xx,
and Codex up to 30 times. After 424 Codex asks 6 times within 8 s and shows the message, which costs
nothing, as nothing answers; at `usage_limit_reached` it stops at once. In a stream it stops at the
codes of `_STOPS` and at `invalid_prompt`; at any other it would ask again, and each time is billed.

Sources: the tools themselves, counted, November 2026.
"""

from typing import Final, NamedTuple

from aircherd.http_api.problem import Problem, ProblemKind, final_status


class _Form(NamedTuple):
    """How an error looks before a stream: its type and code, and its status if it is another."""

    kind: str
    code: str | None
    status: int | None = None


_REQUEST: Final = "invalid_request_error"

_FORMS: Final[dict[ProblemKind, _Form]] = {
    "invalid_request": _Form(_REQUEST, "invalid_value"),
    "context_length": _Form(_REQUEST, "context_length_exceeded", 400),
    "unsupported": _Form(_REQUEST, "unsupported_value"),
    "authentication": _Form(_REQUEST, "invalid_api_key"),
    "not_signed_in": _Form("authentication_error", "not_signed_in"),
    "permission": _Form("permission_error", "permission_denied"),
    "usage_limit": _Form("usage_limit_reached", "insufficient_quota", 429),
    "rate_limit": _Form("rate_limit_error", "rate_limit_exceeded", 429),
    "not_found": _Form(_REQUEST, "not_found"),
    "method": _Form(_REQUEST, "method_not_allowed"),
    "too_large": _Form(_REQUEST, "request_too_large"),
    "overloaded": _Form("server_error", "server_is_overloaded"),
    "unavailable": _Form("server_error", "server_is_overloaded"),
    "timeout": _Form("server_error", "server_is_overloaded"),
    "interrupted": _Form("server_error", "server_is_overloaded"),
    "internal": _Form("server_error", "server_error"),
}

_UNKNOWN_MODEL: Final = "unknown_model"

_STOPS: Final[dict[ProblemKind, str]] = {
    "context_length": "context_length_exceeded",
    "usage_limit": "insufficient_quota",
    "rate_limit": "insufficient_quota",
    "overloaded": "server_is_overloaded",
    "unavailable": "server_is_overloaded",
    "timeout": "server_is_overloaded",
    "interrupted": "server_is_overloaded",
    "internal": "server_is_overloaded",
}
"""Kind -> the code in a stream at which Codex stops; of all others it is `invalid_prompt`."""

_PASSING: Final[dict[ProblemKind, str]] = {"rate_limit": "rate_limit_exceeded"}
"""Kind -> the code in a stream of what may be asked again; of all others it is `server_error`."""


def error_of(problem: Problem, now: float) -> tuple[int, dict[str, object]]:
    """Return the status and the body of an error."""
    form = _FORMS[problem.kind]
    fields: dict[str, object] = {
        "message": problem.message,
        "type": _type_of(problem, form),
        "param": problem.param,
        "code": "model_not_found" if problem.code == _UNKNOWN_MODEL else form.code,
    }
    if problem.retry_after is not None and form.status == 429:
        fields["resets_at"] = int(now + problem.retry_after)
    return form.status or final_status(problem.status, problem), {"error": fields}


def _type_of(problem: Problem, form: _Form) -> str:
    # Codex asks again after any other type of 429.
    if problem.kind == "rate_limit" and not problem.may_retry:
        return "usage_limit_reached"
    return form.kind


def failure_of(problem: Problem) -> dict[str, object]:
    """Return the error of a response that failed."""
    codes, otherwise = (
        (_PASSING, "server_error") if problem.may_retry else (_STOPS, "invalid_prompt")
    )
    return {"code": codes.get(problem.kind, otherwise), "message": problem.message}
