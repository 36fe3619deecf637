"""Citations in the form of this API."""

import json

import pytest

from aircherd.http_api.dialects.anthropic.reply.sources import citation_of
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.vocabulary.content.citations import Citation

OWN = '{"type":"char_location","cited_text":"a","document_index":0,"start_char_index":1}'


@pytest.mark.parametrize(
    ("citation", "written"),
    [
        (Citation(data=OWN), json.loads(OWN)),
        (
            Citation(url="https://a.test", data='{"type":"url_citation"}'),
            {
                "type": "web_search_result_location",
                "url": "https://a.test",
                "title": None,
                "cited_text": "",
                "encrypted_index": "air1.citation",
            },
        ),
    ],
)
def test_citations(citation: Citation, written: object) -> None:
    """The API's own as they came, a web page as one of its searches."""
    found = citation_of(citation)

    assert json.loads(json_bytes(found)) == written


@pytest.mark.parametrize(
    "citation", [Citation(quote="a"), Citation(document=0), Citation(data="{broken")]
)
def test_what_has_no_address_is_left_out(citation: Citation) -> None:
    """There is no word for it."""
    assert citation_of(citation) is None
