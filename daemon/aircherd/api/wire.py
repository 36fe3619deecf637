"""How values travel to clients."""

import msgspec


def to_wire(value: object) -> dict[str, object]:
    """Return a struct as a map for the wire, without the keys that have no value."""
    built = msgspec.to_builtins(value)
    return {key: item for key, item in built.items() if item is not None}
