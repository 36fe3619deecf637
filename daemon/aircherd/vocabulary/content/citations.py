"""What a text is based on: a web page, a document, a search result."""

import msgspec


class Citation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One source of a part's text.

    `quote` are the words of the source. `start` and `end` count characters of the part's text.
    `document` is the number of the document among those of the request, from 0. `data` is the
    vendor's own citation as a JSON string: it goes back to the model that made it, as it came.
    """

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    document: int | None = None
    data: str | None = None
