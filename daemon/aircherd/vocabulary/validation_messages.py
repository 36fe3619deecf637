"""What msgspec says is wrong with a client's data, in words that name the place: pure."""

import re
from collections.abc import Callable

import msgspec

MAX_QUOTED = 80
"""Letters of a wrong value that are repeated."""

_KINDS: dict[str, str] = {
    "array": "a list",
    "object": "a map",
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "bytes": "bytes",
    "null": "nothing",
}
"""What msgspec calls a type -> what people do."""

_BOUNDS: dict[str, str] = {">=": "of at least", "<=": "of at most", ">": "over", "<": "below"}

_WHOLE = re.compile(r"(?P<told>.*?)(?: - at (?P<key>`key` in )?`\$(?P<place>[^`]*)`)?", re.DOTALL)
"""What msgspec says, and at the end where: a path, or the keys of a map at a path."""

_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"Expected `([a-z |]+)`, got `(\w+)`"),
        lambda found: f"has to be {_kinds(found[1])}, not {_kinds(found[2])}",
    ),
    (
        re.compile(r"Expected `(\w+)` ([<>]=?) (\S+)"),
        lambda found: f"has to be {_kinds(found[1])} {_BOUNDS[found[2]]} {found[3]}",
    ),
    (
        re.compile(r"Expected `(\w+)` of length ([<>]=?) (\d+)"),
        lambda found: f"has to have a length {_BOUNDS[found[2]]} {found[3]}",
    ),
    (
        re.compile(r"Expected `str` matching regex '(.*)'", re.DOTALL),
        lambda found: f"has to fit {found[1]}",
    ),
    (
        re.compile(r"Object missing required field `(.*)`", re.DOTALL),
        lambda found: f"{found[1]} is missing",
    ),
    (
        re.compile(r"Object contains unknown field `(.*)`", re.DOTALL),
        lambda found: f"there is no field {_short(repr(found[1]))}",
    ),
    (
        re.compile(r"Invalid (?:enum )?value (.*)", re.DOTALL),
        lambda found: f"cannot be {_short(found[1])}",
    ),
)


def describe_invalid(error: msgspec.ValidationError) -> str:
    """Return `place: what is wrong`, without the place where all of it is meant."""
    found = _WHOLE.fullmatch(str(error))
    assert found is not None  # it takes any text
    told, place = _told(found["told"]), (found["place"] or "").removeprefix(".")
    if found["key"]:
        told = f"a key {told}"
    return f"{place}: {told}" if place else told


def _told(text: str) -> str:
    for form, words in _FORMS:
        if found := form.fullmatch(text):
            return words(found)
    return text


def _kinds(named: str) -> str:
    return " or ".join(_KINDS.get(each, each) for each in named.split(" | "))


def _short(quoted: str) -> str:
    """Return a client's own word, as far as it helps to find it again."""
    return quoted if len(quoted) <= MAX_QUOTED else f"{quoted[:MAX_QUOTED]}..."
