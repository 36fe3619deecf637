"""Parse the TOML of an old file; of a damaged one, whatever comes before the damage."""

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from aircher_cli.commands.migrate.notes import Note, problem

Table = dict[str, Any]

_LINE = re.compile(r"\(at line (\d+)")
_MAX_DEPTH = 32
_MAX_TRIES = 64
"""How many sections before the damage are tried as the end of the readable part."""
_MAX_TRIED_BYTES = 4 * 1024 * 1024
"""What is parsed in all these tries, so that a large file does not take minutes."""


@dataclass
class Parsed:
    """The content of a file; `is_partial` if a damaged part of it was left out."""

    table: Table = field(default_factory=dict)
    is_partial: bool = False
    notes: list[Note] = field(default_factory=list)


def parse_toml(data: bytes, file: str) -> Parsed:
    """Parse a file.

    Bytes that are not UTF-8 become U+FFFD, and a value that contains one is not used. If the text
    is no TOML, it is cut before the section with the error: half a section could send a key to the
    wrong server.
    """
    notes: list[Note] = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "is not UTF-8 in this line; a value with such bytes is not carried over"
        notes.append(problem("", message, file, line))
        text = data.decode("utf-8-sig", errors="replace")
    try:
        return Parsed(_load(text), notes=notes)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        is_double = "twice" in str(error) or "Cannot overwrite" in str(error)
    except (RecursionError, ValueError):  # the latter for a number of thousands of digits
        found, is_double = None, False
    lines = [f"{line}\n" for line in text.split("\n")]  # the lines that TOML counts
    line = min(int(found[1]), len(lines)) if found else len(lines)
    return _salvage(lines, line, is_double, file, notes)


def _load(text: str) -> Table:
    """Parse TOML.

    Raises:
        ValueError: it is invalid, or has a number that is too long for Python.
        RecursionError: it is nested deeper than any old file, and than what is safe to walk.
    """
    table = tomllib.loads(text)
    level: list[object] = [table]
    for _ in range(_MAX_DEPTH):
        inner = [value for value in level if isinstance(value, dict | list)]
        level = [v for each in inner for v in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return table
    raise RecursionError


def _salvage(lines: list[str], line: int, is_double: bool, file: str, notes: list[Note]) -> Parsed:
    what = "repeats a name, which TOML forbids" if is_double else "is not valid TOML"
    headers = [at for at in range(line) if lines[at].lstrip().startswith("[")]
    size = sum(len(line) for line in lines)
    tries = max(1, min(_MAX_TRIES, _MAX_TRIED_BYTES // max(1, size)))
    for at in headers[: -tries - 1 : -1]:
        try:
            table = _load("".join(lines[:at]))
        except (ValueError, RecursionError):
            continue
        if not table:
            break
        message = f"{what}; everything from line {at + 1} on was skipped: repair it and run again"
        return Parsed(table, True, [*notes, problem("", message, file, line)])
    message = f"{what}, and nothing before this line could be read: repair it and run again"
    return Parsed({}, True, [*notes, problem("", message, file, line)])
