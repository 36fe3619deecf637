"""Thinking, the form of the answer, and conversations."""

import pytest

from aircherd.http_api.dialects.anthropic.request.options import (
    Format,
    Metadata,
    OutputConfig,
    Thinking,
    conversation_of,
    effort_of,
    format_of,
    shown_thinking,
)


@pytest.mark.parametrize(
    ("thinking", "effort", "ours"),
    [
        (None, None, None),
        (None, "low", "low"),
        (Thinking("disabled"), None, "none"),
        (Thinking("between_tools"), "max", "none"),
        (Thinking("adaptive"), None, "high"),
        (Thinking("adaptive"), "xhigh", "xhigh"),
        (Thinking("adaptive"), "unheard of", "high"),
        (Thinking("enabled", 1024), None, "low"),
        (Thinking("enabled", 4000), None, "medium"),
        (Thinking("enabled", 31_999), None, "high"),
        (Thinking("enabled", 31_999), "medium", "medium"),
    ],
)
def test_efforts(thinking: Thinking | None, effort: str | None, ours: str | None) -> None:
    """A named effort counts; a budget is a bound, and says no more than `high`."""
    assert effort_of(thinking, OutputConfig(effort)) == ours


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [
        (None, "no"),
        (Thinking("disabled"), "no"),
        (Thinking("adaptive"), "yes"),
        (Thinking("adaptive", display="summarized"), "yes"),
        (Thinking("enabled", 1024, "omitted"), "hidden"),
    ],
)
def test_thinking_is_shown_where_it_was_asked_for(thinking: Thinking | None, shown: str) -> None:
    """Others do not expect its blocks."""
    assert shown_thinking(thinking) == shown


def test_the_form_may_be_in_two_places() -> None:
    """The newer one counts."""
    assert format_of(None, None) is None
    old = Format("json_schema", b'{"a":1}')  # type: ignore[arg-type]
    new = Format("json_schema", b'{"b":1}')  # type: ignore[arg-type]
    assert format_of(new, old) == format_of(None, new) != format_of(None, old)


@pytest.mark.parametrize(
    ("user", "has_session"),
    [
        ('{"device_id":"d","session_id":"6f1c"}', True),
        ("user_0f_account__session_6f1c2d3e-7a", True),
        ("user-17", False),
        ('{"device_id":"d"}', False),
        ('{"session_id":3}', False),
        ("{broken", False),
        ("", False),
        (17, False),
    ],
)
def test_only_a_session_is_a_conversation(user: object, has_session: bool) -> None:
    """All requests of one user need not stay together."""
    found = conversation_of(Metadata(user), "m")

    assert (found is not None) == has_session
    assert found is None or (len(found) < 50 and found.isascii())
    assert conversation_of(None, "m") is None
