"""What a request requires of a model."""

import pytest

from aircherd.chat.request.requirements import requirements_of
from aircherd.routing.filters import ABILITIES
from aircherd.usage.estimate import TOKENS_PER_IMAGE
from helpers.providers.provider_calls import a_request

PAPER = {"type": "document", "url": "https://x/paper.pdf"}
SOUND = {"type": "audio", "data": "SUQz"}
PICTURE = {"type": "image", "data": "iVBORw0KGgo=", "media_type": "image/png"}
TOOL = {"name": "look"}
EVERYTHING = {
    "tools": [TOOL],
    "reasoning": "low",
    "response_format": {"type": "json_schema", "schema": "{}"},
    "temperature": 0.5,
}


def shown(*parts: dict[str, object]) -> dict[str, object]:
    return {"role": "user", "content": list(parts)}


def result(content: object) -> dict[str, object]:
    return {"type": "tool_result", "id": "1", "content": content}


@pytest.mark.parametrize(
    ("fields", "abilities"),
    [
        ({}, ()),
        ({"tools": [TOOL]}, ("tools",)),
        ({"tools": [TOOL], "tool_choice": "none"}, ()),
        ({"tools": [TOOL], "tool_choice": {"name": "look"}}, ("tools",)),
        ({"reasoning": "minimal"}, ("reasoning",)),
        ({"reasoning": "none"}, ()),
        ({"response_format": {"type": "json_schema", "schema": "{}"}}, ("json_schema",)),
        ({"response_format": {"type": "json_object"}}, ()),
        ({"temperature": 0.0}, ("sampling",)),
        ({"top_p": 1.0}, ("sampling",)),
        (EVERYTHING, ("tools", "reasoning", "json_schema", "sampling")),
    ],
)
def test_abilities_that_the_request_uses_are_required(
    fields: dict[str, object], abilities: tuple[str, ...]
) -> None:
    """Options that every model supports do not count."""
    assert requirements_of(a_request(**fields)).abilities == abilities


@pytest.mark.parametrize(
    ("message", "is_needed"),
    [
        (shown(PICTURE), True),
        (shown({"type": "text", "text": "see"}, PICTURE), True),
        (shown(result([PICTURE])), True),
        (shown(result([{"type": "text", "text": "none"}])), False),
        (shown(result("text")), False),
    ],
)
def test_images_are_found_in_messages_and_tool_results(
    message: dict[str, object], *, is_needed: bool
) -> None:
    """Both require the ability."""
    assert requirements_of(a_request(message)).abilities == (("images",) if is_needed else ())


def test_every_ability_has_a_filter() -> None:
    """Otherwise it would have no effect."""
    message = shown(PICTURE, PAPER, SOUND)
    assert set(requirements_of(a_request(message, **EVERYTHING)).abilities) == set(ABILITIES)


def test_size_is_estimated() -> None:
    """Input is text and images; output is the request's maximum, 0 if there is none."""
    few = requirements_of(a_request({"role": "user", "content": "word " * 700}))
    assert 700 <= few.input_tokens <= 1400
    assert few.output_tokens == 0
    assert requirements_of(a_request(shown(PICTURE))).input_tokens >= TOKENS_PER_IMAGE
    assert requirements_of(a_request(max_tokens=5)).output_tokens == 5
