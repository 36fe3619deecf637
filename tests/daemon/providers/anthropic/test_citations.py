"""Citations of the Anthropic Messages API."""

import msgspec
import pytest

from aircherd.providers.anthropic.citations import citation_fields, read_citation
from aircherd.vocabulary.content.citations import Citation


@pytest.mark.parametrize(
    "data",
    ['{"type": "char_location", "cited_text": "x", "n": 1.50}', '{"type":"of_tomorrow"}'],
)
def test_a_citation_goes_back_as_it_came(data: str) -> None:
    """Every field keeps its own JSON."""
    fields = citation_fields(read_citation(msgspec.Raw(data.encode())))
    assert fields is not None
    assert list(fields) == list(msgspec.json.decode(data))
    assert ("n" not in fields) or bytes(fields["n"]) == b"1.50"


def test_a_file_id_of_null_is_left_out() -> None:
    """The API sends it and refuses it."""
    data = '{"type":"char_location","file_id":null}'
    assert citation_fields(Citation(data=data)) == {"type": msgspec.Raw(b'"char_location"')}
    kept = citation_fields(Citation(data=data.replace("null", '"f"')))
    assert kept is not None
    assert "file_id" in kept


@pytest.mark.parametrize("data", [None, "", "{", "[]", '"x"', "{}", '{"url":"https://a"}'])
def test_what_is_not_the_vendors_does_not_go_back(data: str | None) -> None:
    """A client may have changed it; it never makes the request invalid."""
    assert citation_fields(Citation(url="https://a", data=data)) is None


def test_any_json_is_a_citation() -> None:
    """What is no object is kept as it is."""
    assert read_citation(msgspec.Raw(b"[1]")) == Citation(data="[1]")
