"""Errors have the codes at which OpenAI's clients stop."""

from typing import get_args

import openai
import pytest

from aircherd.http_api.dialects.openai_responses.failures import error_of, failure_of
from aircherd.http_api.problem import Problem, ProblemKind
from helpers.http_api.responses_api import DIALECT, NOW, an_sdk

STATUS = {
    "invalid_request": 400,
    "unsupported": 400,
    "authentication": 401,
    "not_signed_in": 401,
    "permission": 403,
    "not_found": 404,
    "method": 405,
    "too_large": 413,
    "internal": 500,
}


def a_problem(kind: ProblemKind, **fields: object) -> Problem:
    return Problem(
        **{
            "kind": kind,
            "status": STATUS.get(kind, 599),
            "code": "all_failed",
            "message": "It went wrong",
            **fields,
        }  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("kind", get_args(ProblemKind))
def test_every_kind_has_openais_form(kind: ProblemKind) -> None:
    """A status, a type, a code and the message; SDKs read all of them."""
    status, body = DIALECT.error(a_problem(kind, param="tools[0]"))
    with (
        an_sdk(status, body, "application/json") as client,
        pytest.raises(openai.APIStatusError) as raised,
    ):
        client.responses.create(model="m", input="Hi")
    error = raised.value
    assert "It went wrong" in error.message
    assert error.param == "tools[0]"
    assert error.type
    assert error.code


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("invalid_request", openai.BadRequestError),
        ("context_length", openai.BadRequestError),
        ("unsupported", openai.BadRequestError),
        ("authentication", openai.AuthenticationError),
        ("not_signed_in", openai.AuthenticationError),
        ("permission", openai.PermissionDeniedError),
        ("usage_limit", openai.RateLimitError),
        ("rate_limit", openai.RateLimitError),
        ("not_found", openai.NotFoundError),
        ("unavailable", openai.APIStatusError),
    ],
)
def test_the_sdk_raises_its_own_class(kind: ProblemKind, raised: type[Exception]) -> None:
    """By the status."""
    status, body = DIALECT.error(a_problem(kind))
    with an_sdk(status, body, "application/json") as client, pytest.raises(raised):
        client.responses.create(model="m", input="Hi")


def test_trap_18_an_unknown_model_is_named_as_such() -> None:
    """Other things that are not found are not taken for a model."""
    _, unknown = error_of(a_problem("not_found", code="unknown_model"), NOW)
    _, missing = error_of(a_problem("not_found", code="not_found"), NOW)
    assert unknown["error"]["code"] == "model_not_found"  # type: ignore[index]
    assert missing["error"]["code"] == "not_found"  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "may_retry", "its_type"),
    [
        ("usage_limit", False, "usage_limit_reached"),
        ("rate_limit", False, "usage_limit_reached"),
        ("rate_limit", True, "rate_limit_error"),
    ],
)
def test_codex_stops_at_a_429_once_nothing_is_left(
    kind: ProblemKind, may_retry: bool, its_type: str
) -> None:
    """It stops at this type only, and shows when the limit ends."""
    status, body = error_of(a_problem(kind, may_retry=may_retry, retry_after=60.0), NOW)
    assert status == 429
    assert body["error"]["type"] == its_type  # type: ignore[index]
    assert body["error"]["resets_at"] == NOW + 60  # type: ignore[index]


@pytest.mark.parametrize(
    "kind", ["overloaded", "unavailable", "timeout", "interrupted", "internal"]
)
def test_a_failure_is_repeated_only_while_that_helps(kind: ProblemKind) -> None:
    """Tools repeat every 5xx, whatever the headers say."""
    final, _ = error_of(a_problem(kind, status=503), NOW)
    passing, _ = error_of(a_problem(kind, status=503, may_retry=True), NOW)
    assert (final, passing) == (424, 503)


@pytest.mark.parametrize("kind", get_args(ProblemKind))
def test_codex_stops_at_every_failure_in_a_stream(kind: ProblemKind) -> None:
    """It stops at these four codes, and would be billed again at others."""
    stops = (
        "insufficient_quota",
        "context_length_exceeded",
        "invalid_prompt",
        "server_is_overloaded",
    )
    assert failure_of(a_problem(kind))["code"] in stops


def test_what_may_be_asked_again_says_so() -> None:
    """Codex and people see that it will pass."""
    assert failure_of(a_problem("rate_limit", may_retry=True))["code"] == "rate_limit_exceeded"
    assert failure_of(a_problem("unavailable", may_retry=True))["code"] == "server_error"
