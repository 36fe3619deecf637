"""Errors as OpenAI tells them: `{"error": {"message", "type", "param", "code"}}`.

Clients decide by the status, and by few codes: `insufficient_quota` and `context_length_exceeded`
end their attempts, `model_not_found` is shown as what it is. Two statuses are chosen for that:

- A limit of the user's that does not end in a moment is a 402, not a 429: opencode, goose, Continue
  and Copilot then ask once, and up to nine times after a 429.
- Where nothing is left to try, a 5xx becomes 424: what the request depends on has failed. OpenAI's
  SDKs heed `x-should-retry`; Qwen does not, and asks up to seven times after a 5xx. opencode looks
  for words such as `overloaded` in the message as well, and Continue repeats most errors.

Sources: the tools themselves, counted, November 2026.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from aircherd.http_api.dialects.common.writing import data_event, json_bytes
from aircherd.http_api.problem import Problem, ProblemKind, final_status


class _Form(NamedTuple):
    type: str
    code: str | None = None  # None: aircher's own
    status: int | None = None  # None: the problem's


_REQUEST: Final = "invalid_request_error"
_SERVER: Final = "server_error"
_FINAL: Final = "api_error"
"""The type of those after which nothing is left to try: `server_error` makes opencode repeat."""

_FORMS: Final[Mapping[ProblemKind, _Form]] = {
    "invalid_request": _Form(_REQUEST),
    "context_length": _Form(_REQUEST, "context_length_exceeded"),
    "unsupported": _Form(_REQUEST, "unsupported_parameter"),
    "authentication": _Form("authentication_error", "invalid_api_key"),
    "not_signed_in": _Form("authentication_error"),
    "permission": _Form("permission_error"),
    "usage_limit": _Form("insufficient_quota", "insufficient_quota", 402),
    "rate_limit": _Form("rate_limit_error", "rate_limit_exceeded"),
    "not_found": _Form(_REQUEST),
    "method": _Form(_REQUEST, "method_not_allowed"),
    "too_large": _Form(_REQUEST, "request_too_large"),
    "overloaded": _Form(_SERVER, "server_is_overloaded"),
    "unavailable": _Form(_SERVER),
    "timeout": _Form(_SERVER, "timeout"),
    "interrupted": _Form(_SERVER, "interrupted"),
    "internal": _Form(_SERVER, "internal_error"),
}


def error_body(problem: Problem) -> tuple[int, bytes]:
    """Return the status and the body of an error."""
    own = None if problem.may_retry else _FORMS[problem.kind].status
    return own or final_status(problem.status, problem), json_bytes(_fields(problem))


def stream_error(problem: Problem) -> bytes:
    """Return what ends a stream. No [DONE] follows it: the reply is not complete."""
    return data_event(json_bytes(_fields(problem)))


def _fields(problem: Problem) -> dict[str, object]:
    form = _FORMS[problem.kind]
    kind = form.type if problem.may_retry or form.type != _SERVER else _FINAL
    code = form.code or problem.code
    if problem.kind == "not_found" and problem.param == "model":
        code = "model_not_found"
    error = {"message": problem.message, "type": kind, "param": problem.param, "code": code}
    return {"error": error}
