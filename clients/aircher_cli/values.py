"""Reads values from the wire: what has an unexpected type becomes empty, never an error."""

Map = dict[str, object]
"""A map as it came from the daemon or from JSON, or as it is sent."""


def records(value: object) -> list[Map]:
    """Return the maps in a list; other entries are ignored, and anything else is an empty list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def as_map(value: object) -> Map:
    """Return a map; anything else becomes an empty one."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> float | None:
    """Return a number; None for anything else."""
    return float(value) if isinstance(value, int | float) else None


def text(value: object) -> str:
    """Return a value as a string; None becomes the empty string."""
    return "" if value is None else str(value)


def texts(value: object) -> list[str]:
    """Return a list of strings; anything else becomes an empty list."""
    return [str(entry) for entry in value] if isinstance(value, list | tuple) else []


def split_model(model: str) -> tuple[str, str, str]:
    """Return provider, label and model of `provider@label/model`; the label may be empty.

    Of a name without a slash there is no label: `claude@20250929` is a model of Google's.
    """
    head, slash, rest = model.partition("/")
    provider, at, label = head.partition("@")
    return (provider, label, rest) if slash else (f"{provider}{at}{label}", "", rest)


def without_label(model: str) -> str:
    """Return `provider/model` of `provider@key/model`; any other name stays as it is."""
    head, slash, rest = model.partition("/")
    return f"{head.partition('@')[0]}/{rest}" if slash else model
