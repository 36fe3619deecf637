"""Errors as problems: their status, and whether and when a client should ask again."""

import pytest

from aircher_wire import codes
from aircherd.chat.chat_errors import all_failed, interrupted
from aircherd.chat.replies.reply import Reply
from aircherd.errors import BadRequest, Busy, ChatFailed, Forbidden, ShuttingDown, UnknownModel
from aircherd.http_api.operations.problems import internal_problem, problem_headers, problem_of
from aircherd.vocabulary.attempt import Attempt, Skipped
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import TextDelta

NOW = 1000.0


def failed(*outcomes, until=None):
    attempts = [
        Attempt(provider=f"p{n}", model="m", outcome=each, ms=1, message=f"said {each}")
        for n, each in enumerate(outcomes)
    ]
    return all_failed(attempts, [], until=until)


@pytest.mark.parametrize(
    ("outcomes", "kind", "status"),
    [
        (["auth_rejected"], "not_signed_in", 401),
        (["auth_rejected", "keyring_locked"], "not_signed_in", 401),
        (["auth_rejected", "rate_limited"], "rate_limit", 429),
        (["rate_limited", "rate_limited"], "rate_limit", 429),
        (["quota_exhausted", "quota_exhausted"], "usage_limit", 429),
        (["rate_limited", "limit_reached"], "rate_limit", 429),
        (["overloaded"], "overloaded", 503),
        (["overloaded", "rate_limited"], "overloaded", 503),
        (["network"], "unavailable", 502),
        (["network", "overloaded"], "unavailable", 503),
        (["timeout", "timeout"], "timeout", 504),
        (["context_too_long"], "context_length", 400),
        (["context_too_long", "overloaded"], "context_length", 400),
        (["bad_request", "bad_request"], "invalid_request", 400),
        (["unknown_model"], "not_found", 404),
        (["content_policy"], "invalid_request", 400),
        (["empty_reply", "provider_error"], "unavailable", 503),
    ],
)
def test_all_failed(outcomes, kind, status):
    """The client must not ask again by itself, and hears every cause: trap 24."""
    problem = problem_of(failed(*outcomes), NOW)
    assert (problem.kind, problem.status, problem.may_retry) == (kind, status, False)
    assert all(f"said {each}" in problem.message for each in outcomes)


@pytest.mark.parametrize(
    ("error", "kind", "status", "may_retry"),
    [
        (BadRequest("m"), "invalid_request", 400, False),
        (UnknownModel("m"), "not_found", 404, False),
        (Forbidden("m"), "permission", 403, False),
        (Busy("m"), "overloaded", 503, True),
        (ShuttingDown("m"), "overloaded", 503, True),
        (ChatFailed(codes.CONFIG_INVALID, "m"), "internal", 500, False),
        (ChatFailed("something new", "m"), "internal", 500, False),
    ],
)
def test_other_errors(error, kind, status, may_retry):
    """Only what was refused for now may be asked again."""
    problem = problem_of(error, NOW)
    assert (problem.kind, problem.status, problem.may_retry) == (kind, status, may_retry)
    assert (problem.retry_after is not None) == may_retry


def test_a_reply_that_broke_off():
    """Whatever broke it: the client has a part of the reply."""
    reply = Reply()
    reply.add([TextDelta("a")])
    attempts = [Attempt(provider="p", model="m", outcome="overloaded", ms=1)]
    failure = Failure(kind=FailureClass.OVERLOADED, message="no room")
    problem = problem_of(interrupted(failure, reply, attempts, []), NOW)
    assert (problem.kind, problem.may_retry) == ("interrupted", False)


def test_when_to_ask_again():
    """From the earliest return of a provider, in the headers that SDKs read."""
    problem = problem_of(failed("rate_limited", until=NOW + 12.25), NOW)
    assert problem.retry_after == pytest.approx(12.25)
    headers = dict(problem_headers(problem))
    assert headers == {"x-should-retry": "false", "retry-after": "13", "retry-after-ms": "12250"}
    past = Skipped(provider="p", reason="rate_limited", message="m", until=NOW - 5)
    assert problem_of(all_failed([], [past]), NOW).retry_after == 0
    assert dict(problem_headers(internal_problem())) == {"x-should-retry": "false"}
    assert dict(problem_headers(problem_of(Busy("m"), NOW)))["x-should-retry"] == "true"
