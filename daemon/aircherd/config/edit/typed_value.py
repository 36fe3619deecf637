"""Read a value as a person types it in a shell, where quotes are easily lost."""

import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from aircherd.config.load import MAX_BYTES
from aircherd.config.secret_detection import safe_name
from aircherd.config.toml.limits import MAX_BRACKETS, find_excess
from aircherd.errors import BadRequest

MAX_DEPTH = MAX_BRACKETS + 1
"""Levels of a value: the lists and maps that a file may nest, and what they contain."""

_TYPE_NAMES: tuple[tuple[type, frozenset[str]], ...] = (
    (bool, frozenset({"boolean"})),  # before int, its base class
    (int, frozenset({"integer", "number"})),
    (float, frozenset({"number"})),
    (str, frozenset({"string"})),
    (list, frozenset({"array"})),
    (dict, frozenset({"object"})),
)


def read_typed(text: str, schema: Mapping[str, object] | None = None) -> object:
    """Return `text` as a TOML value if it is one that the entry takes, else as a string.

    `schema` is that of the entry, None if the entry is unknown. Text that is no string is a string
    where the entry takes strings only: a model may be called `5`.
    """
    value = _read_toml(text)
    types = set(_types(schema or {}))
    if "string" in types and types.isdisjoint(_names_of(value)):
        return text
    return value


def _types(schema: Mapping[str, object]) -> Iterator[str]:
    """Yield the types that a schema allows."""
    own = schema.get("type", [])
    yield from [own] if isinstance(own, str) else own  # type: ignore[misc]  # our own schema
    if False in schema.get("enum", ()):  # type: ignore[operator]  # likewise
        yield "boolean"
    for inner in schema.get("anyOf", ()):  # type: ignore[attr-defined]  # likewise
        yield from _types(inner)


def _names_of(value: object) -> frozenset[str]:
    return next((names for kind, names in _TYPE_NAMES if isinstance(value, kind)), frozenset())


def _read_toml(text: str) -> object:
    """Return `text` as a TOML value if it is one, else as a string; dates are strings."""
    if find_excess(text) is not None:
        return text
    try:
        # One name only: the text must not bring entries of its own.
        data = tomllib.loads(f"value = {text}\n")
    except (ValueError, RecursionError):
        return text
    value = data["value"]
    return value if len(data) == 1 and is_plain(value) else text


def _is_small(value: object) -> bool:
    """Return whether a value can be part of a file; it may come from any client."""
    room, level = MAX_BYTES, [value]
    for _ in range(MAX_DEPTH):
        room -= sum(len(each) if isinstance(each, str | bytes) else 1 for each in level)
        if room < 0:
            return False
        inner = (_parts(each) for each in level)
        level = list(islice(chain.from_iterable(inner), MAX_BYTES))
    return not level


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return chain(value, value.values())
    return value if isinstance(value, list) else ()


def is_plain(value: object) -> bool:
    """Return whether a value consists of strings, finite numbers, booleans, lists and maps."""
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(
            isinstance(name, str) and is_plain(name) and is_plain(inner)
            for name, inner in value.items()
        )
    if isinstance(value, str):
        return _is_unicode(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int)


def _is_unicode(text: str) -> bool:
    """Return whether a text can be written as UTF-8; arguments of a command may contain bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_plain(path: str, value: object) -> object:
    """Return a value of a request, if TOML can represent it.

    Raises:
        BadRequest: it cannot, or no configuration can contain it.
    """
    if not _is_small(value):
        raise BadRequest(f"value of {safe_name(path)}: is too large, or nested too deep")
    if is_plain(value):
        return value
    raise BadRequest(
        f"value of {safe_name(path)}: must be a string (in UTF-8), number, boolean, list or map"
    )
