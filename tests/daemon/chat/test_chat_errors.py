"""The errors of requests without a complete answer."""

import pytest

from aircherd.chat import chat_errors
from aircherd.chat.replies.reply import Reply
from aircherd.errors import ChatFailed
from aircherd.vocabulary.attempt import Attempt, Skipped
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.reply import (
    CitationDelta,
    ImageDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)

REFUSED = Attempt(
    provider="a", model="m", key="default", outcome="auth_rejected", ms=3, message="refused"
)
DOWN = Attempt(provider="b", model="m", outcome="network", ms=3, message="no connection")
NO_KEY = Skipped(provider="c", model="m", reason="not_authenticated", message="no key for c")
LATER = Skipped(provider="d", model="m", reason="rate_limited", message="cooling", until=50.0)
SOON = Skipped(provider="e", model="m", reason="rate_limited", message="cooling", until=40.0)


INVALID = Skipped(provider="f", model="m", reason="config_invalid", message="f is refused: line 3")


@pytest.mark.parametrize(
    ("attempts", "skipped", "code"),
    [
        ([REFUSED], [], "auth_rejected"),
        ([], [NO_KEY], "not_authenticated"),
        ([REFUSED, DOWN], [], "all_failed"),
        ([REFUSED], [NO_KEY], "all_failed"),
        ([], [NO_KEY, NO_KEY], "not_authenticated"),
        ([], [INVALID], "config_invalid"),
        ([], [INVALID, INVALID], "config_invalid"),
        ([], [INVALID, NO_KEY], "all_failed"),
    ],
)
def test_code_of_one_and_of_several_failures(attempts, skipped, code):
    """If no provider is signed in, that is the error."""
    assert chat_errors.all_failed(attempts, skipped).code == code


def test_attempts_and_skips_are_in_data_and_message():
    """People read the message, programs the data."""
    error = chat_errors.all_failed([REFUSED, DOWN], [NO_KEY])
    assert error.message == (
        "no provider could answer. a: refused; sign in again with 'aircher-cli auth login a'; "
        "b: no connection; no key for c"
    )
    assert [row["provider"] for row in error.data["attempts"]] == ["a", "b"]
    assert error.data["skipped"] == [
        {"provider": "c", "model": "m", "reason": "not_authenticated", "message": "no key for c"}
    ]


def test_cooling_provider_is_named():
    """The stored message is the provider's own and does not name it."""
    error = chat_errors.all_failed([], [LATER, SOON])
    assert error.message == "no provider could answer. d: cooling; e: cooling"


def test_error_has_the_earliest_return():
    """Clients may retry then."""
    assert chat_errors.all_failed([DOWN], [LATER, SOON]).data["until"] == 40.0


def test_bad_request_keeps_its_code():
    """No other provider was called, and the message names the provider."""
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
def test_interrupted_stream_keeps_the_text(kind, code, finish):
    """The error has the text and the counts so far."""
    reply = Reply()
    reply.add([UsageDelta(Usage(input_tokens=9)), TextDelta("half an ans")])
    error = chat_errors.interrupted(Failure(kind=kind, message="gone"), reply, [DOWN], [])
    assert (error.code, error.data["finish"]) == (code, finish)
    assert error.data["text"] == "half an ans"
    assert error.data["usage"]["input_tokens"] == 9
    assert (error.data["provider"], error.data["model"]) == ("b", "m")


def test_timeout_before_any_output():
    """The deadline of the whole request is a timeout without a fallback."""
    error = chat_errors.timed_out(30, Reply(), [DOWN], [])
    assert (error.code, error.message) == ("timeout", "no complete answer within 30 s")


def test_timeout_after_output_is_truncated():
    """The error has the output so far."""
    reply = Reply()
    reply.add([TextDelta("half")])
    error = chat_errors.timed_out(0.5, reply, [DOWN], [])
    assert (error.code, error.data["text"]) == ("truncated", "half")


def test_keyless_server_that_rejects_has_its_own_hint():
    """Signing in alone would not help."""
    refused = Attempt(provider="a", model="m", outcome="auth_rejected", ms=3, message="refused")
    assert (
        "config set --unset providers.a.auth providers.a.env A_API_KEY"
        in chat_errors.all_failed([refused], []).message
    )


def test_each_skip_names_its_provider():
    """A name inside the text does not count: it may belong to a limit or be part of a word."""
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


def test_failed_candidate_may_be_back_first():
    """It is not a skip, but its cooldown has a time."""
    assert chat_errors.all_failed([DOWN], [LATER], until=9.0).data["until"] == 9.0
    assert chat_errors.all_failed([DOWN], [LATER], until=99.0).data["until"] == 50.0


def test_pictures_that_came_are_not_lost():
    """They were paid for. Half a tool call is left out, and text alone needs no message."""
    reply = Reply()
    reply.add([TextDelta("so"), ToolCallDelta(0, "c", "f", '{"a":')])
    gone = Failure(kind=FailureClass.TRUNCATED, message="gone")
    assert "message" not in chat_errors.interrupted(gone, reply, [DOWN], []).data
    reply.add([ImageDelta("AAAA", "image/png")])
    error = chat_errors.interrupted(gone, reply, [DOWN], [])
    assert error.data["message"] == {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "so"},
            {"type": "image", "data": "AAAA", "media_type": "image/png", "origin": "b/m"},
        ],
    }


def test_sources_that_came_are_not_lost():
    """They belong to the text so far."""
    reply = Reply()
    reply.add([TextDelta("so"), CitationDelta(Citation(url="https://x"))])
    gone = Failure(kind=FailureClass.TRUNCATED, message="gone")
    error = chat_errors.interrupted(gone, reply, [DOWN], [])
    assert error.data["message"]["content"][0]["citations"] == [{"url": "https://x"}]


CHOOSE = "but there is no default model: choose one with 'aircher-cli models use"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"provider": "a", "state": "not_configured", "needed": True}], "the message"),
        (
            [
                {
                    "provider": "w",
                    "state": "rejected",
                    "needed": True,
                    "reason": "no.",
                    "hint": "h",
                },
                {"provider": "a", "state": "not_configured", "needed": True},
            ],
            "no provider can be asked: the key of w cannot be used: no; h",
        ),
        (
            [{"provider": "work", "state": "unverified"}],
            f"you are signed in to work, {CHOOSE} work/MODEL', or name a model in the request",
        ),
        (
            [
                {"provider": "a", "state": "authenticated", "needed": True},
                {"provider": "b", "state": "authenticated", "model": "b/m"},
                {"provider": "c", "state": "authenticated"},
                {"provider": "d", "state": "rejected"},
            ],
            f"you are signed in to b, c, {CHOOSE} b/m', or name a model in the request",
        ),
    ],
)
def test_the_message_without_a_default_model(rows, expected):
    """It names the providers whose key may work and were not asked, or a broken key."""
    error = ChatFailed("not_authenticated", "the message", sign_in={"providers": rows})
    assert chat_errors.message_without_default(error) == expected
    error.code = "all_failed"
    assert chat_errors.message_without_default(error) == "the message"
