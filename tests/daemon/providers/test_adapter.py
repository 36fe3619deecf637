"""What adapters share: bodies, headers, and odd values read sensibly."""

import msgspec
import pytest

from aircherd.providers.adapter import (
    HttpCall,
    as_count,
    as_text,
    bearer,
    branch,
    call_headers,
    count_of,
    counts_of,
    decode_with,
    encode_body,
    is_closed,
    new_call_id,
    parse_object,
    tool_parameters,
    turns,
)
from aircherd.vocabulary.chat import Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.secret import Secret
from helpers.provider_calls import CANARY, a_provider, a_request, failure_of


def test_call_hides_its_headers() -> None:
    """Neither repr nor a pretty-printer shows a header's value or the body."""
    call = HttpCall("POST", "https://h/x", [("authorization", f"Bearer {CANARY}")], b"prompt")
    assert repr(call) == "<HttpCall POST https://h/x [authorization] 6 bytes>"
    assert [("call", repr(call))] == call.__rich_repr__()


def test_extra_wins() -> None:
    """Keys of `extra` replace ours and add to them."""
    body = encode_body({"a": 1, "b": 2}, {"b": 3, "c": None})
    assert msgspec.json.decode(body) == {"a": 1, "b": 3, "c": None}


def test_surrogates_become_replacement_characters() -> None:
    """Text that is no Unicode is repaired, at any depth, and pairs are put together."""
    body = encode_body({"m": [{"t": "a\udcffb"}], "p": "\ud83d\ude00"}, {"k\udc80": "ok"})
    expected = {"m": [{"t": "a\ufffdb"}], "p": "\U0001f600", "k\ufffd": "ok"}
    assert expected == msgspec.json.decode(body)


@pytest.mark.parametrize("value", ["", "has space", "tab\t", "new\nline", "umläut", "\x7f"])
def test_unusable_keys_are_refused_unquoted(value: str) -> None:
    """A key that no header can hold is refused without being quoted."""
    failure = failure_of(lambda: bearer(Secret(value)))
    assert FailureClass.AUTH is failure.kind
    assert not value or value not in failure.message


def test_users_headers_win() -> None:
    """Headers from the configuration replace ours of the same name, whatever the case."""
    provider = a_provider(headers={"User-Agent": "mine", "X-Team": "blue"})
    headers = dict(call_headers(provider, [("x-own", "1")]))
    assert (headers["user-agent"], headers["x-team"], headers["x-own"]) == ("mine", "blue", "1")
    assert headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (7, 7),
        (-1, 0),
        (2.0, 2),
        ("12", 12),
        ("x", 0),
        ("9" * 5000, 0),
        ("²", 0),
        (None, 0),
        ([], 0),
        (True, 0),
        (float("nan"), 0),
        (1e300, 0),
        (2**53 - 1, 2**53 - 1),
        (2**53, 0),
        (10**30, 0),
    ],
)
def test_counts(value: object, count: int) -> None:
    """A number is read in whatever form it comes; what is none counts as 0."""
    assert count == as_count(value)


@pytest.mark.parametrize(
    ("json", "count"),
    [
        (b"", 0),
        (b"null", 0),
        (b"7", 7),
        (b'"7"', 7),
        (b"1e999", 0),
        (b'"\xff"', 0),
        (b"[" * 5_000 + b"]" * 5_000, 0),
        (b"1" * 33, 0),
    ],
)
def test_counts_that_were_not_decoded(json: bytes, count: int) -> None:
    """A count is decoded only if it is short enough to be one; what is odd counts as 0."""
    assert count == count_of(msgspec.Raw(json))


@pytest.mark.parametrize(
    ("json", "value"), [(b"", None), (b'{"a":1}', {"a": 1}), (b"[]", None), (b"{", None)]
)
def test_branches_may_be_missing_or_odd(json: bytes, value: dict[str, int] | None) -> None:
    """What is of another form than expected is as good as missing."""
    assert value == branch(msgspec.json.Decoder(dict[str, int]), msgspec.Raw(json))


def nested(depth: int) -> object:
    """A part in a part in a part."""
    part: object = "deep"
    for _ in range(depth):
        part = [{"type": "text", "text": part}]
    return part


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, ""),
        (5, ""),
        ([{"type": "text", "text": "a"}, {"type": "thinking", "text": "b"}, 3], "a"),
        ([{"type": "text", "text": [{"type": "text", "text": "b"}]}], ""),
        ([{"type": "text", "text": nested(10_000)}, {"type": "text", "text": "a"}], "a"),
    ],
)
def test_texts(value: object, text: str) -> None:
    """Text is read as it is or from a list of parts; anything else is none."""
    assert text == as_text(value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 100_000, b'{"a":"\xff"}', b"[]", b'{"a": 1e999}']
)
def test_foreign_bytes_are_a_protocol_failure(data: bytes) -> None:
    """Whatever a server sends, the worst is a PROTOCOL failure."""
    decoder = msgspec.json.Decoder(dict[str, str])
    assert FailureClass.PROTOCOL is failure_of(lambda: decode_with(decoder, data, "x")).kind


@pytest.mark.parametrize(
    ("text", "value"), [("", {}), (" \n", {}), ("{}", {}), ('{"a": [1]}', {"a": [1]})]
)
def test_objects(text: str, value: dict[str, object]) -> None:
    """A JSON object is read, nothing at all is an empty one."""
    assert value == parse_object(text, "x")


@pytest.mark.parametrize("text", ["[1]", "{", "null", "[" * 100_000, '"\udcff"'])
def test_not_objects_name_the_place(text: str) -> None:
    """What is no JSON object is the client's fault, and the message says where."""
    failure = failure_of(lambda: parse_object(text, "messages[2]: arguments"))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert failure.message.startswith("messages[2]: arguments")


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("user", {"type": "tool_call", "id": "1", "name": "f", "arguments": "{}"}),
        ("assistant", {"type": "tool_result", "id": "1", "content": "x"}),
        ("system", {"type": "tool_result", "id": "1", "content": "x"}),
    ],
)
def test_parts_in_the_wrong_role(role: str, part: dict[str, object]) -> None:
    """A part in a message of the wrong role is refused by its place."""
    request = a_request({"role": "user", "content": "x"}, {"role": role, "content": [part]})
    failure = failure_of(lambda: turns(request.messages))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert failure.message.startswith("messages[1]: ")


def test_made_up_ids_differ() -> None:
    """No two made-up ids are the same."""
    assert len({new_call_id() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        ({"type": "string"}, True),
        ({"type": "object", "properties": {}, "required": [], "additionalProperties": False}, True),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, False),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "object"}},
                "required": ["a"],
                "additionalProperties": False,
            },
            False,
        ),
        (
            {
                "type": "object",
                "properties": {"a": {}},
                "required": [],
                "additionalProperties": False,
            },
            False,
        ),
        ({"anyOf": [{"type": "object", "properties": {"a": {}}}]}, False),
    ],
)
def test_a_schema_that_strict_mode_takes(schema, closed):
    """All properties required, no others allowed, all the way down."""
    assert is_closed(schema) is closed


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((b"0", b"7"), [0, 7]),
        ((b'"12"', b"3.0"), [12, 3]),
        ((b"5", b""), [5, 0]),
        ((b"null", b"5"), [0, 5]),
        ((b"null", b""), None),
        ((b"5", b"-1"), None),
        ((b"1" + b"0" * 20, b"5"), None),
        ((b"5", b'"lots"'), None),
        ((b"5", b"0.5"), None),
        ((b"5", b"false"), None),
        ((b"5", b"[" * 10_000), None),
    ],
)
def test_counts_are_known_or_unknown_together(told, expected):
    """What is left out is 0, rubbish is not."""
    assert counts_of(*map(msgspec.Raw, told)) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", {}),
        ("{}", {}),
        ('{"properties": {}}', {"type": "object", "properties": {}}),
        ('{"type": ["object"]}', {"type": ["object"]}),
    ],
)
def test_parameters_are_an_object(parameters: str, expected: dict[str, object]) -> None:
    """Where a tool's schema says no type, it can be nothing else, and is told to be that."""
    assert expected == tool_parameters(Tool("f", parameters=parameters))
