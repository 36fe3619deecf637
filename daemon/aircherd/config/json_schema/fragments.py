"""Short ways to write the JSON Schema of one value; each takes its description."""

from collections.abc import Sequence

Fragment = dict[str, object]
"""A JSON Schema."""


def string(about: str, **more: object) -> Fragment:
    """Return the schema of a non-empty string."""
    return {"description": about, "type": "string", "minLength": 1, **more}


def choice(about: str, values: Sequence[str], **more: object) -> Fragment:
    """Return the schema of one of several strings."""
    return {"description": about, "type": "string", "enum": list(values), **more}


def integer(about: str, low: int, high: int, **more: object) -> Fragment:
    """Return the schema of a whole number from `low` to `high`."""
    return {"description": about, "type": "integer", "minimum": low, "maximum": high, **more}


def flag(about: str, **more: object) -> Fragment:
    """Return the schema of true or false."""
    return {"description": about, "type": "boolean", **more}


def seconds(about: str, high: float, default: float) -> Fragment:
    """Return the schema of a time in seconds, more than 0."""
    return {
        "description": f"{about}, in seconds",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": high,
        "default": default,
    }


def amount(about: str, pattern: str, high: int) -> Fragment:
    """Return the schema of an exact decimal number: a number, or a string of digits."""
    return {
        "description": about,
        "type": ["number", "string"],
        "minimum": 0,
        "maximum": high,
        "pattern": f"^{pattern}$",
    }


def strings(about: str, **more: object) -> Fragment:
    """Return the schema of a list of non-empty strings, which is not empty itself."""
    return {
        "description": about,
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "minLength": 1},
        **more,
    }


def table(about: str, properties: dict[str, Fragment], **more: object) -> Fragment:
    """Return the schema of a section with these entries and no others."""
    return {
        "description": about,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def named(about: str, names: Fragment, each: Fragment, **more: object) -> Fragment:
    """Return the schema of sections with names of the user's, all of the same form."""
    return {
        "description": about,
        "type": "object",
        "propertyNames": names,
        "additionalProperties": each,
        **more,
    }
