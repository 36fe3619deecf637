"""Find the line of an entry, which the TOML parser of the standard library does not keep.

A TOML file is a sequence of statements, each valid by itself: `[section]`, `name = value`, a
comment, a blank line. So the shortest run of lines that parses, from the end of the previous one,
is the next statement, and only values over several lines need more than one attempt. This runs
only if there is a problem to report.
"""

import tomllib
from collections.abc import Iterator

import msgspec

KeyPath = tuple[str | int, ...]
"""The path of an entry in the file: names of sections and entries, and indexes into lists."""

# Only these can end a value over several lines, so lines without one are not tried.
_CLOSERS = ("]", "}", '"""', "'''")

_MAX_ATTEMPTS = 200
"""The search ends if a statement does not parse after this many lines with a closer."""

_MAX_LIST_LINES = 200
"""In longer lists an item is reported at the first line of the list."""

_MAX_CHARACTERS = 256 * 1024
"""All attempts together parse no more than this; then a problem is reported at the nearest entry
found so far. A config is far smaller, and the search must not block the daemon."""


class Statement(msgspec.Struct, frozen=True):
    """One statement: its first line (from 1), its lines, and the parsed result."""

    first: int
    lines: list[str]
    data: dict[str, object]

    @property
    def is_header(self) -> bool:
        """Whether this is a `[section]`."""
        return self.lines[0].lstrip().startswith("[")


class LineIndex:
    """The line of each entry of a text.

    `unfinished` is the first line of the first statement that never becomes valid, None for a valid
    text. `statements` has every statement with the path of the section that it is in, in order; a
    header is in its own section.
    """

    def __init__(self, text: str) -> None:
        self.unfinished: int | None = None
        self.statements: list[tuple[KeyPath, Statement]] = []
        self._by_path: dict[KeyPath, Statement] = {}
        self._budget = _MAX_CHARACTERS
        self._lengths: dict[int, list[int]] = {}  # by the first line of the list
        self._repeats: dict[KeyPath, int] = {}  # how many of each [[section]] were seen so far
        section: KeyPath = ()
        for statement in self._split(text):
            if statement.is_header:
                section = self._header_path(statement.data)
                self._record(section, statement)
            else:
                for path in _paths(statement.data):
                    self._record((*section, *path), statement)
            self.statements.append((section, statement))

    def line_of(self, path: KeyPath) -> int:
        """Return the line of `path`, or of the nearest enclosing entry in the text, or 1."""
        for length in range(len(path), 0, -1):
            statement = self._by_path.get(path[:length])
            if statement is None:
                continue
            index = path[length] if length < len(path) else None
            return self._item_line(statement, index) if isinstance(index, int) else statement.first
        return 1

    def _record(self, path: KeyPath, statement: Statement) -> None:
        """Record the statement of `path`; enclosing paths keep their first statement."""
        for length in range(1, len(path) + 1):
            self._by_path.setdefault(path[:length], statement)

    def _header_path(self, data: object) -> KeyPath:
        """Return the path of a header; within a [[section]] it includes the section's index."""
        path: KeyPath = ()
        while isinstance(data, dict) and data:
            name, data = next(iter(data.items()))
            path = (*path, name)
            if isinstance(data, list):
                self._repeats[path] = self._repeats.get(path, 0) + 1
                data = data[0]
            if path in self._repeats:
                path = (*path, self._repeats[path] - 1)
        return path

    def _split(self, text: str) -> Iterator[Statement]:
        lines = text.replace("\r\n", "\n").split("\n")
        start = attempts = 0
        for end, line in enumerate(lines, start=1):
            if attempts > _MAX_ATTEMPTS or self._budget <= 0:
                break
            if end - start == 1 and not line.strip():
                start = end
                continue
            if end - start > 1 and not any(closer in line for closer in _CLOSERS):
                continue
            data = self._parse(lines[start:end])
            if data is None:
                attempts += 1
                continue
            if data:
                yield Statement(start + 1, lines[start:end], data)
            start, attempts = end, 0
        if start < len(lines):
            self.unfinished = start + 1

    def _item_line(self, statement: Statement, index: int) -> int:
        """Return the line on which item `index` ends, in a list that is a statement's value."""
        if len(statement.lines) > _MAX_LIST_LINES:
            return statement.first
        lengths = self._lengths.get(statement.first)
        if lengths is None:
            lengths = self._lengths[statement.first] = self._list_lengths(statement)
        if self._budget <= 0:
            return statement.first
        return statement.first + next(
            (count for count, length in enumerate(lengths) if length > index), len(lengths)
        )

    def _list_lengths(self, statement: Statement) -> list[int]:
        """Return the number of list items up to the end of each line except the last.

        Truncated after a line and closed with a bracket, the list is valid if an item ends there.
        """
        return [
            _list_length(self._parse(statement.lines[:count], end="\n]"))
            for count in range(1, len(statement.lines))
        ]

    def _parse(self, lines: list[str], end: str = "") -> dict[str, object] | None:
        text = "\n".join(lines) + end
        self._budget -= len(text)
        if self._budget < 0:
            return None
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError):  # not TOML, number too long, nested too deep
            return None

    def __repr__(self) -> str:
        return f"<LineIndex of {len(self._by_path)} entries>"


def _paths(data: dict[str, object]) -> Iterator[KeyPath]:
    """Yield the path of every value, including those in inline tables."""
    for name, value in data.items():
        yield (name,)
        if isinstance(value, dict):
            for path in _paths(value):
                yield (name, *path)


def _list_length(data: object) -> int:
    while isinstance(data, dict) and data:
        data = next(iter(data.values()))
    return len(data) if isinstance(data, list) else 0
