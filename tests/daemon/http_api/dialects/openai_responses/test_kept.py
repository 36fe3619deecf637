"""What a model needs back survives the way through a client."""

import pytest

from aircherd.http_api.dialects.common.carriers import carried, carry
from aircherd.http_api.dialects.openai_responses.kept import (
    Places,
    keep_before,
    keep_calls,
    keep_other,
    keep_thinking,
    restore,
)
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.parts import OtherPart, Part, ReasoningPart, TextPart, ToolCallPart, seal

ORIGIN = "anthropic/claude"
SOURCE = Citation(title="Page 3", quote="so", data='{"cited_text":"so"}')


def restored(
    kept: str | None, *before: Part, text: str = "", calls: Places | None = None
) -> list[Part]:
    parts = list(before)
    found = carried(kept or "")
    assert found is not None
    restore(found, text, parts, calls or {})
    return parts


def test_thinking_comes_back_with_its_signature() -> None:
    """The text is that of the item."""
    kept = keep_thinking(ORIGIN, "Let me see.", "sig")
    assert restored(kept, text="Let me see.") == [ReasoningPart("Let me see.", "sig", ORIGIN)]


def test_unsigned_thinking_comes_back_to_its_model() -> None:
    """Servers of open models want the text itself."""
    kept = keep_thinking(ORIGIN, "Hm", None)
    assert restored(kept, text="Hm") == [ReasoningPart("Hm", None, ORIGIN)]


def test_thinking_that_was_changed_is_left_out() -> None:
    """Its signature would not match."""
    assert restored(keep_thinking(ORIGIN, "Let me see.", "sig"), text="Let me") == []


def test_the_text_before_is_signed_and_has_its_sources() -> None:
    """Gemini signs texts, and Anthropic wants its own citations back."""
    kept = keep_before(ORIGIN, "sig", [SOURCE])
    signed = TextPart("so", signature="sig", origin=ORIGIN, citations=[SOURCE])
    assert restored(kept, TextPart("so")) == [signed]


def test_a_text_without_signature_needs_nothing() -> None:
    """Sources that are for people only are in the annotations."""
    assert keep_before(ORIGIN, None, [Citation(url="https://example.org")]) is None
    assert keep_calls(ORIGIN, {}) is None


@pytest.mark.parametrize("before", [[], [ToolCallPart("c1", "f", "{}")]])
def test_a_signature_without_its_text_is_left_out(before: list[Part]) -> None:
    """A client may drop the message."""
    assert restored(keep_before(ORIGIN, "sig"), *before) == before


def test_calls_are_signed_by_their_ids() -> None:
    """Results may stand between the calls and their signatures."""
    parts: list[Part] = [ToolCallPart("c1", "f", "{}"), ToolCallPart("c2", "f", "{}")]
    kept = keep_calls(ORIGIN, {"c2": "sig", "gone": "sig"})
    restored(kept, calls={"c1": (parts, 0), "c2": (parts, 1)})
    assert parts == [
        ToolCallPart("c1", "f", "{}"),
        ToolCallPart("c2", "f", "{}", signature="sig", origin=ORIGIN),
    ]


def test_what_has_no_word_of_ours_comes_back_sealed() -> None:
    """It goes to its model only as the daemon gave it out."""
    data = '{"type":"server_tool_use"}'
    (part,) = restored(keep_other(ORIGIN, "server_tool_use", data))
    assert part == OtherPart("server_tool_use", ORIGIN, data, seal("server_tool_use", ORIGIN, data))
    assert isinstance(part, OtherPart)
    assert part.is_unchanged


def test_an_unknown_kind_is_left_out() -> None:
    """A later version may have more."""
    assert restored(carry(ORIGIN, "new", "x")) == []
    assert restored(carry(ORIGIN, "thinking", "x")) == []
    assert restored(carry(ORIGIN, "before", "x"), TextPart("a")) == [TextPart("a")]
    assert restored(carry(ORIGIN, "before", "s", "no list"), TextPart("a")) == [
        TextPart("a", signature="s", origin=ORIGIN)
    ]
