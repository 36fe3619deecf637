"""Thinking of other vendors' models, and what else goes back to them, as blocks of this API.

Clients send thinking back unchanged, with its signature: this API demands it. So both carry what
the model that made them needs, see `common.carriers`. What is hidden becomes redacted thinking.

A client that asked for no thinking gets none: programs take the first block for the answer. Only
the signatures of calls come to all of them, because some models refuse a call without it.
"""

import msgspec

from aircherd.http_api.dialects.anthropic.request.options import Shown
from aircherd.http_api.dialects.common.carriers import CALL, OTHER, REASONING, TEXT, carry


class Redacted(msgspec.Struct, tag_field="type", tag="redacted_thinking"):
    """A block that clients keep, and do not show."""

    data: str


def thinking_signature(origin: str, signature: str | None) -> str:
    """Return the signature of a block of thinking; the vendor may have sent none."""
    found = carry(origin, REASONING, signature) or carry(origin, REASONING, None)
    assert found is not None  # the names of a provider and a model are short
    return found


def hidden_thinking(shown: Shown, origin: str, signature: str) -> Redacted | None:
    """Return thinking whose text the vendor, or the client, wants hidden."""
    return None if shown == "no" else _redacted(carry(origin, REASONING, signature))


def text_carrier(shown: Shown, origin: str, signature: str) -> Redacted | None:
    """Return the signature of the text before it."""
    return None if shown == "no" else _redacted(carry(origin, TEXT, signature))


def call_carrier(origin: str, call_id: str, signature: str) -> Redacted | None:
    """Return the signature of a call."""
    return _redacted(carry(origin, CALL, call_id, signature))


def other_carrier(shown: Shown, origin: str, kind: str, data: str) -> Redacted | None:
    """Return a part that has no word here."""
    return None if shown == "no" else _redacted(carry(origin, OTHER, kind, data))


def _redacted(data: str | None) -> Redacted | None:
    return None if data is None else Redacted(data)
