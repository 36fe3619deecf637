"""Changing single fields of a JSON body: everything else stays as it is, byte for byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import BadRequest
from aircherd.providers.verbatim.body import (
    MAX_FIELDS,
    read_fields,
    with_field,
    with_items,
    with_name,
    with_reply_model,
)

NAMES = st.text(max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=6)
FORMS = st.sampled_from(
    [
        {},
        {"indent": 2},
        {"separators": (",", ":")},
        {"separators": (" ,\n", "\t: ")},
        {"ensure_ascii": False},
    ]
)


def encoded(body: object, form: dict) -> bytes:
    return json.dumps(body, **form).encode("utf-8", "surrogatepass")


@given(body=BODIES, form=FORMS, model=st.text(max_size=30), at=st.integers(0, 6))
def test_only_the_model_is_replaced(body, form, model, at):
    """Whatever the body is, and wherever the model's name stands in it."""
    fields = [(name, value) for name, value in body.items() if name != "model"]
    data = encoded(dict([*fields[:at], ("model", "client's"), *fields[at:]]), form)
    if not _is_utf_8(data):
        return
    value = json.dumps(model).encode()
    changed = with_field(data, read_fields(data), "model", value)
    before, _, behind = data.partition(b'"client\'s"')
    assert changed == before + value + behind
    assert json.loads(changed) == body | {"model": model}


@given(body=BODIES, form=FORMS)
def test_a_body_without_a_model_gets_one(body, form):
    """It is added in front; the rest stays as it is."""
    body.pop("model", None)
    data = encoded(body, form)
    if not _is_utf_8(data):
        return
    changed = with_field(data, read_fields(data), "model", b'"m"')
    assert changed.startswith(b'{"model":"m"')
    assert changed.endswith(data[1:])
    assert json.loads(changed) == body | {"model": "m"}


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:  # a lone surrogate, which dialects refuse
        return False
    return True


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"b"}',
        b'{"model":"a","x":1,"model":"a"}',
        b'{"x":1,"x":12}',
        b'{"x":12,"x":1}',
        b'{"model":"a","\\u006dodel":"b"}',
        b'{"model":{"a":"x","messages":5},"messages":5,"model":"....."}',
        b'{"x":[1,{"y":2}],"y":3,"x":[1]}',
    ],
)
def test_a_field_that_comes_twice_is_refused(body):
    """Servers differ in which of the two they read."""
    with pytest.raises(BadRequest, match="twice"):
        read_fields(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"a":1', b"{} {}", b"text", b'{"a":1}x'])
def test_what_is_no_object_is_refused(body):
    """The message says what it has to be."""
    with pytest.raises(BadRequest, match="JSON object"):
        read_fields(body)


def test_far_too_many_fields_are_refused():
    """Decoding them would take much more memory than the body."""
    many = b"{%b}" % b",".join(b'"%d":1' % n for n in range(MAX_FIELDS + 1))
    with pytest.raises(BadRequest, match="fields"):
        read_fields(many)
    large = b'{"messages":"%b"}' % (b":" * 2 * MAX_FIELDS)
    assert read_fields(large)["messages"] == (12, len(large) - 1)


def test_keys_may_be_escaped():
    """The value of such a field is found as well."""
    body = b'{"\\u006dodel" : "a"}'
    assert with_field(body, read_fields(body), "model", b'"b"') == b'{"\\u006dodel" : "b"}'


def test_items_of_a_list_are_changed():
    """Something else than a list is refused."""
    assert with_items(b"[1, [2]]", lambda item: b"<" + item + b">") == b"[<1>,<[2]>]"
    with pytest.raises(BadRequest):
        with_items(b"{}", bytes)


@given(body=BODIES, form=FORMS, at=st.integers(0, 6))
def test_only_a_name_is_replaced(body, form, at):
    """Wherever the field is, and whatever is beside it."""
    fields = [(name, value) for name, value in body.items() if name not in ("old", "new")]
    data = encoded(dict([*fields[:at], ("old", 5), *fields[at:]]), form)
    if not _is_utf_8(data):
        return
    changed = with_name(data, read_fields(data), "old", "new")
    assert json.loads(changed) == dict([*fields, ("new", 5)])
    assert len(changed) == len(data)


def test_a_name_that_is_written_with_escapes_stays():
    """No client does that; the server then says what it does not know."""
    data = b'{"messages":["\\"old\\":"],"\\u006fld":5}'
    assert with_name(data, read_fields(data), "old", "new") == data


START = b'event: message_start\ndata: {"type":"message_start","message":{"model":"%b"}}\n\n'
CALL = b'event: content_block_start\ndata: {"input":{"model":"m"}}\n\n'


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b": hi\n\n" + START % b"m" + CALL, b": hi\n\n" + START % rb"a\"b" + CALL),
        (
            rb'data: {"message": {"model" : "a \" b", "id": 1}, "type": "message_start"}',
            rb'data: {"message": {"model" : "a\"b", "id": 1}, "type": "message_start"}',
        ),
        (
            b'data: {"type":"message_start"}\ndata: {"model":"m"}',
            b'data: {"type":"message_start"}\ndata: {"model":"m"}',
        ),
        (CALL, CALL),
    ],
)
def test_the_name_in_the_beginning_of_a_stream(data, named):
    """Only the event that begins the message has it, and nothing else is changed."""
    assert with_reply_model(data, 'a"b') == named
