"""The texts of whole items."""

import msgspec
import pytest

from aircherd.providers.openai_responses.output.contents import item_text, known_fields, texts_in
from aircherd.providers.openai_responses.schema import item_of, part_of
from helpers.providers.responses.items import (
    ANSWER,
    THOUGHT,
    Json,
)


@pytest.mark.parametrize(
    ("part", "texts"),
    [
        ({"type": "output_text", "text": "a"}, [("text", "a")]),
        ({"text": "a"}, [("text", "a")]),
        ({"type": "refusal", "refusal": "no"}, [("refusal", "no")]),
        ({"type": "refusal", "text": "no"}, [("refusal", "no")]),
        ({"type": "output_text", "text": "a", "refusal": "no"}, [("text", "a"), ("refusal", "no")]),
        ({"type": "output_text", "text": ""}, []),
        ({"type": "sketch", "text": "a"}, []),
    ],
)
def test_texts_of_a_part(part: Json, texts: list[tuple[str, str]]) -> None:
    """Each has its kind, text or refusal; what is no text has none."""
    found = part_of(msgspec.Raw(msgspec.json.encode(part)))
    assert found is not None
    assert texts_in(found) == texts


def test_a_text_that_is_none_is_kept_as_it_came() -> None:
    """An object in place of the text is not lost."""
    found = part_of(msgspec.Raw(b'{"type":"output_text","text":{"a":1}}'))
    assert found is not None
    assert "text" not in known_fields(found)
    assert "annotations" in known_fields(found)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (ANSWER, "Hello"),
        (THOUGHT, "Hm"),
        ({"type": "function_call", "arguments": "{}"}, "{}"),
        ({"type": "web_search_call"}, ""),
    ],
)
def test_the_text_of_an_item(item: Json, text: str) -> None:
    """It is what was streamed of it: text, thinking, or arguments."""
    found = item_of(msgspec.Raw(msgspec.json.encode(item)))
    assert found is not None
    assert item_text(found) == text
