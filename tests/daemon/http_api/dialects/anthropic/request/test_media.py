"""Pictures and documents that are none, or that only the vendor has."""

import pytest

from aircherd.http_api.dialects.anthropic.request import blocks
from aircherd.http_api.dialects.anthropic.request.media import (
    document_part,
    image_part,
    search_result_part,
)
from aircherd.http_api.dialects.anthropic.request.unknown import Unsaid
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.content.media import DocumentPart
from aircherd.vocabulary.parts import TextPart


def test_files_at_the_vendor_are_unsaid() -> None:
    """No other provider has them."""
    unsaid = Unsaid()
    source = blocks.FileSource("file_1")

    assert image_part(blocks.Image(source), "a", unsaid) is None
    assert document_part(blocks.Document(source), "b", unsaid) is None
    assert unsaid.text() == 'a.source.type "file", b.source.type "file"'


@pytest.mark.parametrize(
    "block",
    [
        blocks.Document(blocks.Base64Source("aGVsbG8=", "application/pdf")),
        blocks.Document(blocks.Base64Source("?", "text/plain")),
        blocks.Document(blocks.UrlSource("ftp://a.test")),
        blocks.Document(blocks.UrlSource("https://a.test/page.html")),
    ],
)
def test_what_is_no_document_is_refused(block: blocks.Document) -> None:
    """With its place."""
    with pytest.raises(RequestProblem) as caught:
        document_part(block, "messages[0].content[0]", Unsaid())

    assert caught.value.problem.param == "messages[0].content[0].source"


def test_a_picture_by_a_wrong_url_is_refused() -> None:
    """Likewise."""
    with pytest.raises(RequestProblem, match=r"a\.source: an image's url has to begin"):
        image_part(blocks.Image(blocks.UrlSource("data:image/png;base64,AA")), "a", Unsaid())


def test_a_long_title_is_cut() -> None:
    """It is a name, and has a bound."""
    block = blocks.SearchResult("s", "t" * 900, [blocks.InnerBlock(text="Hi")])

    found = search_result_part(block, "a", Unsaid())

    assert isinstance(found, DocumentPart)
    assert found.name == "t" * 500


def test_an_empty_document_is_one() -> None:
    """A file may have nothing in it."""
    found = document_part(blocks.Document(blocks.TextSource("")), "a", Unsaid())

    assert isinstance(found, DocumentPart)
    assert found.text == " "


@pytest.mark.parametrize("text", ["a\0b", "%PDF-1.7 is how a PDF begins"])
def test_a_text_is_never_taken_for_a_file(text: str) -> None:
    """It may quote the first bytes of one, or have a NUL in it."""
    found = document_part(blocks.Document(blocks.TextSource(text), "A"), "a", Unsaid())

    assert found == TextPart(f"A:\n{text}")
