"""Errors in Google's form."""

import json
from typing import get_args

import pytest
from google.genai import errors

from aircherd.http_api.dialects.gemini import DIALECT
from aircherd.http_api.problem import Problem, ProblemKind
from helpers.http_api.over_sdk import Played, genai_client

KINDS = get_args(ProblemKind)


def a_problem(kind: str, **fields: object) -> Problem:
    return Problem(kind=kind, status=500, code="some_code", message="what broke", **fields)


def details_of(problem: Problem) -> dict[str, dict[str, object]]:
    error = json.loads(DIALECT.error(problem)[1])["error"]
    return {each["@type"].rpartition(".")[2]: each for each in error["details"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_client_raises(kind: str) -> None:
    """Google's client raises each kind with our message."""
    status, body = DIALECT.error(a_problem(kind))
    client = genai_client(Played(DIALECT, [], whole=(status, body)))
    with pytest.raises(errors.APIError) as raised:
        client.models.generate_content(model="m", contents="Hi")
    error = raised.value
    assert error.code == status
    assert error.message.removesuffix(" (left of the limit: 0)") == "what broke"
    assert error.status == json.loads(body)["error"]["status"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_final_problem_ends_retries(kind: str) -> None:
    """Gemini CLI asks again on 5xx, and on a 429 without a quota of a day or a long delay."""
    status, _ = DIALECT.error(a_problem(kind))
    assert status < 500
    if status == 429:
        quota = details_of(a_problem(kind))["QuotaFailure"]["violations"][0]
        assert "PerDay" in quota["quotaId"]
        assert quota["description"] == "what broke"
        # Since 0.61 it shows our message if this is in it.
        assert "limit: 0" in json.loads(DIALECT.error(a_problem(kind))[1])["error"]["message"]


@pytest.mark.parametrize("kind", ["overloaded", "unavailable", "timeout", "internal"])
def test_what_may_be_asked_again(kind: str) -> None:
    """A problem that may pass keeps Google's own status."""
    assert DIALECT.error(a_problem(kind, may_retry=True))[0] >= 500


def test_delays() -> None:
    """The client learns how long to wait; a long wait needs no quota to stop it."""
    short = details_of(a_problem("rate_limit", retry_after=12.5, may_retry=True))
    assert short["RetryInfo"]["retryDelay"] == "12.500s"
    assert "QuotaFailure" not in short
    long = details_of(a_problem("usage_limit", retry_after=3600.0))
    assert long["RetryInfo"]["retryDelay"] == "3600.000s"
    assert "QuotaFailure" not in long


def test_fields() -> None:
    """A wrong field is named for programs, too."""
    found = details_of(a_problem("invalid_request", param="contents[0]"))
    assert found["BadRequest"]["fieldViolations"][0]["field"] == "contents[0]"
    assert found["ErrorInfo"] == {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SOME_CODE",
        "domain": "aircher",
    }
