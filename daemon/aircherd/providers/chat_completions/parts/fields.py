"""The undecoded fields of a reply, and which of them are known.

Whatever is not known and says something is kept. Numbers and truth values are measurements, no
content. The fields at the root describe the reply: their texts are ids and names, unless they have
several words.
"""

from typing import Final

import msgspec

from aircherd.providers.codec.json_in import branch

Fields = dict[str, msgspec.Raw]

MAX_BLANK: Final = 200
"""Bytes of a value that is looked at to see whether it says anything."""

ROOT: Final = frozenset(
    (
        *(
            "choices",
            "usage",
            "x_groq",
            "timings",
            "cost",
            "model",
            "error",
            "id",
            "object",
            "created",
            "system_fingerprint",
            "service_tier",
        ),
        *(
            "obfuscation",
            "provider",
            "prompt_token_ids",
            "prompt_filter_results",
            "time_info",
            "stats",
            "model_info",
        ),
        *("finish_reason", "usageMetadata", "token_usage"),
        *("runtime_info", "kv_transfer_params", "nvext", "metrics", "sla_metrics", "base_resp"),
    )
)
"""Fields of a chunk that are read elsewhere, or say nothing about the answer."""

CHOICE: Final = frozenset(
    (
        *(
            "index",
            "delta",
            "message",
            "usage",
            "finish_reason",
            "native_finish_reason",
            "finishReason",
            "error",
            "matched_stop",
            "stop_reason",
        ),
        *("token_ids", "prompt_token_ids", "seed", "stop_text"),
    )
)
"""Likewise, of a choice."""

MESSAGE: Final = frozenset(
    (
        *(
            "role",
            "content",
            "refusal",
            "reasoning",
            "reasoning_content",
            "reasoning_details",
            "thinking_blocks",
            "tool_calls",
        ),
        *("function_call", "token_ids", "tool_call_id", "name", "usage", "finish_reason"),
    )
)
"""Likewise, of a delta or a message."""

CALL: Final = frozenset(
    ("index", "id", "type", "function", "custom", "name", "arguments", "parameters")
)
"""Likewise, of a tool call."""

_FIELDS = msgspec.json.Decoder(Fields)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_VALUE = msgspec.json.Decoder()

_TEXT: Final = b'"'
_NESTED: Final = (b"{", b"[")


def fields_of(raw: msgspec.Raw | None) -> Fields:
    """Return the fields of an object, {} if it is none."""
    return (raw and branch(_FIELDS, raw)) or {}


def items_of(raw: msgspec.Raw | None) -> list[msgspec.Raw] | None:
    """Return the items of a list, None if it is none."""
    return branch(_LIST, raw) if raw else None


def value_of(raw: msgspec.Raw | None) -> object:
    """Return a decoded value, None if there is none."""
    return branch(_VALUE, raw) if raw else None


def text_in(raw: msgspec.Raw) -> str:
    """Return JSON as text."""
    return bytes(raw).decode("utf-8", "replace")


def has_content(raw: msgspec.Raw) -> bool:
    """Return whether a value is a text, a list or an object that says something."""
    view = memoryview(raw)
    if view[:1].tobytes() not in (_TEXT, *_NESTED):
        return False
    return view.nbytes > MAX_BLANK or not _is_blank(value_of(raw))


def _is_blank(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_blank, value.values()))
    if isinstance(value, list):
        return all(map(_is_blank, value))
    return value is None or value == ""


def unknown_fields(fields: Fields, known: frozenset[str]) -> Fields:
    """Return the fields that are not known and say something."""
    return {name: raw for name, raw in fields.items() if name not in known and has_content(raw)}


def is_metadata(raw: msgspec.Raw) -> bool:
    """Return whether a value at the root is only an id or a name."""
    value = bytes(raw)
    return value.startswith(_TEXT) and b" " not in value


def is_verdict(name: str, raw: msgspec.Raw) -> bool:
    """Return whether this is Azure's verdict on a content that it did not block."""
    is_blocked = b'"filtered":true' in bytes(raw).replace(b" ", b"")
    return name.startswith("content_filter") and not is_blocked
