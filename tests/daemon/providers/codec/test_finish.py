"""The reasons of all vendors, and what is none."""

import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.codec.finish import (
    FINISHES,
    has_reason,
    is_cut,
    known_reason,
    later_finish,
    read_finish,
)
from aircherd.vocabulary.failure import FailureClass


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", "stop"),
        ("STOP", "stop"),
        ("end_turn", "stop"),
        ("eos_token", "stop"),
        ("COMPLETE", "stop"),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("max-tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("function_call", "tool_calls"),
        ("pause_turn", "pause"),
        ("refusal", "refusal"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("sensitive", "content_filter"),
        ("NO_IMAGE", "content_filter"),
        ("maxTokens", "length"),
        ("FinishReason.MAX_TOKENS", "length"),
        ("FINISH_REASON_STOP", "stop"),
        ("token_limit_reached", "length"),
        ("exceeded_context_length", "length"),
        ("blocked_by_policy", "content_filter"),
        ("safety_filter", "content_filter"),
        ({"type": "length"}, "length"),
    ],
)
def test_reasons_of_all_vendors_are_known(reason, finish):
    """In any case, and with any separator."""
    assert read_finish(reason) == finish
    assert has_reason(reason)


@pytest.mark.parametrize(
    "reason",
    [None, "", " ", "null", "NULL", "None", "false", False, True, 0, 1, {}, ["stop"],
     "FINISH_REASON_UNSPECIFIED"],
)  # fmt: skip
def test_what_is_empty_or_no_text_is_no_reason(reason):
    """Then the reply has not ended."""
    assert read_finish(reason) is None
    assert not has_reason(reason)


@pytest.mark.parametrize(
    "reason",
    ["network_error", "abort", "error", "insufficient_system_resource", "other", "cancelled",
     "malformed_function_call", "a word without a meaning", "x" * 100_000],
)  # fmt: skip
def test_an_unknown_reason_is_an_error(reason):
    """It may stand for half an answer; the message says the reason."""
    with pytest.raises(ProviderFailed) as caught:
        read_finish(reason)
    failure = caught.value.failure
    assert failure.kind is FailureClass.SERVER
    assert reason[:60] in failure.message
    assert len(failure.message) < 150


def test_a_reason_is_shown_as_a_plain_word():
    """It comes from the server: no control characters, no markup."""
    with pytest.raises(ProviderFailed, match=r"ended its reply with a31mb: ") as caught:
        read_finish("a\x1b[31m<b>")
    assert "\x1b" not in caught.value.failure.message


def test_words_for_a_reply_that_is_too_long():
    """Known without a failure for all others."""
    assert [is_cut(reason) for reason in ("MAX_TOKENS", "length", "stop", "new", "", None)] == [
        *(True, True),
        *(False, False, False, False),
    ]


def test_the_table_has_each_word_once():
    """A word for two finishes would be decided by its position."""
    assert all(word == word.lower() and " " not in word for word in FINISHES)


@pytest.mark.parametrize("reason", ["rate_limit", "max_retries", "policy_error", "limit_error"])
def test_an_error_is_not_guessed_to_be_an_end(reason):
    """Words that also stand in errors do not make one of the known reasons."""
    with pytest.raises(ProviderFailed):
        read_finish(reason)


@pytest.mark.parametrize(
    ("known", "later", "finish"),
    [
        (None, "stop", "stop"),
        ("stop", "length", "length"),
        ("length", "stop", "length"),
        ("length", None, "length"),
        ("content_filter", "length", "length"),
    ],
)
def test_stop_does_not_replace_another_reason(known, later, finish):
    """Of two reasons the later one holds, except for `stop`."""
    assert later_finish(known, later) == finish


@pytest.mark.parametrize(("reason", "known"), [("MAX_TOKENS", True), ("</s>", False), (7, False)])
def test_known_reason(reason, known):
    """Only what is in the table counts where a field may hold anything."""
    assert bool(known_reason(reason)) is known
