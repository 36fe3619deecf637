"""Errors, as the official SDK raises them."""

from typing import get_args

import anthropic
import pytest

from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.problem import Problem, ProblemKind
from helpers.http_api.anthropic_sdk import parse_stream, parse_whole

FORMS: dict[str, tuple[int, str, type[anthropic.APIStatusError]]] = {
    "invalid_request": (400, "invalid_request_error", anthropic.BadRequestError),
    "context_length": (400, "invalid_request_error", anthropic.BadRequestError),
    "unsupported": (400, "invalid_request_error", anthropic.BadRequestError),
    "authentication": (401, "authentication_error", anthropic.AuthenticationError),
    "not_signed_in": (403, "permission_error", anthropic.PermissionDeniedError),
    "permission": (403, "permission_error", anthropic.PermissionDeniedError),
    "usage_limit": (402, "billing_error", anthropic.APIStatusError),
    "rate_limit": (429, "rate_limit_error", anthropic.RateLimitError),
    "not_found": (404, "not_found_error", anthropic.NotFoundError),
    "method": (405, "invalid_request_error", anthropic.APIStatusError),
    "too_large": (413, "request_too_large", anthropic.APIStatusError),
    "overloaded": (503, "api_error", anthropic.APIStatusError),
    "unavailable": (502, "api_error", anthropic.APIStatusError),
    "timeout": (504, "timeout_error", anthropic.APIStatusError),
    "interrupted": (502, "api_error", anthropic.APIStatusError),
    "internal": (500, "api_error", anthropic.InternalServerError),
}


def problem_of(kind: str, *, may_retry: bool = False) -> Problem:
    return Problem(
        kind=kind,  # type: ignore[arg-type]
        status=502,
        code="code",
        message="openai: it went wrong",
        may_retry=may_retry,
    )


@pytest.mark.parametrize("kind", get_args(ProblemKind))
def test_each_kind_has_its_form(kind: str) -> None:
    """A status, a type, and the message; the SDK raises its own exception."""
    status, name, error_class = FORMS[kind]

    found, body = DIALECT.error(problem_of(kind))

    assert found == status
    with pytest.raises(error_class, match="openai: it went wrong") as caught:
        parse_whole(body, status)
    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == name  # type: ignore[index]


def test_overloaded_is_only_said_where_asking_again_helps() -> None:
    """Claude Code asks three times after that type, whatever a header says."""
    status, body = DIALECT.error(problem_of("overloaded", may_retry=True))

    assert status == 529
    assert b'"overloaded_error"' in body


def test_a_prompt_that_is_too_long_is_named_in_the_apis_words() -> None:
    """Claude Code speaks of compacting only then."""
    _, body = DIALECT.error(problem_of("context_length"))
    assert b"prompt is too long: openai: it went wrong" in body

    own = Problem(
        kind="context_length",
        status=400,
        code="context_too_long",
        message="anthropic: prompt is too long: 9 tokens > 8 maximum",
    )
    assert DIALECT.error(own)[1].count(b"prompt is too long") == 1


def test_an_error_in_a_verbatim_stream_begins_a_line() -> None:
    """Whatever the stream broke off in, the error stands by itself."""
    start = b'event: message_start\ndata: {"type":"message_start","message":{"usage":{}}}\n\n'
    data = start + DIALECT.stream_error(problem_of("interrupted"))

    with pytest.raises(anthropic.APIStatusError, match="it went wrong"):
        parse_stream(data)
