"""The name of an entry as the user writes it, such as `providers.work.base_url`."""

import re

from aircherd.config.edit.data import find_value
from aircherd.config.schema import SECTIONS
from aircherd.config.toml.locate import KeyPath
from aircherd.errors import BadRequest

MAX_PATH = 500
"""Characters of a path; a longer one is a mistake."""

MAX_PARTS = 8
"""Names and indexes of a path; no entry has more than four."""

_PART = re.compile(
    r"""(?P<bare>[A-Za-z0-9_-]+)"""
    r"""|"(?P<double>(?:[^"\\]|\\["\\])*)\""""
    r"""|'(?P<single>[^']*)'"""
)
_INDEX = re.compile(r"\[([0-9]{1,6})\]")

_NAMED = ("providers", "models", "tasks", "catalog", "clients")
"""Sections with names of the user's, which may contain dots: `models.gpt-5.5.routes`."""


def read_key_path(text: str, data: dict[str, object]) -> KeyPath:
    """Parse a path: names with dots between them, quoted where needed, and `[0]` for list items.

    A shell removes quotes, so a name of the user's may also stand without them:
    `catalog.openai/gpt-5.5.window`. Then it ends where a name in `data` (the parsed file) ends, or
    before the last part if that is an entry of the section.

    Raises:
        BadRequest: it is not a path.
    """
    if len(text) <= MAX_PATH:
        path = _strict(text) or ()
        if 0 < len(path) <= MAX_PARTS and (path[0] not in _NAMED or _is_known(path)):
            return path
        path = _loose(text, data) or path
        if 0 < len(path) <= MAX_PARTS:
            return path
    raise BadRequest(
        "path: is not the name of an entry, such as default_model or providers.work.base_url"
    )


def _strict(text: str) -> KeyPath | None:
    """Parse a path as TOML writes it, with indexes; None if it is not one."""
    path: list[str | int] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            return None
        bare, double, single = match.group("bare", "double", "single")
        quoted = single if double is None else re.sub(r"\\(.)", r"\1", double)
        path.append(bare if bare is not None else quoted)
        position = match.end()
        while index := _INDEX.match(text, position):
            path.append(int(index[1]))
            position = index.end()
        if position == len(text):
            return tuple(path)
        if text[position] != ".":
            return None
        position += 1


def _loose(text: str, data: dict[str, object]) -> KeyPath | None:
    """Parse `SECTION.NAME.ENTRY` with dots and slashes in the name; None if it is not one."""
    section, _, rest = text.partition(".")
    if section not in _NAMED or not rest or '"' in rest or "'" in rest:
        return None
    table = find_value(data, (section,))
    names = sorted(table, key=len, reverse=True) if isinstance(table, dict) else []
    for name in names:
        if rest == name:
            return (section, name)
        if rest.startswith(f"{name}."):
            return (section, name, *(_strict(rest[len(name) + 1 :]) or (rest[len(name) + 1 :],)))
    name, _, last = rest.rpartition(".")
    if name and last in _entries_of(section):
        return (section, name, last)
    return (section, rest) if "/" in rest else None


def _is_known(path: KeyPath) -> bool:
    """Return whether a path is a section, or a section and one of its entries."""
    return len(path) < 3 or path[2] in _entries_of(str(path[0]))


def _entries_of(section: str) -> tuple[str, ...]:
    found = (each.names for each in SECTIONS if each.title.startswith(f"[{section}."))
    return next(found, ())
