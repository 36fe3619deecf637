"""Parse TOML, with readable error messages.

The messages of the standard library are replaced using a table: they quote names from the file,
and assume that the reader knows TOML's grammar.
"""

import re
import tomllib

from aircherd.config.problems import Problem, config_error
from aircherd.config.secret_detection import is_key_name, key_message, looks_like_key
from aircherd.config.toml.limits import find_excess
from aircherd.config.toml.locate import LineIndex

# Part of tomllib's message -> our message, hint.
_MESSAGES: tuple[tuple[str, str, str], ...] = (
    ("Cannot overwrite", "this name is defined twice", "keep one of the two"),
    ("Cannot ", "this section or name is defined twice", "merge the two"),
    ("Duplicate inline", "a name is defined twice between the braces", "keep one of the two"),
    ("Expected '='", "a name has no value", 'write name = "value"'),
    ("Expected newline", "there is text after the end of the value", "strings need quotes"),
    ("Invalid value", "the value is missing or not TOML", 'strings need quotes: name = "value"'),
    ("Unclosed array", "a list is not closed, or lacks a comma", 'write ["one", "two"]'),
    ("Unclosed inline", "braces are not closed", 'write { NAME = "value" } on one line'),
    ("Illegal character", "a string is not closed on its line", "add the closing quote"),
    ("Unterminated string", "a string is not closed", "add the closing quote"),
    ("Expected \"'", "a string is not closed", "add the closing quote"),
    ("Unescaped", "a lone backslash in double quotes", "use single quotes: 'C:\\dir'"),
    ("table declaration", "a section's bracket is not closed", "write [section]"),
    ("Expected ']", "a section's bracket is not closed", "write [section]"),
    ("Invalid statement", "this is neither a [section] nor an entry", 'write name = "value"'),
    ("Found invalid character", "there is a control character", "remove it"),
)
_OTHER = ("this is not valid TOML", "see https://toml.io for the syntax")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)$")
_NAME = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=", re.ASCII)


def read_toml(text: str, *, file: str) -> dict[str, object]:
    """Parse `text`.

    Raises:
        ConfigInvalid: it is not TOML, or exceeds a limit; one problem, at the line where the
            parser stopped, or at the first line of an entry that never ends.
    """
    text = text.removeprefix("\ufeff")  # the byte order mark that some editors write
    _refuse_excess(text, file)
    try:
        # With a trailing newline the parser names a line instead of "end of document".
        return tomllib.loads(f"{text}\n")
    except (ValueError, RecursionError) as error:  # also: number too long, nested too deep
        message = str(error)
    # Outside the handler: the parser's error may hold the text.
    raise config_error(file, [_problem(text, message, file)])


def _refuse_excess(text: str, file: str) -> None:
    excess = find_excess(text)
    if excess is None:
        return
    hint = _hint(text, excess.line, excess.hint)
    problem = Problem(file=file, line=excess.line, path="", message=excess.message, hint=hint)
    raise config_error(file, [problem])


def _problem(text: str, parser_message: str, file: str) -> Problem:
    line, start = _locate(text, parser_message)
    if "Invalid value" in parser_message and (start < line or "end of document" in parser_message):
        parser_message = "Unclosed array"  # only a list expects a value on a later line
    message, hint = next(
        ((ours, hint) for part, ours, hint in _MESSAGES if part in parser_message), _OTHER
    )
    if start < line:
        hint += f"; the entry starts in line {start}"
    return Problem(file=file, line=line, path="", message=message, hint=_hint(text, line, hint))


def _hint(text: str, line: int, hint: str) -> str:
    """Return `hint`, or how to store a key if the line may contain one."""
    return key_message(None) if _may_contain_key(text.split("\n")[line - 1]) else hint


def _locate(text: str, parser_message: str) -> tuple[int, int]:
    """Return the line of the error, and the first line of the entry that it is in."""
    lines = LineIndex(text)
    stated = _AT_LINE.search(parser_message)
    last = text.count("\n") + 1
    if stated:
        line = min(int(stated[1]), last)
        return line, min(lines.unfinished or line, line)
    line = lines.unfinished or last
    return line, line


def _may_contain_key(line: str) -> bool:
    name = _NAME.match(line)
    return looks_like_key(line) or (name is not None and is_key_name(name[1]))
