"""Finding the end of a JSON object in pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.codec.object_scan import ObjectScan

TEXTS = st.text(st.sampled_from('{}[]"\\:, a'), max_size=8)
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4).map(json.dumps)


@given(OBJECTS, st.data())
def test_the_end_is_found_wherever_it_is_cut(text: str, data: st.DataObject) -> None:
    """Two pieces give the same end as one, and only the last character closes the object."""
    cut = data.draw(st.integers(1, len(text)))
    scan = ObjectScan()
    first = scan.feed(text[:cut])
    assert first == (cut if cut == len(text) else None)
    if first is None:
        assert scan.feed(text[cut:] + "{") == len(text) - cut
    assert scan.is_complete


def test_a_scan_may_begin_inside_a_text() -> None:
    """The offset is one in the whole text."""
    assert ObjectScan().feed('{"a":1} {"b":[]} ', 8) == 16


@pytest.mark.parametrize(
    ("text", "expects"),
    [
        ("{", False),
        ('{"a"', False),
        ('{"a":', True),
        ('{"a": ', True),
        ('{"a":[', True),
        ('{"a":[{},', True),
        ('{"a":":', False),
        ('{"a":1', False),
        ("{}", False),
    ],
)
def test_a_value_may_follow_some_characters(text: str, expects: bool) -> None:
    """A colon, a comma, the beginning of a list; not inside a string."""
    scan = ObjectScan()
    scan.feed(text)
    assert scan.expects_value == expects
