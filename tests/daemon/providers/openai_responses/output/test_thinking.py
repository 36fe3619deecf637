"""Thinking that is in no item."""

import pytest

from helpers.providers.responses.items import ANSWER, SIGNED, Json, content_of, text
from helpers.providers.responses.streams import response, wire


@pytest.mark.parametrize("output", [[ANSWER], [SIGNED, ANSWER], []])
def test_thinking_beside_the_output_stands_before_the_answer(output: list[Json]) -> None:
    """As mistral.rs sends it; where it is an item too, it comes once."""
    whole = response("completed", output, reasoning="Hm", output_text="Hello")
    last = {"type": "response.completed", "response": whole}
    for events in ([last], [text(0, "Hello"), last]):
        content = content_of(wire(*events))
        assert [(part["type"], part["text"]) for part in content] == [
            ("reasoning", "Hm"),
            ("text", "Hello"),
        ]


def test_blank_thinking_beside_the_output_is_none() -> None:
    """A model that does not think writes two empty lines there."""
    last = {"type": "response.completed", "response": response("completed", [], reasoning="\n\n")}
    assert content_of(wire(last)) == []
