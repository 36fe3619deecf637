"""Signatures of the Responses API's items."""

import msgspec
import pytest

from aircherd.providers.openai_responses.signature import (
    has_items,
    phase_of,
    reasoning_item,
    sign_phase,
    sign_reasoning,
)
from aircherd.vocabulary.parts import ReasoningPart
from helpers.providers.provider_calls import a_request

NOTHING = msgspec.Raw()
SUMMARY = [{"type": "summary_text", "text": "Hm — “🦀”\n"}]
CONTENT = [{"type": "reasoning_text", "text": "2 + 2"}]


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


@pytest.mark.parametrize(
    ("summary", "content", "encrypted", "item"),
    [
        (
            raw(SUMMARY),
            NOTHING,
            "gAAA=",
            {"type": "reasoning", "id": "rs_1", "summary": SUMMARY, "encrypted_content": "gAAA="},
        ),
        (
            NOTHING,
            raw(None),
            "gAAA=",
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA="},
        ),
        (
            raw([]),
            raw(CONTENT),
            "",
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": CONTENT},
        ),
    ],
)
def test_a_reasoning_item_comes_back_as_it_was(
    summary: msgspec.Raw, content: msgspec.Raw, encrypted: str, item: object
) -> None:
    """With id, summary and the thinking, and nothing that might be refused."""
    signature = sign_reasoning("rs_1", summary, content, encrypted)
    assert item == reasoning_item(ReasoningPart("whatever a client made of it", signature))


def test_an_item_without_thinking_is_not_signed() -> None:
    """OpenAI would not recognise a summary alone."""
    assert sign_reasoning("rs_1", raw(SUMMARY), raw([]), "") is None


def test_a_phase_comes_back() -> None:
    """A message's phase is kept; most messages have none."""
    assert sign_phase("") is None
    assert phase_of(sign_phase("commentary")) == "commentary"


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "reasoning",
        "{",
        "[1]",
        '"reasoning"',
        '{"type":"thinking","phase":"x"}',
        '{"type":"message","phase":["commentary"]}',
        "\udcff",
        "[" * 100_000,
    ],
)
def test_foreign_signatures_are_ignored(signature: str | None) -> None:
    """No other signature is taken for an item of this API."""
    assert reasoning_item(ReasoningPart("t", signature)) is None
    assert phase_of(signature) is None


@pytest.mark.parametrize(
    ("content", "has"),
    [
        ("text", False),
        ([{"type": "text", "text": "a", "signature": '{"type":"reasoning"}'}], False),
        ([{"type": "reasoning", "text": "a", "signature": "reasoning"}], False),
        ([{"type": "reasoning", "text": "a"}], False),
        ([{"type": "reasoning", "signature": '{"type":"reasoning","id":"rs_1"}'}], True),
    ],
)
def test_only_our_own_thinking_needs_this_api(content: object, has: bool) -> None:
    """Thinking from another API, or without a signature, does not."""
    assert has is has_items(a_request({"role": "assistant", "content": content}))
