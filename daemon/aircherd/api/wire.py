"""Encodes results for clients."""

import msgspec


def to_wire(value: object) -> dict[str, object]:
    """Convert a struct to a map for the wire; fields that are None are left out."""
    built = msgspec.to_builtins(value)
    return {key: item for key, item in built.items() if item is not None}
