"""Pictures and documents of a request as parts."""

import base64
from collections.abc import Sequence

from aircherd.http_api.dialects.anthropic.request import blocks
from aircherd.http_api.dialects.anthropic.request.unknown import Unsaid
from aircherd.http_api.dialects.common.attached import cache_mark
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.media import DocumentPart, ImagePart
from aircherd.vocabulary.parts import TextPart


def image_part(block: blocks.Image, path: str, unsaid: Unsaid) -> ImagePart | None:
    """Return a picture, None if it is a file at the vendor.

    Raises:
        RequestProblem: it is no picture.
    """
    source, cache = block.source, cache_mark(block.cache_control)
    if isinstance(source, blocks.FileSource):
        unsaid.add(f'{path}.source.type "file"')
        return None
    try:
        if isinstance(source, blocks.UrlSource):
            return ImagePart(url=source.url, cache=cache)
        return ImagePart(data=source.data, media_type=source.media_type, cache=cache)
    except ValueError as error:
        raise invalid(f"{path}.source: {error}", f"{path}.source") from None


def document_part(
    block: blocks.Document, path: str, unsaid: Unsaid
) -> DocumentPart | TextPart | None:
    """Return a document, None if no other API can have it.

    Raises:
        RequestProblem: it is no document.
    """
    if block.context:
        unsaid.add(f"{path}.context")
    source = block.source
    if isinstance(source, blocks.FileSource):
        unsaid.add(f'{path}.source.type "file"')
        return None
    text = _text_of(source, f"{path}.source", unsaid)
    name = (block.title or "")[:500] or None
    is_cited = block.citations is not None and bool(block.citations.enabled)
    cache = cache_mark(block.cache_control)
    try:
        if isinstance(source, blocks.UrlSource):
            return DocumentPart(url=source.url, name=name, citations=is_cited, cache=cache)
        if isinstance(source, blocks.Base64Source):
            return DocumentPart(source.data, source.media_type, None, name, is_cited, cache)
        return _text_document(text or " ", name, is_cited=is_cited, cache=cache)
    except ValueError as error:
        raise invalid(f"{path}.source: {error}", f"{path}.source") from None


def search_result_part(
    block: blocks.SearchResult, path: str, unsaid: Unsaid
) -> DocumentPart | TextPart:
    """Return what a search found as a document: its source is the first line."""
    text = _joined(block.content, path, unsaid)
    is_cited = block.citations is not None and bool(block.citations.enabled)
    cache = cache_mark(block.cache_control)
    lines = f"{block.source}\n{text}"
    return _text_document(lines, block.title[:500] or None, is_cited=is_cited, cache=cache)


def _text_of(source: blocks.Source, path: str, unsaid: Unsaid) -> str:
    if isinstance(source, blocks.TextSource):
        return source.data
    if not isinstance(source, blocks.ContentSource):
        return ""
    content = source.content
    return content if isinstance(content, str) else _joined(content, path, unsaid)


def _joined(content: Sequence[blocks.InnerBlock], path: str, unsaid: Unsaid) -> str:
    for number, block in enumerate(content):
        if block.text is None:
            unsaid.add(f'{path}.content[{number}].type "{str(block.type)[:60]}"')
    return "\n\n".join(block.text for block in content if block.text)


def _text_document(
    text: str, name: str | None, *, is_cited: bool, cache: CacheMark
) -> DocumentPart | TextPart:
    """Return a text as a document, or as a text if it begins like a file of another kind."""
    data = base64.b64encode(text.encode("utf-8", "replace")).decode()
    try:
        part = DocumentPart(data, "text/plain", None, name, is_cited, cache)
    except ValueError:  # a NUL is in it
        pass
    else:
        if not part.is_pdf:
            return part
    return TextPart(f"{name}:\n{text}" if name else text, cache=cache)
