"""Reads requests whose names are in snake case, or that have fields which are not known.

Google's servers take both spellings, and clients in Python send the other one for what they got as
a dictionary. What users name themselves (arguments, schemas, labels) is left as it is.
"""

import re
import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeVar, Union, get_args, get_origin

import msgspec

from aircherd.http_api.dialects.common.reading import MAX_PARTS, check_number
from aircherd.http_api.dialects.gemini.shapes import Shape

S = TypeVar("S", bound=Shape)

_SNAKE: Final = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


def read_loosely(body: bytes, shape: type[S]) -> tuple[S, list[str]]:
    """Return a request by the API's own names, and the paths of what is not known in it.

    Raises:
        msgspec.DecodeError, RecursionError: it is no JSON, or has wrong types.
    """
    unknown: list[str] = []
    renamed = _renamed(msgspec.Raw(body), shape, "", unknown)
    return msgspec.json.decode(renamed, type=shape), unknown


_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROOM: Final = 64
"""Bytes of which some may be white space, before an object or a list begins."""
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def _renamed(raw: msgspec.Raw, shape: type[Shape], path: str, unknown: list[str]) -> msgspec.Raw:
    """Return an object with its fields renamed; anything else as it is, to be refused later."""
    if not _begins_with(raw, b"{"):
        return raw
    known = _known(shape)
    fields: dict[str, msgspec.Raw] = {}
    for name, value in _FIELDS.decode(raw).items():
        here = name if name in known else _SNAKE.sub(lambda match: match[1].upper(), name)
        where = f"{path}.{here}" if path else here
        if here in known:
            fields[here] = _inside(value, known[here], where, unknown)
        else:
            unknown.append(where)
    return msgspec.Raw(msgspec.json.encode(fields))


@lru_cache(maxsize=64)
def _known(shape: type[Shape]) -> dict[str, tuple[object, ...]]:
    """Return the names of an object's fields, and the types that each may have."""
    fields = msgspec.structs.fields(shape)
    return {each.encode_name: tuple(_nested(each.type)) for each in fields}


def _inside(
    raw: msgspec.Raw, kinds: tuple[object, ...], path: str, unknown: list[str]
) -> msgspec.Raw:
    """Return a value of a field with the objects in it renamed."""
    if not kinds:
        return raw
    if _begins_with(raw, b"["):
        shape = next((get_args(each)[0] for each in kinds if get_origin(each) is list), None)
        if shape is None:
            return raw
        found = _ITEMS.decode(raw)
        check_number(len(found), MAX_PARTS, path)
        items = [
            _renamed(item, shape, f"{path}[{number}]", unknown) for number, item in enumerate(found)
        ]
        return msgspec.Raw(msgspec.json.encode(items))
    shape = next((each for each in kinds if isinstance(each, type)), None)
    return raw if shape is None else _renamed(raw, shape, path, unknown)


def _begins_with(raw: msgspec.Raw, mark: bytes) -> bool:
    return memoryview(raw)[:_ROOM].tobytes().lstrip().startswith(mark)


def _nested(kind: object) -> Iterator[object]:
    """Yield the types of objects, and of lists of objects, that a field may have."""
    union = get_origin(kind) in (Union, types.UnionType)
    for each in get_args(kind) if union else (kind,):
        inner = get_args(each)[0] if get_origin(each) is list else each
        if isinstance(inner, type) and issubclass(inner, Shape):
            yield each
