"""Find the line of an entry: TOML's reader in the standard library does not keep it.

A TOML file is a row of statements, each valid by itself: `[section]`, `name = value`, a comment, a
blank. So the shortest run of lines that parses, taken from where the last one ended, is the next
statement, and only values over several lines need more than one attempt. This runs only when
there is something to complain about.
"""

import tomllib
from collections.abc import Iterator

import msgspec

KeyPath = tuple[str | int, ...]
"""Where something is in the file: the names of sections and entries, and indexes into lists."""

# Only these can close a value that runs over several lines; trying on other lines is wasted.
_CLOSERS = ("]", "}", '"""', "'''")

_MAX_TRIES = 200
"""A statement that still does not parse after so many lines with a closer ends the search."""

_MAX_LIST_LINES = 200
"""In longer lists an item is reported at the line where the list begins."""

_MAX_CHARACTERS = 256 * 1024
"""All attempts together read no more than this. Then a problem is reported at the nearest entry
found so far: a config is far smaller, and the daemon has more to do than to look for lines."""


class Statement(msgspec.Struct, frozen=True):
    """One statement: its first line (from 1), its lines, and what they say by themselves."""

    first: int
    lines: list[str]
    data: dict[str, object]

    @property
    def is_header(self) -> bool:
        """Whether this is a `[section]`."""
        return self.lines[0].lstrip().startswith("[")


class Lines:
    """The lines of a text's entries.

    `unfinished` is the line where the first statement begins that never becomes valid, None in a
    valid text.
    """

    def __init__(self, text: str) -> None:
        self.unfinished: int | None = None
        self._statements: dict[KeyPath, Statement] = {}
        self._left = _MAX_CHARACTERS
        self._lengths: dict[int, list[int]] = {}  # by the line of the list, see `_list_lengths`
        self._repeats: dict[KeyPath, int] = {}  # how often each [[section]] was there so far
        section: KeyPath = ()
        for statement in self._split(text):
            if statement.is_header:
                section = self._header_path(statement.data)
                self._note(section, statement)
            else:
                for path in _paths(statement.data):
                    self._note((*section, *path), statement)

    def line_of(self, path: KeyPath) -> int:
        """Return the line of `path`, or of the nearest entry around it that the text has, or 1."""
        for length in range(len(path), 0, -1):
            statement = self._statements.get(path[:length])
            if statement is None:
                continue
            index = path[length] if length < len(path) else None
            return self._item_line(statement, index) if isinstance(index, int) else statement.first
        return 1

    def _note(self, path: KeyPath, statement: Statement) -> None:
        """Remember where `path` is said; what lies around it is at its first mention."""
        for length in range(1, len(path) + 1):
            self._statements.setdefault(path[:length], statement)

    def _header_path(self, data: object) -> KeyPath:
        """Return the one path in what a header says; what is below a [[section]] has its number."""
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
        start = tries = 0
        for end, line in enumerate(lines, start=1):
            if tries > _MAX_TRIES or self._left <= 0:
                break
            if end - start == 1 and not line.strip():
                start = end
                continue
            if end - start > 1 and not any(closer in line for closer in _CLOSERS):
                continue
            data = self._parse(lines[start:end])
            if data is None:
                tries += 1
                continue
            if data:
                yield Statement(start + 1, lines[start:end], data)
            start, tries = end, 0
        if start < len(lines):
            self.unfinished = start + 1

    def _item_line(self, statement: Statement, index: int) -> int:
        """Return the line on which item `index` of a list ends that is a statement's value."""
        if len(statement.lines) > _MAX_LIST_LINES:
            return statement.first
        lengths = self._lengths.get(statement.first)
        if lengths is None:
            lengths = self._lengths[statement.first] = self._list_lengths(statement)
        if self._left <= 0:
            return statement.first
        return statement.first + next(
            (count for count, length in enumerate(lengths) if length > index), len(lengths)
        )

    def _list_lengths(self, statement: Statement) -> list[int]:
        """Return how many items a list has up to the end of each of its lines but the last.

        Cut off after a line and closed with a bracket, the list is valid if an item ends there.
        """
        return [
            _list_length(self._parse(statement.lines[:count], end="\n]"))
            for count in range(1, len(statement.lines))
        ]

    def _parse(self, lines: list[str], end: str = "") -> dict[str, object] | None:
        text = "\n".join(lines) + end
        self._left -= len(text)
        if self._left < 0:
            return None
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError):  # not TOML, a number too long, brackets too deep
            return None

    def __repr__(self) -> str:
        return f"<Lines of {len(self._statements)} entries>"


def _paths(data: dict[str, object]) -> Iterator[KeyPath]:
    """Yield the path of every value, those in inline tables too."""
    for name, value in data.items():
        yield (name,)
        if isinstance(value, dict):
            for path in _paths(value):
                yield (name, *path)


def _list_length(data: object) -> int:
    while isinstance(data, dict) and data:
        data = next(iter(data.values()))
    return len(data) if isinstance(data, list) else 0
