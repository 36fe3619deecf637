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
from copy import deepcopy
from typing import Any

import msgspec

from aircherd.config.problems import path_text
from aircherd.config.toml.locate import KeyPath, LineIndex, Statement
from aircherd.errors import BadRequest

_BOM = "\ufeff"
_MISSING: Any = object()

_LONG_LIST = 70
"""Characters; a longer list is written over several lines."""

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
        text = _checked(text, path, _MISSING)
    for entry in entries:
        text = _checked(text, entry.path, entry.value)
    return start + text


def find_value(data: object, path: KeyPath) -> object:
    """Return the value at `path` in parsed data; `MISSING` if there is none."""
    for part in path:
        try:
            data = data[part]  # type: ignore[index]  # the except clause is the check
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return data


MISSING = _MISSING
"""What `find_value` returns if there is no value."""


def _checked(text: str, path: KeyPath, value: object) -> str:
    """Set or remove one entry, and check that the result means what it should mean."""
    data = tomllib.loads(text)
    if find_value(data, path) == value:
        return text
    wanted = _changed_data(data, path, value)
    changed = _remove(text, path) if value is _MISSING else _set(text, data, path, value)
    try:
        found: object = _pruned(tomllib.loads(changed), path)
    except ValueError:
        # The parser's error may hold the text.
        found = None
    if found != wanted:
        message = f"{path_text(path)}: cannot be changed by a command in this file: edit the file"
        raise BadRequest(message)
    return changed


def _changed_data(data: dict[str, object], path: KeyPath, value: object) -> dict[str, object]:
    """Return the data with one entry set or removed; removed sections leave no empty one behind."""
    top: Any = deepcopy(data)
    here = top
    for part in path[:-1]:
        inner = find_value(here, (part,))
        if inner is _MISSING:
            if value is _MISSING:
                return _pruned(top, path)
            _check_item(here, part, path)
            inner = here[part] = {}
        here = inner
    last = path[-1]
    if value is not _MISSING:
        _check_item(here, last, path)
        here[last] = value
    elif find_value(here, (last,)) is not _MISSING:
        del here[last]
    return _pruned(top, path)


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


def _pruned(data: dict[str, object], path: KeyPath) -> dict[str, object]:
    """Return the data without the empty sections around `path`."""
    for length in range(len(path) - 1, 0, -1):
        *above, last = path[:length]
        container: Any = find_value(data, tuple(above))
        if isinstance(container, dict) and container.get(last) == {}:
            del container[last]
    return data


# ------------------------------------------------------------------ setting


def _set(text: str, data: dict[str, object], path: KeyPath, value: object) -> str:
    old = find_value(data, path)
    if _is_section_list(value) and len(path) == 1:
        return _append_section_list(_remove(text, path), str(path[0]), value)
    if isinstance(value, dict) and len(path) <= _SECTION_DEPTH:
        return _append_section(_remove(text, path), path, value)
    if old is _MISSING:
        return _insert(text, path, value)
    holder = _holder(LineIndex(text), path)
    if holder is None:  # it consists of sections of its own
        return _insert(_remove(text, path), path, value)
    return _edit_statement(text, *holder, path, value)


def _is_section_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _insert(text: str, path: KeyPath, value: object) -> str:
    """Insert an entry that does not exist. There are five cases."""
    parent = path[:-1]
    # 1. It belongs to the top of the file.
    if not parent:
        return _insert_at_top(text, _line(path, value))
    index = LineIndex(text)
    # 2. Its section, or one around it, is in braces.
    for length in range(len(parent), 0, -1):
        holder = _holder(index, path[:length])
        if holder is not None and _is_inline(*holder, path[:length]):
            return _edit_statement(text, *holder, path, value)
    # 3. Its section has a header.
    last = _last_of_section(index, parent)
    if last is not None:
        return _insert_after(text, last, _line(path[-1:], value))
    # 4. Its section consists of dotted names.
    holder = _holder(index, parent)
    if holder is not None:
        section, statement = holder
        return _insert_after(text, statement, _line(path[len(section) :], value))
    # 5. There is no such section.
    if len(parent) > _SECTION_DEPTH:
        return _insert(text, parent, {path[-1]: value})
    return _append_section(text, parent, {path[-1]: value})


def _holder(index: LineIndex, path: KeyPath) -> tuple[KeyPath, Statement] | None:
    """Return the last statement, and its section, that gives `path` a value or a part of one."""
    found = None
    for section, statement in index.statements:
        inside = not statement.is_header and path[: len(section)] == section
        if inside and find_value(statement.data, path[len(section) :]) is not _MISSING:
            found = (section, statement) if len(path) > len(section) else found
    return found


def _is_inline(section: KeyPath, statement: Statement, path: KeyPath) -> bool:
    """Return whether a statement gives `path` a value in braces or brackets."""
    from tomlkit.items import Array, InlineTable  # noqa: PLC0415 -- slow to import, rarely needed

    here: Any = _parse("\n".join(statement.lines))
    for part in path[len(section) :]:
        here = here[part]
        if isinstance(here, InlineTable | Array):
            return True
    return False


def _last_of_section(index: LineIndex, section: KeyPath) -> Statement | None:
    """Return the last statement of the section with this header, None if there is no header."""
    found = None
    is_open = False
    for path, statement in index.statements:
        if statement.is_header:
            is_open = path == section
        found = statement if is_open else found
    return found


def _edit_statement(
    text: str, section: KeyPath, statement: Statement, path: KeyPath, value: object
) -> str:
    """Set or remove the value at `path` within one statement."""
    document: Any = _parse("\n".join(statement.lines))
    here = document
    above, last = list(path[len(section) : -1]), path[-1]
    for number, part in enumerate(above):
        if isinstance(part, str) and part not in here:  # only when an entry is set
            value, last = _nested((*above[number + 1 :], last), value), part
            above = above[:number]
            break
        here = here[part]
    is_replaced = value is not _MISSING and find_value(here, (last,)) is not _MISSING
    if value is _MISSING:
        del here[last]
    else:
        here[last] = _item(value)
    if above and _is_braces(here) and not is_replaced:
        _tidy(document, above)
    return _replace(text, statement, document.as_string().split("\n"))


def _tidy(document: Any, path: list[str | int]) -> None:
    """Write the map in braces at `path` in our form; braces contain no comments to lose."""
    *outer, last = path
    container: Any = find_value(document, tuple(outer))
    container[last] = _item(container[last].unwrap())


def _nested(path: tuple[str | int, ...], value: object) -> object:
    for part in reversed(path):
        value = {part: value}
    return value


# ------------------------------------------------------------------ removing


def _remove(text: str, path: KeyPath) -> str:
    """Remove the entry or section at `path`."""
    index = LineIndex(text)
    spans: list[tuple[int, int]] = []
    open_section = False
    for section, statement in index.statements:
        end = statement.first + len(statement.lines)
        if section[: len(path)] == path:
            # From the header to the last entry, with the comments between them.
            begin = spans.pop()[0] if open_section and not statement.is_header else statement.first
            spans.append((begin, end))
            open_section = True
        else:
            open_section = False
            if _consists_of(statement, path[len(section) :]) and path[: len(section)] == section:
                spans.append((statement.first, end))
    lines = text.split("\n")
    for begin, end in reversed(spans):
        _delete_lines(lines, begin - 1, end - 1)
    text = "\n".join(lines)
    holder = _holder(LineIndex(text), path)
    if holder is not None:
        return _edit_statement(text, *holder, path, _MISSING)
    return _without_empty_section(text, path[:-1]) if spans else text


def _without_empty_section(text: str, path: KeyPath) -> str:
    """Remove the header of the section at `path` if nothing follows it, not even a comment."""
    index = LineIndex(text)
    header = _last_of_section(index, path)
    if header is None or not header.is_header:
        return text
    lines = text.split("\n")
    starts = [statement.first - 1 for _, statement in index.statements]
    after = next((start for start in starts if start >= header.first), len(lines))
    if any(line.strip() for line in lines[header.first : after]):
        return text
    _delete_lines(lines, header.first - 1, header.first)
    return "\n".join(lines)


def _consists_of(statement: Statement, path: KeyPath) -> bool:
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


def _is_braces(document: object) -> bool:
    from tomlkit.items import InlineTable  # noqa: PLC0415 -- slow to import, rarely needed

    return isinstance(document, InlineTable)


def _delete_lines(lines: list[str], begin: int, end: int) -> None:
    """Delete lines; of blank lines before and after them only those before stay, if any."""
    is_blank_before = begin == 0 or not lines[begin - 1].strip()
    while is_blank_before and end < len(lines) - 1 and not lines[end].strip():
        end += 1
    is_last = end >= len(lines) - 1
    while is_last and begin > 0 and not lines[begin - 1].strip():
        begin -= 1
    del lines[begin:end]


# ------------------------------------------------------------------ lines


def _replace(text: str, statement: Statement, new: list[str]) -> str:
    lines = text.split("\n")
    first = statement.first - 1
    lines[first : first + len(statement.lines)] = _with_ends(text, new)
    return "\n".join(lines)


def _insert_after(text: str, statement: Statement, line: str) -> str:
    lines = text.split("\n")
    at = statement.first - 1 + len(statement.lines)
    if at == len(lines):  # the file does not end with a newline
        lines[-1] += _end(text)
        return "\n".join([*lines, line])
    lines[at:at] = _with_ends(text, [line])
    return "\n".join(lines)


def _append_section(text: str, path: KeyPath, table: Mapping[str | int, object]) -> str:
    lines = [f"[{_dotted(path)}]", *(_line((name,), value) for name, value in table.items())]
    return _append(text, lines)


def _append_section_list(text: str, name: str, tables: Any) -> str:
    for table in tables:
        entries = (_line((key,), value) for key, value in table.items())
        text = _append(text, [f"[[{_dotted((name,))}]]", *entries])
    return text


def _append(text: str, new: list[str]) -> str:
    """Append lines after a blank line."""
    end = _end(text) + "\n"
    if text and not text.endswith("\n"):
        text += end
    gap = end if text.strip() and not text.endswith(("\n\n", "\n\r\n")) else ""
    return text + gap + "".join(line + end for line in new)


def _insert_at_top(text: str, line: str) -> str:
    """Insert an entry at the top, below a heading comment that is followed by a blank line.

    A comment directly above a section belongs to that section and stays there.
    """
    end = _end(text) + "\n"
    lines = text.split("\n")
    heading = next((n for n, old in enumerate(lines) if not old.startswith("#")), len(lines))
    has_only_comments = heading >= len(lines) - 1 and not lines[-1].strip()
    if has_only_comments or heading == len(lines):
        return f"{text}{end if text and not text.endswith(chr(10)) else ''}{line}{end}"
    at = heading + 1 if heading and not lines[heading].strip() else 0
    after = "\n".join(lines[at:])
    before = "".join(f"{old}\n" for old in lines[:at])
    return f"{before}{line}{end}{end if after.strip() else ''}{after}"


def _line(path: KeyPath, value: object) -> str:
    return f"{_dotted(path)} = {_value_text(value)}"


def _dotted(path: KeyPath) -> str:
    """Return a path as TOML writes it, with quotes where they are needed."""
    from tomlkit import key  # noqa: PLC0415 -- slow to import, rarely needed

    if not all(isinstance(part, str) for part in path):
        raise BadRequest(f"{path_text(path)}: there is no such entry in the list")
    return ".".join(key(part).as_string() for part in path if isinstance(part, str))


def _end(text: str) -> str:
    """Return what stands before the newline of each line."""
    return "\r" if "\r\n" in text else ""


def _with_ends(text: str, lines: list[str]) -> list[str]:
    return [line.removesuffix("\r") + _end(text) for line in lines]


# ------------------------------------------------------------------ tomlkit


def _parse(text: str) -> object:
    # Importing it costs 15 ms and 2 MB, and few users need it.
    from tomlkit import parse  # noqa: PLC0415

    return parse(text)


def _item(value: object) -> Any:
    """Return a value in our form, as tomlkit holds it."""
    document: Any = _parse(f"value = {_value_text(value)}")
    return document["value"]


def _value_text(value: object) -> str:
    """Return a value as TOML; a long list has a line for each item."""
    if isinstance(value, list | tuple):
        line = _inline_text(value)
        if len(line) <= _LONG_LIST:
            return line
        return "\n".join(["[", *(f"  {_inline_text(item)}," for item in value), "]"])
    return _inline_text(value)


def _inline_text(value: object) -> str:
    from tomlkit import item  # noqa: PLC0415 -- slow to import, rarely needed

    if isinstance(value, dict):
        inner = ", ".join(
            f"{_dotted((name,))} = {_inline_text(entry)}" for name, entry in value.items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline_text, value))}]"
    return item(value).as_string()
