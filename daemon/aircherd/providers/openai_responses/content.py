"""The content of messages and of tool results: texts, pictures and files."""

from collections.abc import Iterable

from aircherd.providers.codec.turns import data_uri
from aircherd.vocabulary.content.media import DocumentPart, ImagePart
from aircherd.vocabulary.parts import Part, TextPart

Item = dict[str, object]

FILE_NAME = "document.pdf"
"""Stands for a missing name: the API requires one."""


def contents(parts: Iterable[Part]) -> list[Item]:
    """Return the parts that can be content, as such."""
    return [
        content_of(part) for part in parts if isinstance(part, TextPart | ImagePart | DocumentPart)
    ]


def content_of(part: TextPart | ImagePart | DocumentPart) -> Item:
    """Return a part as content."""
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, ImagePart):
        return {"type": "input_image", "image_url": data_uri(part), "detail": "auto"}
    if part.url is not None:
        return {"type": "input_file", "file_url": part.url}
    return {
        "type": "input_file",
        "filename": part.name or FILE_NAME,
        "file_data": f"data:{part.media_type};base64,{part.data}",
    }
