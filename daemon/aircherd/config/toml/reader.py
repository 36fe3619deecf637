"""Read TOML, and where it is not TOML say so in plain words.

The standard library's messages are translated by a table rather than passed on: they quote names
from the file, and they are written for people who know TOML's grammar.
"""

import re
import tomllib

from aircherd.config.problems import Problem, invalid
from aircherd.config.secret_detection import is_key_like, is_key_name, key_message
from aircherd.config.toml.limits import find_excess
from aircherd.config.toml.locate import Lines

# A piece of tomllib's message -> what to say, what to do.
_PLAIN: tuple[tuple[str, str, str], ...] = (
    ("Cannot overwrite", "this name is given twice", "keep one of the two"),
    ("Cannot ", "this section or name is given twice", "join the two into one"),
    ("Duplicate inline", "a name is given twice between the braces", "keep one of the two"),
    ("Expected '='", "a name stands here without its value", 'write name = "value"'),
    ("Expected newline", "something follows the end of the value", "text goes in quotes"),
    ("Invalid value", "the value is missing or not TOML", 'text goes in quotes: name = "value"'),
    ("Unclosed array", "a list is not closed, or lacks a comma", 'write ["one", "two"]'),
    ("Unclosed inline", "braces are not closed", 'write { NAME = "value" } on one line'),
    ("Illegal character", "a text in quotes is not closed on its line", "add the closing quote"),
    ("Unterminated string", "a text in quotes is not closed", "add the closing quote"),
    ("Expected \"'", "a text in quotes is not closed", "add the closing quote"),
    ("Unescaped", "a lone backslash in double quotes", "use single quotes: 'C:\\dir'"),
    ("table declaration", "a section's bracket is not closed", "write [section]"),
    ("Expected ']", "a section's bracket is not closed", "write [section]"),
    ("Invalid statement", "this is neither a [section] nor an entry", 'write name = "value"'),
    ("Found invalid character", "there is a control character", "remove it"),
)
_FALLBACK = ("this is not valid TOML", "see https://toml.io for the notation")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)$")
_NAME = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=", re.ASCII)


def read_toml(text: str, *, file: str) -> dict[str, object]:
    """Parse `text`.

    Raises:
        ConfigInvalid: it is not TOML, or would take too long to read; one problem, at the line
            where the reader gave up, or where the entry begins that never ends.
    """
    text = text.removeprefix("\ufeff")  # some editors begin a file so
    _refuse_excess(text, file)
    try:
        # The closing line break makes the reader name a line rather than "end of document".
        return tomllib.loads(f"{text}\n")
    except (ValueError, RecursionError) as error:  # a number too long, brackets too deep
        complaint = str(error)
    # Outside the handler: the reader's own error may hold the text.
    raise invalid(file, [_problem(text, complaint, file)])


def _refuse_excess(text: str, file: str) -> None:
    excess = find_excess(text)
    if excess is None:
        return
    hint = _hint(text, excess.line, excess.hint)
    problem = Problem(file=file, line=excess.line, path="", message=excess.message, hint=hint)
    raise invalid(file, [problem])


def _problem(text: str, complaint: str, file: str) -> Problem:
    line, began = _place(text, complaint)
    if "Invalid value" in complaint and (began < line or "end of document" in complaint):
        complaint = "Unclosed array"  # only a list waits for a value on a later line
    message, hint = next(
        ((plain, cure) for piece, plain, cure in _PLAIN if piece in complaint), _FALLBACK
    )
    if began < line:
        hint += f"; the entry begins in line {began}"
    return Problem(file=file, line=line, path="", message=message, hint=_hint(text, line, hint))


def _hint(text: str, line: int, hint: str) -> str:
    """Return `hint`, or where a key goes if the line may hold one."""
    return key_message(None) if _may_hold_key(text.split("\n")[line - 1]) else hint


def _place(text: str, complaint: str) -> tuple[int, int]:
    """Return the line of the complaint, and the line where the entry in question begins."""
    lines = Lines(text)
    stated = _AT_LINE.search(complaint)
    last = text.count("\n") + 1
    if stated:
        line = min(int(stated[1]), last)
        return line, min(lines.unfinished or line, line)
    line = lines.unfinished or last
    return line, line


def _may_hold_key(line: str) -> bool:
    name = _NAME.match(line)
    return is_key_like(line) or (name is not None and is_key_name(name[1]))
