"""The data of a configuration before and after a change, for comparison with the changed text."""

from copy import deepcopy
from typing import Any

from aircherd.config.problems import path_text
from aircherd.config.toml.locate import KeyPath
from aircherd.errors import BadRequest

MISSING: Any = object()
"""What `find_value` returns if there is no value."""


def find_value(data: object, path: KeyPath) -> object:
    """Return the value at `path` in parsed data, `MISSING` if there is none."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part, MISSING)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return MISSING
    return data


def is_same(one: object, other: object) -> bool:
    """Return whether two values are written alike: `1`, `1.0` and `true` are equal, yet differ."""
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return all(map(is_same, one, other))
    return True


def changed_data(data: dict[str, object], path: KeyPath, value: object) -> dict[str, object]:
    """Return a copy with one entry set, or removed if `value` is `MISSING`.

    Sections around it that are empty then are removed.

    Raises:
        BadRequest: an entry cannot be set there.
    """
    top: Any = deepcopy(data)
    here = top
    for part in path[:-1]:
        inner = find_value(here, (part,))
        if inner is MISSING:
            if value is MISSING:
                return pruned(top, path)
            _check_item(here, part, path)
            inner = here[part] = {}
        here = inner
    last = path[-1]
    if value is not MISSING:
        _check_item(here, last, path)
        here[last] = value
    elif find_value(here, (last,)) is not MISSING:
        del here[last]
    return pruned(top, path)


def _check_item(container: object, part: str | int, path: KeyPath) -> None:
    """Check that a container around `path` can have the entry `part`.

    Raises:
        BadRequest: it cannot.
    """
    if isinstance(container, dict) and isinstance(part, str):
        return
    if not isinstance(container, dict | list):
        raise BadRequest(f"{path_text(path)}: what is above it in the file is not a section")
    if isinstance(container, dict) or not isinstance(part, int):
        what = "a section" if isinstance(container, dict) else "a list"
        raise BadRequest(f"{path_text(path)}: what is above it in the file is {what}")
    if part >= len(container):
        raise BadRequest(f"{path_text(path)}: there is no such entry in the list")


def pruned(data: dict[str, object], path: KeyPath) -> dict[str, object]:
    """Remove the empty sections and lists around `path`, and return `data` itself."""
    for length in range(len(path) - 1, 0, -1):
        *above, last = path[:length]
        container: Any = find_value(data, tuple(above))
        if isinstance(container, dict) and container.get(last) in ({}, []):
            del container[last]
    return data
