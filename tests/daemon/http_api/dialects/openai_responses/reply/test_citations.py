"""The sources of a text."""

import pytest

from aircherd.http_api.dialects.openai_responses.reply.citations import annotation_of
from aircherd.vocabulary.content.citations import Citation


@pytest.mark.parametrize(
    ("citation", "annotation"),
    [
        (
            Citation(url="https://example.org", title="A", start=2, end=5),
            {
                "type": "url_citation",
                "url": "https://example.org",
                "title": "A",
                "start_index": 2,
                "end_index": 5,
            },
        ),
        (
            Citation(url="https://example.org"),
            {
                "type": "url_citation",
                "url": "https://example.org",
                "title": "https://example.org",
                "start_index": 0,
                "end_index": 9,
            },
        ),
        (
            Citation(document=1, quote="so"),
            {
                "type": "file_citation",
                "file_id": "document_1",
                "filename": "document 1",
                "index": 0,
            },
        ),
        (
            Citation(document=0, title="a.pdf", start=4),
            {"type": "file_citation", "file_id": "document_0", "filename": "a.pdf", "index": 4},
        ),
    ],
)
def test_a_source_is_an_annotation(citation: Citation, annotation: dict[str, object]) -> None:
    """With all fields that OpenAI's has; a place that is not known is the whole text."""
    assert annotation_of(citation, 9) == annotation
