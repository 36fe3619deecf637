"""Whether a free check of a key shows credit."""

import msgspec

from aircherd.providers.codec.json_in import as_map

SHOWS_CREDIT = frozenset({"openrouter"})
"""Provider kinds. Elsewhere a free check succeeds without any credit and shows nothing."""


def has_credit(body: bytes) -> bool:
    """Return whether OpenRouter's page of a key shows that it has credit left.

    `limit_remaining` is in USD, and null where the key has no limit of its own: then the credit of
    the account is unknown.
    """
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return False
    left = as_map(as_map(value).get("data")).get("limit_remaining")
    return isinstance(left, int | float) and not isinstance(left, bool) and left > 0
