"""Which fields of a reply are known, and what says nothing."""

import msgspec
import pytest

from aircherd.providers.chat_completions.parts.fields import (
    fields_of,
    has_content,
    is_metadata,
    is_verdict,
    items_of,
    unknown_fields,
)


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((text, False) for text in ("null", "0", "1.5", "true", '""', "[]", "{}")),
        *((text, False) for text in ('{"a":null}', '[[],{"a":""}]')),
        *((text, True) for text in ('"a"', "[0]", '{"a":false}', '["a"]', '" ' + "x" * 300 + '"')),
    ],
)
def test_content(value: str, expected: bool) -> None:
    """Texts, lists and objects that say something are content; bare numbers are not."""
    assert has_content(raw(value)) is expected


def test_unknown_fields() -> None:
    """Only those that are not known and say something."""
    fields = fields_of(raw('{"a":"x","b":"y","c":null,"d":3}'))
    assert list(unknown_fields(fields, frozenset("a"))) == ["b"]


@pytest.mark.parametrize("value", ["[]", '"a"', "5", "", "{"])
def test_what_is_no_object_has_no_fields(value: str) -> None:
    """Neither has a list, nor what is missing or damaged."""
    assert fields_of(raw(value)) == {}
    assert fields_of(None) == {}


def test_items() -> None:
    """A list has items, anything else has none."""
    assert items_of(raw("[1,2]")) == [raw("1"), raw("2")]
    assert items_of(raw("{}")) is None
    assert items_of(None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [('"req_1"', True), ('"this model retires soon"', False), ('["a"]', False)],
)
def test_metadata(value: str, expected: bool) -> None:
    """One word at the root is an id or a name."""
    assert is_metadata(raw(value)) is expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("content_filter_results", '{"hate":{"filtered":false}}', True),
        ("content_filter_results", '{"hate":{"filtered": true}}', False),
        ("other", '{"hate":{"filtered":false}}', False),
    ],
)
def test_verdicts(name: str, value: str, expected: bool) -> None:
    """Azure's verdict on a content that it let pass is none of the answer."""
    assert is_verdict(name, raw(value)) is expected
