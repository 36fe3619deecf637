"""Sources, and images by URL."""

from aircher_cli.commands.ask.rare_parts import (
    MAX_SOURCES,
    citations,
    image_urls,
    source_lines,
)

Map = dict[str, object]
WEB: Map = {"url": "https://x.org/a", "title": "A page", "quote": "so", "data": "{}", "start": 1}


def result_of(*cited: Map) -> Map:
    parts = [{"type": "text", "text": "x", "citations": [each]} for each in cited]
    return {"message": {"role": "assistant", "content": parts}}


def test_citations_without_the_vendors_form() -> None:
    """Each once, although a vendor may cite it for every sentence."""
    found = citations(result_of(WEB, {**WEB, "start": 9}, {"document": 0}, {"data": "{}"}))
    assert found == [
        {"url": "https://x.org/a", "title": "A page", "quote": "so"},
        {"document": 0},
    ]


def test_sources_are_numbered() -> None:
    """A source has a title, a URL or the number of a document; others cannot be shown."""
    cited = ({**WEB, "quote": "a"}, {**WEB, "quote": "b"}, {"url": "https://y"}, {"document": 1})
    others = ({"title": "Two\nlines", "document": 0}, {"quote": "only"}, {"document": "x"})
    assert source_lines(result_of(*cited, *others)) == [
        "sources:",
        "[1] A page  https://x.org/a",
        "[2] https://y",
        "[3] document 2",
        "[4] Two lines",
    ]
    assert source_lines(result_of()) == []


def test_many_sources_and_long_titles_are_cut() -> None:
    """The terminal is not flooded."""
    many: list[Map] = [{"url": f"https://x/{n}", "title": "t" * 500} for n in range(100)]
    lines = source_lines(result_of(*many))
    assert len(lines) == MAX_SOURCES + 2
    assert lines[-1] == "and 70 more; --json has all"
    assert max(map(len, lines)) < 200


def test_images_by_url() -> None:
    """Images with data are files."""
    content = [{"type": "image", "url": "https://x/a"}, {"type": "image", "data": "AAAA"}, {}]
    assert image_urls({"message": {"content": content}}) == ["https://x/a"]
