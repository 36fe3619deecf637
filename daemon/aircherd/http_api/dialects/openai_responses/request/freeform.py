"""Tools that take any text, as functions with one argument: pure.

Only OpenAI has them. A function that takes a text does the same at every provider; a grammar, which
only OpenAI enforces, is described to the model.
"""

import json
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.writing import json_bytes

ARGUMENT: Final = "input"

_PARAMETERS: Final = json.dumps(
    {
        "type": "object",
        "properties": {
            ARGUMENT: {"type": "string", "description": "The whole input of the tool, as it is."}
        },
        "required": [ARGUMENT],
        "additionalProperties": False,
    },
    separators=(",", ":"),
)


class _Format(msgspec.Struct, gc=False):
    type: str = "text"
    syntax: str | None = None
    definition: str | None = None


class FreeformTool(msgspec.Struct, gc=False):
    """A tool that takes any text, as a client describes it."""

    name: str
    description: str | None = None
    format: _Format | None = None


def parameters() -> str:
    """Return the JSON Schema of its one argument."""
    return _PARAMETERS


def describe(tool: FreeformTool) -> str | None:
    """Return what the model gets to know of the tool, its grammar included."""
    text = tool.description
    if tool.format is None or not tool.format.definition:
        return text
    syntax = tool.format.syntax or "given"
    rule = f"The {ARGUMENT} must match this {syntax} grammar:\n{tool.format.definition}"
    return f"{text}\n\n{rule}" if text else rule


def wrap(text: str) -> str:
    """Return the arguments of a call with this text."""
    return json_bytes({ARGUMENT: text}).decode()
