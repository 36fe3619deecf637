"""The JSON of requests."""

import msgspec
import pytest

from aircherd.http_api.dialects.common.reading import (
    FIELDS,
    ITEMS,
    MAX_VALUES,
    decode_body,
    text_of,
)
from aircherd.http_api.problem import RequestProblem


class Item(msgspec.Struct):
    size: int


class Body(msgspec.Struct, forbid_unknown_fields=True):
    items: list[Item]
    rest: msgspec.Raw = msgspec.Raw()


DECODER = msgspec.json.Decoder(Body)


def test_a_body_is_decoded() -> None:
    """What has the form is returned, and what is left undecoded stays as it came."""
    body = decode_body(DECODER, '{"items":[{"size":1}],"rest":{"é" : 1}}'.encode())

    assert [item.size for item in body.items] == [1]
    assert text_of(body.rest) == '{"é" : 1}'


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (b"", "the body is not JSON: Input data was truncated", None),
        (b"hello", "the body is not JSON: JSON is malformed", None),
        (b'{"rest":' + b"[" * 100_000, "the body is nested too deeply", None),
        (b"[]", "the body has to be a map, not a list", None),
        (b"{}", "items is missing", None),
        (b'{"items":[{"size":1},{"size":"x"}]}', "items[1].size: has to be", "items[1].size"),
        (b'{"items":[],"more":1}', "there is no field 'more'", None),
        (b'{"items":[],"rest":"\xff"}', "the body is not UTF-8: byte 20", None),
    ],
)
def test_a_wrong_body_is_refused(body: bytes, message: str, param: str | None) -> None:
    """The message says what is wrong and where, and is a problem of the request."""
    with pytest.raises(RequestProblem) as caught:
        decode_body(DECODER, body)

    problem = caught.value.problem
    assert problem.message.startswith(message)
    assert (problem.kind, problem.status, problem.param) == ("invalid_request", 400, param)


@pytest.mark.parametrize(
    ("piece", "what"), [(b"{}", "objects"), (b"[]", "objects"), (b'{"a":1,"b":1,"c":1}', "fields")]
)
def test_a_body_of_too_many_values_is_not_decoded(piece: bytes, what: str) -> None:
    """Small ones cost far more than their bytes, so there is a bound."""
    many = MAX_VALUES + 1 if what == "objects" else MAX_VALUES // 3 + 1
    body = b'{"items":[' + b",".join([piece] * many) + b" " * 500_000 + b"]}"

    with pytest.raises(RequestProblem, match=f"more than {MAX_VALUES} {what}"):
        decode_body(DECODER, body)


def test_objects_and_lists_are_taken_apart_one_level_deep() -> None:
    """Their values stay undecoded."""
    assert text_of(FIELDS.decode(b'{"a": [1, {}]}')["a"]) == "[1, {}]"
    assert [text_of(each) for each in ITEMS.decode(b'[{"b":1}, "c"]')] == ['{"b":1}', '"c"']
