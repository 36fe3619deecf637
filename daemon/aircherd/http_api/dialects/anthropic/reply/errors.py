"""Errors in the form of this API, with the status and the type that make its clients stop asking.

Claude Code asks three times after `overloaded_error`, whatever a header says, so that is only sent
where asking again helps. 402 and 403 are asked once by nearly all tools; 401 makes Claude Code
offer a login, which is right only for the client's own token.
"""

from typing import Final, NamedTuple

import msgspec

from aircherd.http_api.dialects.common.writing import json_bytes, named_event
from aircherd.http_api.problem import Problem, ProblemKind


class _Form(NamedTuple):
    """A status, None for the problem's own, and a type."""

    status: int | None
    type: str


class _Error(msgspec.Struct):
    type: str
    message: str


class _Body(msgspec.Struct, tag_field="type", tag="error"):
    error: _Error


_OVERLOADED: Final = _Form(529, "overloaded_error")
_FORMS: Final[dict[ProblemKind, _Form]] = {
    "invalid_request": _Form(400, "invalid_request_error"),
    "context_length": _Form(400, "invalid_request_error"),
    "unsupported": _Form(400, "invalid_request_error"),
    "authentication": _Form(401, "authentication_error"),
    "not_signed_in": _Form(403, "permission_error"),
    "permission": _Form(403, "permission_error"),
    "usage_limit": _Form(402, "billing_error"),
    "rate_limit": _Form(429, "rate_limit_error"),
    "not_found": _Form(404, "not_found_error"),
    "method": _Form(405, "invalid_request_error"),
    "too_large": _Form(413, "request_too_large"),
    "overloaded": _Form(503, "api_error"),
    "unavailable": _Form(None, "api_error"),
    "timeout": _Form(504, "timeout_error"),
    "interrupted": _Form(None, "api_error"),
    "internal": _Form(500, "api_error"),
}

TOO_LONG: Final = "prompt is too long"
"""How this API's message begins when the prompt is: Claude Code compacts the conversation then."""


def error_reply(problem: Problem) -> tuple[int, bytes]:
    """Return the status and the body of an error."""
    form = _form(problem)
    return form.status or problem.status, json_bytes(_body(problem, form))


def error_event(problem: Problem) -> bytes:
    """Return an error in a stream."""
    return named_event(b"error", json_bytes(_body(problem, _form(problem))))


def _form(problem: Problem) -> _Form:
    if problem.kind == "overloaded" and problem.may_retry:
        return _OVERLOADED
    return _FORMS[problem.kind]


def _body(problem: Problem, form: _Form) -> _Body:
    message = problem.message
    if problem.kind == "context_length" and TOO_LONG not in message:
        message = f"{TOO_LONG}: {message}"
    return _Body(_Error(form.type, message))
