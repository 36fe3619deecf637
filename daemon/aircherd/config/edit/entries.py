"""Set or remove entries in the text of a configuration; all other text stays as it is.

A text is a sequence of statements (`toml.locate`). Each change touches as few of them as possible:

    the entry exists            its statement gets the new value; a comment after it stays
    its section exists          a line after the last entry of the section
    its section is inline       the braces get one more entry
    there is no such section    a new section at the end; at the top, an entry goes to the start

Whole sections are removed with the comments inside them; comments above a section stay.

The result is parsed and compared with what the change should have made of the data. If they differ,
the change is refused: the file is written in a form that only a person should change.
"""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from aircherd.config.edit.data import MISSING, changed_data, find_value, is_same, pruned
from aircherd.config.edit.lines import (
    append,
    delete_lines,
    insert_after,
    insert_at_top,
    replace_statement,
)
from aircherd.config.edit.statements import (
    Holder,
    changed_statement,
    defines_only,
    find_holder,
    is_inline,
    last_of_section,
)
from aircherd.config.edit.toml_text import dotted, entry_lines
from aircherd.config.problems import path_text
from aircherd.config.toml.locate import KeyPath, LineIndex
from aircherd.errors import BadRequest

_BOM = "\ufeff"

_SECTION_DEPTH = 2
"""Sections are written as `[a]` or `[a.b]`; what is deeper is written in braces."""


class Entry(msgspec.Struct, frozen=True):
    """An entry to set."""

    path: KeyPath
    value: object


def change_entries(text: str, entries: Iterable[Entry], unset: Iterable[KeyPath] = ()) -> str:
    """Return `text` without the entries `unset`, and with `entries` set in their order.

    An entry to remove that does not exist is ignored. `text` must be valid TOML.

    Raises:
        BadRequest: an entry cannot be set there.
    """
    start = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    for path in unset:
        text = _checked(text, path, MISSING)
    for entry in entries:
        text = _checked(text, entry.path, entry.value)
    return start + text


def _checked(text: str, path: KeyPath, value: object) -> str:
    """Set or remove one entry, and check that the result means what it should mean."""
    data = tomllib.loads(text)
    if is_same(find_value(data, path), value):
        return text
    wanted = changed_data(data, path, value)
    changed = _remove(text, path) if value is MISSING else _set(text, data, path, value)
    try:
        found: object = pruned(tomllib.loads(changed), path)
    except ValueError:
        # The parser's error may hold the text.
        found = None
    if found != wanted:
        message = f"{path_text(path)}: cannot be changed by a command in this file: edit the file"
        raise BadRequest(message)
    return changed


# ------------------------------------------------------------------ setting


def _set(text: str, data: dict[str, object], path: KeyPath, value: object) -> str:
    if _is_section_list(value) and len(path) == 1:
        return _append_section_list(_remove(text, path), path, value)
    is_section = isinstance(value, dict) and len(path) <= _SECTION_DEPTH
    if is_section and _inline_holder(LineIndex(text), path[:-1]) is None:
        return _append_section(_remove(text, path), path, cast("dict[str, object]", value))
    if find_value(data, path) is MISSING:
        return _insert(text, path, value)
    holder = find_holder(LineIndex(text), path)
    if holder is None:  # it consists of sections of its own
        return _insert(_remove(text, path), path, value)
    return replace_statement(text, holder[1], changed_statement(holder, path, value))


def _is_section_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _insert(text: str, path: KeyPath, value: object) -> str:
    """Insert an entry that does not exist. There are five cases."""
    parent = path[:-1]
    # 1. It belongs to the top of the file.
    if not parent:
        return insert_at_top(text, entry_lines(path, value))
    index = LineIndex(text)
    # 2. Its section, or one around it, is in braces.
    holder = _inline_holder(index, parent)
    if holder is not None:
        return replace_statement(text, holder[1], changed_statement(holder, path, value))
    # 3. Its section has a header.
    last = last_of_section(index, parent)
    if last is not None:
        return insert_after(text, last, entry_lines(path[-1:], value))
    # 4. Its section consists of dotted names.
    holder = find_holder(index, parent)
    if holder is not None:
        section, statement = holder
        return insert_after(text, statement, entry_lines(path[len(section) :], value))
    # 5. There is no such section.
    if len(parent) > _SECTION_DEPTH:
        return _insert(text, parent, {path[-1]: value})
    return _append_section(text, parent, {path[-1]: value})


def _inline_holder(index: LineIndex, path: KeyPath) -> Holder | None:
    """Return the statement that has the section at `path`, or one around it, in braces."""
    for length in range(len(path), 0, -1):
        holder = find_holder(index, path[:length])
        if holder is not None and is_inline(holder, path[:length]):
            return holder
    return None


def _append_section(text: str, path: KeyPath, table: Mapping[Any, object]) -> str:
    return append(text, [f"[{dotted(path)}]", *_table_lines(table)])


def _append_section_list(text: str, path: KeyPath, tables: Any) -> str:
    for table in tables:
        text = append(text, [f"[[{dotted(path)}]]", *_table_lines(table)])
    return text


def _table_lines(table: Mapping[Any, object]) -> list[str]:
    return [line for name, value in table.items() for line in entry_lines((name,), value)]


# ------------------------------------------------------------------ removing


def _remove(text: str, path: KeyPath) -> str:
    """Remove the entry or section at `path`, and braces that have nothing else."""
    path = _with_braces(text, path)
    spans = _spans_of(LineIndex(text), path)
    for first, after in reversed(spans):
        text = delete_lines(text, first, after - first)
    holder = find_holder(LineIndex(text), path)
    if holder is not None:
        return replace_statement(text, holder[1], changed_statement(holder, path, MISSING))
    return _without_empty_section(text, path[:-1]) if spans else text


def _with_braces(text: str, path: KeyPath) -> KeyPath:
    """Return the path of the outermost braces that would be empty without `path`, else `path`."""
    data, index = tomllib.loads(text), LineIndex(text)
    while len(path) > 1 and isinstance(path[-2], str):
        around = path[:-1]
        inner, holder = find_value(data, around), find_holder(index, around)
        if not isinstance(inner, dict) or set(inner) != {path[-1]}:
            break
        if holder is None or not is_inline(holder, around):
            break
        path = around
    return path


def _spans_of(index: LineIndex, path: KeyPath) -> list[tuple[int, int]]:
    """Return the lines of what only defines `path`: the first one, and the one after the last."""
    spans: list[tuple[int, int]] = []
    is_open = False
    for section, statement in index.statements:
        after = statement.first + len(statement.lines)
        if section[: len(path)] == path:
            # From the header to the last entry, with the comments between them.
            extends = is_open and not statement.is_header
            spans.append((spans.pop()[0] if extends else statement.first, after))
            is_open = True
            continue
        is_open = False
        if path[: len(section)] == section and defines_only(statement, path[len(section) :]):
            spans.append((statement.first, after))
    return spans


def _without_empty_section(text: str, path: KeyPath) -> str:
    """Remove the header of the section at `path` if nothing follows it, not even a comment."""
    index = LineIndex(text)
    header = last_of_section(index, path)
    is_list_item = isinstance(path[-1] if path else None, int)  # without it, others would move up
    if header is None or not header.is_header or is_list_item:
        return text
    starts = [statement.first for _, statement in index.statements]
    lines = text.split("\n")
    next_one = next((start for start in starts if start > header.first), len(lines) + 1)
    if any(line.strip() for line in lines[header.first : next_one - 1]):
        return text
    return delete_lines(text, header.first, 1)
