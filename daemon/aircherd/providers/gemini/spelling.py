"""Names as other libraries of Google spell them: `finish_reason` for `finishReason`.

Gateways that go through Google's Python library send its dictionaries as they are.
"""

import re
from typing import Final

import msgspec

from aircherd.providers.codec.json_in import branch

Fields = dict[str, msgspec.Raw]

_SNAKE: Final = re.compile(r"_([a-z0-9])")
_NAMES: Final = frozenset(
    {
        *("finish_reason", "finish_message", "token_count", "safety_ratings", "grounding_metadata"),
        *("citation_metadata", "function_call", "inline_data", "mime_type", "thought_signature"),
        *("block_reason", "block_reason_message", "prompt_token_count", "total_token_count"),
        *("candidates_token_count", "cached_content_token_count", "thoughts_token_count"),
        "tool_use_prompt_token_count",
    }
)
"""The names that are read."""

_FIELDS = msgspec.json.Decoder(Fields)


def in_camel_case(fields: Fields) -> Fields:
    """Return the fields by the names that the API has for them."""
    if _NAMES.isdisjoint(fields):
        return fields
    return {_camel(name) if name in _NAMES else name: raw for name, raw in fields.items()}


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda match: match[1].upper(), name)


def object_in_camel_case(raw: msgspec.Raw) -> msgspec.Raw:
    """Return an object with such names, anything else as it is."""
    fields = branch(_FIELDS, raw)
    return raw if fields is None else msgspec.Raw(msgspec.json.encode(in_camel_case(fields)))
