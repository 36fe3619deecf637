"""Checks that an answer is the JSON that was asked for: a server may ignore the schema.

It knows the keywords that vendors support, and ignores others, as JSON Schema says of unknown ones.
So what it rejects is wrong, and what it accepts may still be.
"""

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from aircher_cli.commands.inputs.json_input import type_name
from aircher_cli.values import Map, as_map

Problem = tuple[str, str]
"""(path as `.name[0]`, what does not fit there)."""

MAX_SHOWN = 60
"""Characters of a value in a message."""


def answer_problem(text: str, response_format: Map) -> str:
    """Return why an answer is not what `response_format` asks for; empty if it is.

    A schema that is not to be enforced is not compared: the answer need only be JSON.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        where = f": {error}" if text.strip() else ", but empty"
        return f"the answer is not JSON{where}"
    except RecursionError:
        return "the answer is not JSON: it nests too deeply"
    if response_format.get("type") == "json_object" and not isinstance(value, dict):
        return f"the answer is not a JSON object, but {type_name(value)}"
    schema = response_format.get("schema")
    if not isinstance(schema, str) or response_format.get("strict") is False:
        return ""
    path, problem = first_problem(value, json.loads(schema))
    return f"the answer does not match --schema: {path or 'it'} {problem}" if problem else ""


def first_problem(value: object, schema: object) -> Problem:
    """Return the first place where a value does not match a schema; empty texts if it does."""
    try:
        return next(_Match(schema).problems(value, schema, ""), ("", ""))
    except RecursionError:
        return "", ""  # a schema that refers to itself without end says nothing


class _Match:
    """A schema; `root` resolves its references."""

    def __init__(self, root: object) -> None:
        self._root = root

    def problems(self, value: object, schema: object, path: str) -> Iterator[Problem]:
        """Yield the problems of a value, the first keyword of the schema first."""
        if schema is False:
            yield path, "is not allowed"
        if not isinstance(schema, dict):
            return
        for keyword, wanted in schema.items():
            if keyword in _COMBINERS:
                yield from self._combined(keyword, value, wanted, path)
            elif keyword == "$ref":
                yield from self.problems(value, self._resolve(wanted), path)
            elif (check := _CHECKS.get(keyword)) and (problem := check(value, wanted)):
                yield path, problem
        if isinstance(value, dict):
            yield from self._members(value, schema, path)
        elif isinstance(value, list):
            yield from self._items(value, schema, path)

    def _matches(self, value: object, schema: object) -> bool:
        return next(self.problems(value, schema, ""), None) is None

    def _combined(
        self, keyword: str, value: object, wanted: object, path: str
    ) -> Iterator[Problem]:
        if keyword == "not":
            if self._matches(value, wanted):
                yield path, "matches what is excluded by not"
            return
        schemas = wanted if isinstance(wanted, list) else []
        if keyword == "allOf":
            for each in schemas:
                yield from self.problems(value, each, path)
            return
        count = sum(self._matches(value, each) for each in schemas)
        if not count:
            yield path, f"matches none of {keyword}: it is {_shown(value)}"
        elif keyword == "oneOf" and count > 1:
            yield path, f"matches {count} of oneOf"

    def _members(self, value: Map, schema: Map, path: str) -> Iterator[Problem]:
        properties = as_map(schema.get("properties"))
        patterns = as_map(schema.get("patternProperties"))
        others = schema.get("additionalProperties", True)
        for name, member in value.items():
            found = [each for pattern, each in patterns.items() if _search(pattern, name)]
            if name in properties:
                found.append(properties[name])
            inner = f"{path}.{name}"
            if not found and others is False:
                yield inner, "is not in the schema"
            for each in found or [others]:
                yield from self.problems(member, each, inner)

    def _items(self, value: list[object], schema: Map, path: str) -> Iterator[Problem]:
        first = schema.get("prefixItems")
        tuples = first if isinstance(first, list) else []
        others = schema.get("items", True)
        if isinstance(others, list):  # of an older draft
            tuples, others = others, schema.get("additionalItems", True)
        for at, item in enumerate(value):
            each = tuples[at] if at < len(tuples) else others
            if each is False:
                yield f"{path}[{at}]", "is one too many"
            else:
                yield from self.problems(item, each, f"{path}[{at}]")

    def _resolve(self, reference: object) -> object:
        """Return the part of the schema that a reference means; True if it is not in it."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return True
        found = self._root
        for part in unquote(reference[1:]).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                return True
        return found


# ------------------------------------------------------------------ keywords


def _check_type(value: object, wanted: object) -> str:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    if any(_IS_TYPE.get(str(kind), _is_anything)(value) for kind in kinds):
        return ""
    names = " or ".join(map(str, kinds))
    return f"must be of type {names}, not {type_name(value)}: {_shown(value)}"


def _check_enum(value: object, wanted: object) -> str:
    choices = wanted if isinstance(wanted, list) else [wanted]
    if any(_is_same(value, each) for each in choices):
        return ""
    return f"must be one of {', '.join(map(_shown, choices))}, not {_shown(value)}"


def _check_const(value: object, wanted: object) -> str:
    return "" if _is_same(value, wanted) else f"must be {_shown(wanted)}, not {_shown(value)}"


def _check_required(value: object, wanted: object) -> str:
    if not isinstance(value, dict) or not isinstance(wanted, list):
        return ""
    missing = [str(name) for name in wanted if name not in value]
    return f"lacks {', '.join(missing)}" if missing else ""


def _check_pattern(value: object, wanted: object) -> str:
    if not isinstance(value, str) or _search(wanted, value):
        return ""
    return f"must match {wanted}: {_shown(value)}"


def _check_multiple(value: object, wanted: object) -> str:
    if not (_is_number(value) and _is_number(wanted)) or not wanted:
        return ""
    ratio = value / wanted  # type: ignore[operator] # both are numbers
    return "" if abs(ratio - round(ratio)) < 1e-9 else f"must be a multiple of {wanted}"


def _check_unique(value: object, wanted: object) -> str:
    if wanted is not True or not isinstance(value, list):
        return ""
    texts = [json.dumps(each, sort_keys=True) for each in value]
    return "has an item twice" if len(set(texts)) < len(texts) else ""


def _bound(
    measure: Callable[[object], float | None], *, is_lower: bool, is_open: bool = False
) -> Callable[[object, object], str]:
    """Return the check of a bound of a value, its length, or its number of items."""

    def check(value: object, wanted: object) -> str:
        size = measure(value)
        if size is None or isinstance(wanted, bool) or not isinstance(wanted, int | float):
            return ""
        distance = size - wanted if is_lower else wanted - size
        if distance > 0 or (distance == 0 and not is_open):
            return ""
        side = _SIDES[is_lower, is_open]
        if measure is _number:
            return f"must be {side} {wanted}, not {_shown(value)}"
        return f"must have {side} {wanted} {_COUNTED[type(value)]}: {_shown(value)}"

    return check


def _number(value: object) -> float | None:
    return value if _is_number(value) else None  # type: ignore[return-value] # it is a number


def _length(value: object) -> float | None:
    return len(value) if isinstance(value, str) else None


def _items(value: object) -> float | None:
    return len(value) if isinstance(value, list) else None


def _members(value: object) -> float | None:
    return len(value) if isinstance(value, dict) else None


_SIDES = {
    (True, False): "at least",
    (True, True): "more than",
    (False, False): "at most",
    (False, True): "less than",
}
_COUNTED: dict[type, str] = {str: "characters", list: "items", dict: "members"}
_COMBINERS = frozenset({"allOf", "anyOf", "oneOf", "not"})

_CHECKS: dict[str, Callable[[object, object], str]] = {
    "type": _check_type,
    "enum": _check_enum,
    "const": _check_const,
    "required": _check_required,
    "pattern": _check_pattern,
    "multipleOf": _check_multiple,
    "uniqueItems": _check_unique,
    "minimum": _bound(_number, is_lower=True),
    "maximum": _bound(_number, is_lower=False),
    "exclusiveMinimum": _bound(_number, is_lower=True, is_open=True),
    "exclusiveMaximum": _bound(_number, is_lower=False, is_open=True),
    "minLength": _bound(_length, is_lower=True),
    "maxLength": _bound(_length, is_lower=False),
    "minItems": _bound(_items, is_lower=True),
    "maxItems": _bound(_items, is_lower=False),
    "minProperties": _bound(_members, is_lower=True),
    "maxProperties": _bound(_members, is_lower=False),
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: object) -> bool:
    return _is_number(value) and value == int(value)  # type: ignore[call-overload] # a number


def _is_anything(_value: object) -> bool:
    """Accept a type that this version does not know."""
    return True


_IS_TYPE: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": _is_integer,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _is_same(one: object, other: object) -> bool:
    """Tell whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    return one == other


def _search(pattern: object, text: str) -> bool:
    """Tell whether a pattern is found; one that only JavaScript knows is not checked."""
    try:
        return not isinstance(pattern, str) or re.search(pattern, text) is not None
    except re.error:
        return True


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
