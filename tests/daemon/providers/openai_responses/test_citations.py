"""Annotations are citations, and go back as they came."""

import msgspec
import pytest

from aircherd.providers.openai_responses.citations import annotations_of, citation_of, identity_of
from aircherd.vocabulary.content.citations import Citation

URL = b'{"type":"url_citation","start_index":3,"end_index":9,"title":"T","url":"https://a.b"}'
NESTED = b'{"type":"url_citation","url_citation":{"url":"https://a.b","title":"T"}}'
FILE = b'{"type":"file_citation","file_id":"f_1","filename":"a.pdf","index":4}'
PATH = b'{"type":"file_path","file_id":"f_1","index":0}'


@pytest.mark.parametrize(
    ("raw", "citation"),
    [
        (URL, Citation(url="https://a.b", title="T", start=3, end=9)),
        (NESTED, Citation(url="https://a.b", title="T")),
        (FILE, Citation(title="a.pdf")),
        (PATH, Citation()),
        (b'{"type":"of_2030","start_index":-1,"end_index":"9"}', Citation()),
        (b"7", Citation()),
    ],
)
def test_a_citation_has_what_the_annotation_says(raw: bytes, citation: Citation) -> None:
    """And always its JSON."""
    expected = msgspec.structs.replace(citation, data=raw.decode())
    assert citation_of(msgspec.Raw(raw)) == expected
    assert [bytes(each) for each in annotations_of([expected])] == [raw]


def test_an_annotation_is_recognised_in_another_spelling() -> None:
    """The order of its fields, and white space, may differ between events."""
    assert identity_of(msgspec.Raw(b'{"a":1, "b":2}')) == identity_of(msgspec.Raw(b'{"b":2,"a":1}'))
    assert identity_of(msgspec.Raw(b'{"a":1}')) != identity_of(msgspec.Raw(b'{"a":2}'))


@pytest.mark.parametrize("data", [None, "", "x", '{"a":1', '{"a":1}],"model":"m","x":[1', "NaN"])
def test_what_is_no_json_does_not_go_back(data: str | None) -> None:
    """A client may have changed it, and a part of it could become a field of the request."""
    assert annotations_of([Citation(url="https://a.b", data=data)]) == []
