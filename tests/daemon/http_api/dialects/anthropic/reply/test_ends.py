"""Why a reply ended."""

from typing import get_args

import pytest

from aircherd.http_api.dialects.anthropic.reply.ends import end_of
from aircherd.vocabulary.reply import Finish

REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "end_turn",
    "pause": "pause_turn",
    "refusal": "refusal",
    "content_filter": "refusal",
}


def test_every_finish_has_a_reason() -> None:
    """One of the API's own."""
    assert {each: end_of(each, has_calls=False).stop_reason for each in get_args(Finish)} == REASONS


@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_calls_are_what_counts(finish: str) -> None:
    """Clients run tools if the reason says so, and wait forever if it does without calls."""
    assert end_of(finish, has_calls=True).stop_reason == "tool_use"


def test_a_limit_is_named_beside_calls() -> None:
    """The last of them may be cut off."""
    assert end_of("length", has_calls=True).stop_reason == "max_tokens"


def test_a_filter_says_that_it_was_one() -> None:
    """Not the model refused."""
    details = end_of("content_filter", has_calls=False).stop_details

    assert details is not None
    assert details.explanation == "stopped by the provider's content filter"
