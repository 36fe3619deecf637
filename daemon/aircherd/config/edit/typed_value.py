"""Read a value as a person types it in a shell, where quotes are easily lost."""

import tomllib

from aircherd.config.toml.limits import find_excess
from aircherd.errors import BadRequest

_PLAIN = (str, int, float)


def read_typed(text: str) -> object:
    """Return `text` as a TOML value if it is one, else as a string.

    Dates are strings: no entry takes one.
    """
    if find_excess(text) is not None:
        return text
    try:
        # One name only: the text must not bring entries of its own.
        data = tomllib.loads(f"value = {text}\n")
    except (ValueError, RecursionError):
        return text
    value = data["value"]
    return value if len(data) == 1 and is_plain(value) else text


def is_plain(value: object) -> bool:
    """Return whether a value consists of strings, numbers, booleans, lists and maps."""
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and is_plain(inner) for name, inner in value.items())
    return isinstance(value, _PLAIN)


def check_plain(path: str, value: object) -> object:
    """Return a value of a request, if TOML can represent it.

    Raises:
        BadRequest: it cannot.
    """
    if is_plain(value):
        return value
    raise BadRequest(f"value of {path[:200]!r}: must be a string, number, boolean, list or map")
