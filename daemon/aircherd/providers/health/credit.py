"""Whose free look at a key shows what it may still spend."""

import msgspec

from aircherd.providers.codec.json_in import as_map

SHOWS_CREDIT = frozenset({"openrouter"})
"""Kinds of provider. Elsewhere a free look succeeds without any credit, and tells nothing."""


def has_credit(body: bytes) -> bool:
    """Say whether OpenRouter's page of a key shows that there is something left for it.

    `limit_remaining` is in USD, and null where the key has no limit of its own: what the account
    has left is not told then.
    """
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return False
    left = as_map(as_map(value).get("data")).get("limit_remaining")
    return isinstance(left, int | float) and not isinstance(left, bool) and left > 0
