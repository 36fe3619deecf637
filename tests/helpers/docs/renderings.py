"""A page as forges read it (CommonMark with tables) and as the builders of the site do.

They differ where Markdown has no standard: a list right after a paragraph, a number at the start of
a line, a paragraph of a list item that is not indented by four, a bar in the code of a table.
"""

from html.parser import HTMLParser

import markdown
from markdown_it import MarkdownIt

SHOWN = frozenset({"a", "blockquote", "code", "em", "img", "li", "ol", "pre", "strong", "ul"})
SHOWN |= {"h1", "h2", "h3", "h4", "table", "td", "th", "tr"}

_FORGE = MarkdownIt("commonmark").enable("table")
_SITE = ["toc", "tables", "fenced_code"]
"""What MkDocs always uses; Zensical reads the same."""


class _Outline(HTMLParser):
    """Collects elements and text without spaces."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SHOWN:
            self.pieces.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in SHOWN:
            self.pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.pieces.append("".join(data.split()))


def on_a_forge(text: str) -> list[str]:
    """Return the elements and the text of a page, for a comparison."""
    return _outline(_FORGE.render(text))


def on_the_site(text: str) -> list[str]:
    """Return the same as MkDocs makes it."""
    return _outline(markdown.markdown(text, extensions=_SITE))


def _outline(html: str) -> list[str]:
    outline = _Outline()
    outline.feed(html)
    outline.close()
    return "".join(outline.pieces).replace("<", "\n<").split("\n")
