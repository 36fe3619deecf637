"""What a conversation says, as text."""

import pytest

from aircher_client.conversations.records import Settings, Turn
from aircher_client.conversations.texts import find_text, message_text, shorten, title


def test_text_of_a_message() -> None:
    """What is no text is named; reasoning and what only a provider understands is left out."""
    parts = [
        {"type": "text", "text": "look:"},
        {"type": "image", "media_type": "image/png", "data": "xxxx"},
        {"type": "document", "name": "a.pdf", "kept": {"path": "/x/b.pdf"}},
        {"type": "audio", "transcript": "la la"},
        {"type": "tool_call", "name": "weather"},
        {"type": "tool_result", "id": "1"},
        {"type": "reasoning", "text": "hm"},
        {"type": "other", "data": {}},
        "no part",
    ]
    expected = "look:|(image image/png)|(document a.pdf)|la la|(calls weather)|(result of 1)"
    assert message_text({"role": "user", "content": parts}) == expected.replace("|", "\n\n")
    assert message_text({"role": "user", "content": "plain"}) == "plain"


def turn(*asked: str) -> Turn:
    messages = [{"role": "user", "content": text} for text in asked]
    return Turn(messages, {"role": "assistant", "content": "b"}, at=1.0, settings=Settings())


def test_titles() -> None:
    """The beginning of the first question that says something, in one line."""
    assert title([]) == ""
    assert title([turn("  "), turn("why is\nthe sky  blue?")]) == "why is the sky blue?"
    assert title([turn("x" * 61)]) == "x" * 57 + "..."
    assert shorten("abcdef", 6) == "abcdef"


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("Green Tea", "tea", "Green Tea"),
        ("STRASSE", "straße", "STRASSE"),
        ("nothing", "tea", None),
        ("a\nb\n" + "x" * 50 + " tea " + "y" * 50, "TEA", f"...{'x' * 39} tea {'y' * 39}..."),
    ],
)
def test_finding(text: str, wanted: str, found: str | None) -> None:
    """Whatever the case, with what is around it."""
    assert find_text(text, wanted) == found
