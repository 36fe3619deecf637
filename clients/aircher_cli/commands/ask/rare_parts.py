"""What few replies have: sources, images by URL, opaque parts. Imported only for them."""

from aircher_cli.values import Map, as_map, records, text

MAX_SOURCES = 30
"""Sources that are listed; `--json` has all."""

MAX_TITLE = 120


def citations(result: Map) -> list[Map]:
    """Return the sources of a reply's text without the vendors' own form, each once."""
    found: list[Map] = []
    for part in _parts(result):
        for citation in records(part.get("citations")):
            plain = {name: citation[name] for name in CITATION_FIELDS if name in citation}
            if plain and plain not in found:
                found.append(plain)
    return found


CITATION_FIELDS = ("url", "title", "quote", "document")


def source_lines(result: Map) -> list[str]:
    """Return the sources of a reply as a numbered list, each once."""
    names = list(dict.fromkeys(filter(None, map(_source, citations(result)))))
    if not names:
        return []
    lines = [f"[{number}] {name}" for number, name in enumerate(names[:MAX_SOURCES], start=1)]
    more = len(names) - MAX_SOURCES
    return ["sources:", *lines, *([f"and {more} more; --json has all"] if more > 0 else [])]


def _source(citation: Map) -> str:
    """Return a source as one line: its title and URL, or which document of the request it is."""
    title = " ".join(text(citation.get("title")).split())
    title = title if len(title) <= MAX_TITLE else f"{title[:MAX_TITLE]}..."
    url = "".join(text(citation.get("url")).split())
    if not (title or url):
        document = citation.get("document")
        return f"document {document + 1}" if isinstance(document, int) else ""
    return url if not title or title == url else f"{title}  {url}".rstrip()


MAX_KINDS = 5


def opaque_note(result: Map) -> str:
    """Return a note if a complete answer has nothing that can be shown, else an empty string."""
    if result.get("finish") != "stop" or result.get("empty"):
        return ""
    parts = [part for part in _parts(result) if part.get("text") or part.get("type") in SHOWN]
    if any(part.get("type") != "reasoning" for part in parts):
        return ""
    kinds = dict.fromkeys(text(part.get("kind")) for part in _parts(result) if part.get("kind"))
    names = ", ".join([*kinds][:MAX_KINDS])
    return f"aircher-cli: the answer has no text, only {names}: see -v or --json" if names else ""


SHOWN = ("image", "audio", "tool_call")
"""Types of parts that are shown, or written to files, though they have no text."""


def image_urls(result: Map) -> list[str]:
    """Return the URLs of a reply's images that have no data."""
    return [
        text(part["url"])
        for part in _parts(result)
        if part.get("type") == "image" and part.get("url") and not part.get("data")
    ]


def _parts(result: Map) -> list[Map]:
    return records(as_map(result.get("message")).get("content"))
