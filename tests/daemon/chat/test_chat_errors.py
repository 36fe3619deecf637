"""What a client is told when there is no whole answer."""

import pytest

from aircherd.chat import chat_errors
from aircherd.chat.reply import Reply
from aircherd.vocabulary.attempt import Attempt, Skipped
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import TextDelta, Usage, UsageDelta

REFUSED = Attempt(
    provider="a", model="m", key="default", outcome="auth_rejected", ms=3, message="refused"
)
DOWN = Attempt(provider="b", model="m", outcome="network", ms=3, message="no connection")
NO_KEY = Skipped(provider="c", model="m", reason="not_authenticated", message="no key for c")
LATER = Skipped(provider="d", model="m", reason="rate_limited", message="cooling", until=50.0)
SOON = Skipped(provider="e", model="m", reason="rate_limited", message="cooling", until=40.0)


@pytest.mark.parametrize(
    ("attempts", "skipped", "code"),
    [
        ([REFUSED], [], "auth_rejected"),
        ([], [NO_KEY], "not_authenticated"),
        ([REFUSED, DOWN], [], "all_failed"),
        ([REFUSED], [NO_KEY], "all_failed"),
        ([], [NO_KEY, NO_KEY], "not_authenticated"),
    ],
)
def test_one_candidate_speaks_for_itself_several_are_all_failed(attempts, skipped, code):
    """Nobody signed in at all is its own case, not a pile of failures."""
    assert chat_errors.all_failed(attempts, skipped).code == code


def test_every_attempt_and_skip_is_in_the_data_and_in_the_words():
    """A person reads the message, a program the data."""
    error = chat_errors.all_failed([REFUSED, DOWN], [NO_KEY])
    assert error.message == (
        "no provider could answer. a: refused; sign in again with 'aircher-cli auth login a'; "
        "b: no connection; no key for c"
    )
    assert [row["provider"] for row in error.data["attempts"]] == ["a", "b"]
    assert error.data["skipped"] == [
        {"provider": "c", "model": "m", "reason": "not_authenticated", "message": "no key for c"}
    ]


def test_who_is_cooling_is_named_beside_the_words_that_were_kept():
    """They are the provider's own, which never says its name."""
    error = chat_errors.all_failed([], [LATER, SOON])
    assert error.message == "no provider could answer. d: cooling; e: cooling"


def test_the_earliest_return_is_told():
    """A client may come back then."""
    assert chat_errors.all_failed([DOWN], [LATER, SOON]).data["until"] == 40.0


def test_a_bad_request_speaks_with_its_own_code():
    """Nobody else was asked, and the error says whose words these are."""
    failure = Failure(kind=FailureClass.CONTEXT, message="too long")
    error = chat_errors.request_rejected(failure, [DOWN], [])
    assert (error.code, error.message) == ("context_too_long", "b: too long")


@pytest.mark.parametrize(
    ("kind", "code", "finish"),
    [
        (FailureClass.TRUNCATED, "truncated", "truncated"),
        (FailureClass.NETWORK, "truncated", "truncated"),
        (FailureClass.TIMEOUT, "truncated", "truncated"),
        (FailureClass.OVERLOADED, "overloaded", "error"),
        (FailureClass.PROTOCOL, "provider_error", "error"),
    ],
)
def test_a_broken_stream_keeps_what_there_is(kind, code, finish):
    """The text so far and the counts go with the error."""
    reply = Reply()
    reply.add([UsageDelta(Usage(input_tokens=9)), TextDelta("half an ans")])
    error = chat_errors.interrupted(Failure(kind=kind, message="gone"), reply, [DOWN], [])
    assert (error.code, error.data["finish"]) == (code, finish)
    assert error.data["text"] == "half an ans"
    assert error.data["usage"]["input_tokens"] == 9
    assert (error.data["provider"], error.data["model"]) == ("b", "m")


def test_out_of_time_before_any_output():
    """The whole request's deadline is a timeout, not a fallback."""
    error = chat_errors.timed_out(30, Reply(), [DOWN], [])
    assert (error.code, error.message) == ("timeout", "no complete answer within 30 s")


def test_out_of_time_in_mid_reply_is_truncated():
    """Something came: it is shown."""
    reply = Reply()
    reply.add([TextDelta("half")])
    error = chat_errors.timed_out(0.5, reply, [DOWN], [])
    assert (error.code, error.data["text"]) == ("truncated", "half")


def test_a_server_that_wants_a_key_where_none_was_configured_has_another_cure():
    """Signing in alone would not help."""
    refused = Attempt(provider="a", model="m", outcome="auth_rejected", ms=3, message="refused")
    assert 'remove auth = "none"' in chat_errors.all_failed([refused], []).message


def test_each_skip_says_whom_it_is_about():
    """A name somewhere in the words is none: it may be a limit's, or a part of another word."""
    skips = [
        Skipped(provider="a", model="m", reason="rate_limited", message="at a wait"),
        Skipped(provider="b", model="m", reason="price_unknown", message="b/m has no price"),
        Skipped(provider="b", model="n", reason="price_unknown", message="b/n has no price"),
        Skipped(provider="c", model="m", reason="limit_reached", message="limit reached: c: 1"),
        Skipped(provider="d", model="m", reason="limit_reached", message="limit reached: all: 1"),
    ]
    assert chat_errors.all_failed([], skips).message == (
        "no provider could answer. a: at a wait; b/m has no price; b/n has no price; "
        "limit reached: c: 1; d: limit reached: all: 1"
    )


def test_who_failed_may_be_back_first():
    """He is no skip, but the plan knows his time."""
    assert chat_errors.all_failed([DOWN], [LATER], until=9.0).data["until"] == 9.0
    assert chat_errors.all_failed([DOWN], [LATER], until=99.0).data["until"] == 50.0
