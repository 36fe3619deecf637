"""The arguments of tool calls in a conversation, as every API takes them: a JSON object.

A model may have made none of it: `null`, nothing, a list, a text with an object inside, or JSON
that was cut off. Some APIs refuse such a history, so it is repaired for all of them in one way:

    "", null, [], ""               -> {}
    a text that holds an object    -> the object
    raw tabs, NaN, invalid UTF-8   -> the object, repaired as in `lenient_json`
    a list, a number, a text       -> {"arguments": the value}
    broken JSON                    -> {"arguments": "the text as it is"}
"""

from typing import Final

import msgspec

from aircherd.providers.codec.json_out import encode_body
from aircherd.providers.codec.lenient_json import NotRepairable, read_leniently
from aircherd.vocabulary.parts import ToolCallPart

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EMPTY: Final[tuple[object, ...]] = (None, "", [])
_NAME: Final = "arguments"
"""The name under which what is no object is sent."""


def call_arguments(call: ToolCallPart) -> dict[str, object]:
    """Return the arguments of a call as an object; see the table above."""
    text = call.arguments
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        value = _repaired(text)
    if isinstance(value, str):
        value = _unwrapped(value)
    if isinstance(value, dict):
        return value
    return {} if value in _EMPTY else {_NAME: value}


def call_arguments_text(call: ToolCallPart) -> str:
    """Return the arguments of a call as JSON: unchanged if they are an object."""
    text = call.arguments
    try:
        _OBJECT.decode(text)
    except (ValueError, RecursionError):
        return encode_body(call_arguments(call), {}).decode()
    return text


def _repaired(text: str) -> object:
    # Lone surrogates of an editor become U+FFFD, as everywhere in a body.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not text.strip():
        return None
    try:
        return read_leniently(text.encode())
    except NotRepairable:
        return text


def _unwrapped(text: str) -> object:
    """Return the object that a text holds, else the text."""
    if not text.strip():
        return None
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) or value in _EMPTY else text
