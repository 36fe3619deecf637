"""Signatures of the Responses API's items."""

import base64

import msgspec
import pytest

from aircherd.providers.openai_responses.schema import OutputItem, item_of
from aircherd.providers.openai_responses.signature import (
    call_fields,
    image_fields,
    is_item,
    is_own_image,
    phase_of,
    reasoning_item,
    sign_call,
    sign_phase,
    sign_reasoning,
)
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import OtherPart, Part, ReasoningPart, TextPart

NOTHING = msgspec.Raw()
SUMMARY = [{"type": "summary_text", "text": "Hm — “🦀”\n"}]
CONTENT = [{"type": "reasoning_text", "text": "2 + 2"}]


def reasoning(summary: msgspec.Raw, content: msgspec.Raw, encrypted: str) -> OutputItem:
    return OutputItem(
        type="reasoning", id="rs_1", summary=summary, content=content, encrypted_content=encrypted
    )


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
    signature = sign_reasoning(reasoning(summary, content, encrypted))
    assert item == reasoning_item(ReasoningPart("whatever a client made of it", signature))


def test_an_item_without_thinking_is_not_signed() -> None:
    """OpenAI would not recognise a summary alone."""
    assert sign_reasoning(reasoning(raw(SUMMARY), raw([]), "")) is None


def test_the_signature_of_the_vendor_behind_it_comes_back() -> None:
    """OpenRouter has it in a field of its own."""
    item = {"type": "reasoning", "id": "r", "summary": [], "signature": "s", "format": "a-v1"}
    sent = item_of(raw(item | {"status": "completed"}))
    assert sent is not None
    assert reasoning_item(ReasoningPart("", sign_reasoning(sent))) == item


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


IMAGE = '{"type":"image_generation_call","id":"ig_1"}'
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


@pytest.mark.parametrize(
    ("part", "is_ours"),
    [
        (TextPart("a", signature='{"type":"reasoning"}'), False),
        (ReasoningPart("a", "reasoning"), False),
        (ReasoningPart("a"), False),
        (ReasoningPart("", '{"type":"reasoning","id":"rs_1"}'), True),
        (OtherPart("web_search_call", "openai/m", '{"type":"web_search_call"}'), True),
        (OtherPart("content.of_2030", "openai/m", '{"type":"of_2030"}'), True),
        (OtherPart("annotations", "openai/m", '[{"type":"url_citation"}]'), False),
        (ImagePart(PNG, signature=IMAGE), True),
        (ImagePart(PNG), False),
    ],
)
def test_only_what_came_from_this_api_needs_it(part: Part, is_ours: bool) -> None:
    """Thinking from another API, or without a signature, does not."""
    assert is_ours is is_item(part)


def test_what_a_call_has_besides_its_name_comes_back() -> None:
    """Ids and the status do not: nothing is stored."""
    call = OutputItem(
        type="function_call",
        raw=raw({"type": "function_call", "id": "fc", "status": "completed", "namespace": "crm"}),
    )
    assert call_fields(sign_call(call)) == {"namespace": "crm"}
    assert sign_call(OutputItem(type="function_call", raw=raw({"id": "fc"}))) is None
    assert call_fields('{"type":"message","namespace":"crm"}') == {}
    assert call_fields('{"type":"function_call","name":"other","namespace":"crm"}') == {
        "namespace": "crm"
    }


def test_a_picture_that_was_not_made_here_stays_with_the_user() -> None:
    """Only the item that it came in can go back."""
    assert image_fields(IMAGE) == {"type": "image_generation_call", "id": "ig_1"}
    assert image_fields('{"type":"reasoning"}') is None
    assert is_own_image(ImagePart(PNG, signature=IMAGE))
    assert not is_own_image(ImagePart(PNG, signature="?"))


def test_a_field_of_reasoning_that_has_no_word_of_ours_is_kept() -> None:
    """Although there is nothing else to send back."""
    item = item_of(raw({"type": "reasoning", "id": "r", "text": "hm"}))
    assert msgspec.json.decode(sign_reasoning(item) or "") == {
        "type": "reasoning",
        "id": "r",
        "summary": [],
        "text": "hm",
    }
