"""Texts, pictures and files as content."""

import base64

import pytest

from aircherd.providers.openai_responses.content import Item, content_of, contents
from aircherd.vocabulary.content.media import DocumentPart, ImagePart
from aircherd.vocabulary.parts import ReasoningPart, TextPart

PDF = base64.b64encode(b"%PDF-1.7\n").decode()
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
DATA = f"data:application/pdf;base64,{PDF}"


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (TextPart("a", cache="1h"), {"type": "input_text", "text": "a"}),
        (
            ImagePart(PNG),
            {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
        ),
        (
            DocumentPart(PDF, name="a b.pdf"),
            {"type": "input_file", "filename": "a b.pdf", "file_data": DATA},
        ),
        (DocumentPart(PDF), {"type": "input_file", "filename": "document.pdf", "file_data": DATA}),
        (
            DocumentPart(url="https://a.b/c.pdf", name="c.pdf"),
            {"type": "input_file", "file_url": "https://a.b/c.pdf"},
        ),
    ],
)
def test_each_part_is_content(part: TextPart | ImagePart | DocumentPart, content: Item) -> None:
    """A file has a name, or a URL; OpenAI caches without marks."""
    assert content_of(part) == content


def test_what_is_no_content_is_left_to_others() -> None:
    """It has items of its own."""
    assert contents([ReasoningPart("a"), TextPart("b")]) == [content_of(TextPart("b"))]
