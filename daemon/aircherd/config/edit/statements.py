"""Find the statement that has an entry, and change it; tomlkit sees one statement at a time."""

from typing import Any

from aircherd.config.edit.data import MISSING, find_value
from aircherd.config.edit.toml_text import value_text
from aircherd.config.toml.locate import KeyPath, LineIndex, Statement

Holder = tuple[KeyPath, Statement]
"""A statement, and the path of the section that it is in."""


def find_holder(index: LineIndex, path: KeyPath) -> Holder | None:
    """Return the last statement that gives `path` a value or a part of one."""
    holders = [
        (section, statement)
        for section, statement in index.statements
        if not statement.is_header
        and len(path) > len(section)
        and path[: len(section)] == section
        and find_value(statement.data, path[len(section) :]) is not MISSING
    ]
    return holders[-1] if holders else None


def last_of_section(index: LineIndex, section: KeyPath) -> Statement | None:
    """Return the last statement of the section with this header, None if there is no header."""
    found = None
    is_open = False
    for path, statement in index.statements:
        if statement.is_header:
            is_open = path == section
        found = statement if is_open else found
    return found


def is_inline(holder: Holder, path: KeyPath) -> bool:
    """Return whether a statement gives `path` a value in braces or brackets."""
    from tomlkit.items import Array, InlineTable  # noqa: PLC0415 -- slow to import, rarely needed

    section, statement = holder
    here: Any = _parse("\n".join(statement.lines))
    for part in path[len(section) :]:
        here = here[part]
        if isinstance(here, InlineTable | Array):
            return True
    return False


def defines_only(statement: Statement, path: KeyPath) -> bool:
    """Return whether a statement defines `path` and nothing else, as `a.b = 1` defines `a.b`."""
    if statement.is_header or not path or not all(isinstance(part, str) for part in path):
        return False
    here: object = statement.data
    document: Any = _parse("\n".join(statement.lines))
    for part in path:
        if not isinstance(here, dict) or set(here) != {part} or _is_braces(document):
            return False
        here, document = here[part], document[part]
    return True


def changed_statement(holder: Holder, path: KeyPath, value: object) -> list[str]:
    """Return the lines of a statement with the value at `path` set, or removed if `MISSING`.

    Sections on the way that do not exist are added in braces.
    """
    section, statement = holder
    document: Any = _parse("\n".join(statement.lines))
    here = document
    above, last = list(path[len(section) : -1]), path[-1]
    for number, part in enumerate(above):
        if isinstance(part, str) and part not in here:  # only when an entry is set
            value, last = _nested((*above[number + 1 :], last), value), part
            above = above[:number]
            break
        here = here[part]
    is_replaced = value is not MISSING and find_value(here, (last,)) is not MISSING
    if value is MISSING:
        del here[last]
    else:
        here[last] = _item(value)
    if above and _is_braces(here) and not is_replaced:
        _tidy(document, above)
    return str(document.as_string()).split("\n")


def _nested(path: tuple[str | int, ...], value: object) -> object:
    for part in reversed(path):
        value = {part: value}
    return value


def _tidy(document: Any, path: list[str | int]) -> None:
    """Write the map in braces at `path` in our form; braces contain no comments to lose."""
    *outer, last = path
    container: Any = find_value(document, tuple(outer))
    container[last] = _item(container[last].unwrap())


def _is_braces(document: object) -> bool:
    from tomlkit.items import InlineTable  # noqa: PLC0415 -- slow to import, rarely needed

    return isinstance(document, InlineTable)


def _parse(text: str) -> object:
    # Importing it costs 15 ms and 2 MB, and few users need it.
    from tomlkit import parse  # noqa: PLC0415

    return parse(text)


def _item(value: object) -> Any:
    """Return a value in our form, as tomlkit holds it."""
    document: Any = _parse(f"value = {value_text(value)}")
    return document["value"]
