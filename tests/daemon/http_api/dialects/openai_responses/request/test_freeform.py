"""Tools that take any text, as functions."""

import json

from aircherd.http_api.dialects.openai_responses.reply.freeform_input import FreeformInput
from aircherd.http_api.dialects.openai_responses.request.freeform import (
    FreeformTool,
    describe,
    parameters,
    wrap,
)
from helpers.http_api.responses_api import read

GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /x+/"}


def test_the_function_takes_one_text() -> None:
    """Every provider has such functions."""
    schema = json.loads(parameters())
    assert schema["required"] == ["input"]
    assert schema["properties"]["input"]["type"] == "string"


def test_the_grammar_is_described() -> None:
    """Only OpenAI enforces it."""
    tool = {"type": "custom", "name": "apply_patch", "description": "Edits.", "format": GRAMMAR}
    (read_tool,) = read(tools=[tool]).chat.tools
    assert (read_tool.type, read_tool.name) == ("function", "apply_patch")
    assert read_tool.description is not None
    assert read_tool.description.startswith("Edits.\n\n")
    assert "lark grammar:\nstart: /x+/" in read_tool.description


def test_without_a_grammar_the_description_stays() -> None:
    """There is nothing to add."""
    assert describe(FreeformTool("t", "Edits.")) == "Edits."
    assert describe(FreeformTool("t")) is None


def test_a_call_is_wrapped_and_unwrapped() -> None:
    """A conversation goes back as it came."""
    text = '*** Begin Patch\n"ä"\\n\U0001f600\n'
    assert FreeformInput().add(wrap(text)) == text
