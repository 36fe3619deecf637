"""Translates msgspec's validation errors into readable messages. Pure functions."""

import re
from collections.abc import Callable

import msgspec

MAX_QUOTED = 80
"""Characters of an invalid value that a message repeats."""

_TYPE_NAMES: dict[str, str] = {
    "array": "a list",
    "object": "a map",
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "bytes": "bytes",
    "null": "nothing",
}
"""msgspec's name of a type -> the name in messages."""

_BOUNDS: dict[str, str] = {">=": "of at least", "<=": "of at most", ">": "over", "<": "below"}

_MESSAGE = re.compile(r"(?P<text>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>[^`]*)`)?", re.DOTALL)
"""msgspec's message, followed by a path, or by the keys of a map at a path."""

_TRANSLATIONS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"Expected `([a-z |]+)`, got `(\w+)`"),
        lambda found: f"has to be {_type_names(found[1])}, not {_type_names(found[2])}",
    ),
    (
        re.compile(r"Expected `(\w+)` ([<>]=?) (\S+)"),
        lambda found: f"has to be {_type_names(found[1])} {_BOUNDS[found[2]]} {found[3]}",
    ),
    (
        re.compile(r"Expected `(\w+)` of length ([<>]=?) (\d+)"),
        lambda found: f"has to have a length {_BOUNDS[found[2]]} {found[3]}",
    ),
    (
        re.compile(r"Expected `str` matching regex '(.*)'", re.DOTALL),
        lambda found: f"has to match {found[1]}",
    ),
    (
        re.compile(r"Object missing required field `(.*)`", re.DOTALL),
        lambda found: f"{found[1]} is missing",
    ),
    (
        re.compile(r"Object contains unknown field `(.*)`", re.DOTALL),
        lambda found: f"there is no field {_truncate(repr(found[1]))}",
    ),
    (
        re.compile(r"Invalid (?:enum )?value (.*)", re.DOTALL),
        lambda found: f"cannot be {_truncate(found[1])}",
    ),
)


def describe_invalid(error: msgspec.ValidationError) -> str:
    """Return `path: what is wrong`, without the path if the whole value is invalid."""
    found = _MESSAGE.fullmatch(str(error))
    assert found is not None  # the pattern matches any text
    text, path = _translate(found["text"]), (found["path"] or "").removeprefix(".")
    if found["key"]:
        text = f"a key {text}"
    return f"{path}: {text}" if path else text


def _translate(text: str) -> str:
    for pattern, translate in _TRANSLATIONS:
        if found := pattern.fullmatch(text):
            return translate(found)
    return text


def _type_names(named: str) -> str:
    return " or ".join(_TYPE_NAMES.get(each, each) for each in named.split(" | "))


def _truncate(quoted: str) -> str:
    """Shorten a quoted value of a client."""
    return quoted if len(quoted) <= MAX_QUOTED else f"{quoted[:MAX_QUOTED]}..."
