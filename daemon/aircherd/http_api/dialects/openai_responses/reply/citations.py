"""The sources of a text, as annotations."""

from aircherd.vocabulary.content.citations import Citation


def annotation_of(citation: Citation, length: int) -> dict[str, object]:
    """Return a source as an annotation; `length` is that of the text so far."""
    if citation.url is not None:
        return {
            "type": "url_citation",
            "url": citation.url,
            "title": citation.title or citation.url,
            "start_index": citation.start or 0,
            "end_index": length if citation.end is None else citation.end,
        }
    # OpenAI's has a file of its own there. Ours is a document of the request.
    number = citation.document or 0
    return {
        "type": "file_citation",
        "file_id": f"document_{number}",
        "filename": citation.title or f"document {number}",
        "index": citation.start or 0,
    }
