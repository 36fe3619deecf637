"""Turns the Markdown of the pages in `docs` into man(7): what those pages use, and no more."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from manpages import roff

DOCS = Path(__file__).parents[2]

_HEADING = re.compile(r"(#+) (.+)")
_FENCE = re.compile(r" *```")
_ITEM = re.compile(r"- |\d+\. ")
_INLINE = re.compile(
    r"``\s?(?P<quoted>.+?)\s?``|`(?P<code>[^`]+)`|\*\*(?P<strong>.+?)\*\*"
    r"|!?\[(?P<text>(?:`[^`]+`|[^]])+)\]\((?P<target>[^)]+)\)"
)

_MANUAL_PAGES = {
    "#by-command": roff.Reference("aircher-cli-config"),
    "cli.md": roff.Reference("aircher-cli"),
    "cli.md#input-and-output-of-ask": roff.Reference("aircher-cli-ask"),
    "cli.md#conversations-that-go-on": roff.Reference("aircher-cli-ask"),
    "cli.md#tokens": roff.Reference("aircher-cli-token"),
    "configuration.md": roff.Reference("aircher-config", 5),
    "guide/model-picker.md": roff.Reference("aircher-cli-models"),
    "migrating.md": roff.Reference("aircher-cli-migrate"),
    "service.md": roff.Reference("aircherd"),
}
"""The manual pages that say the same as the target of a link."""


class Section:
    """A section of a page: its heading, and its lines up to the next heading of its level."""

    def __init__(self, title: str, level: int) -> None:
        self.title = title
        self.level = level
        self.lines: list[str] = []

    def __repr__(self) -> str:
        return f"<Section {self.title!r}: {len(self.lines)} lines>"


def read_page(name: str) -> list[Section]:
    """Return the sections of a page in `docs`; the first one has the text below its title."""
    sections: list[Section] = []
    in_code = False
    for line in (DOCS / name).read_text().splitlines():
        in_code ^= bool(_FENCE.match(line))
        found = None if in_code else _HEADING.fullmatch(line)
        if found:
            sections.append(Section(found[2], len(found[1])))
        elif sections and not line.startswith("<!--"):
            sections[-1].lines.append(line)
    return sections


def find_section(page: str, title: str) -> Section:
    """Return a section of a page.

    Raises:
        LookupError: the page has no such section; a manual page is made from it.
    """
    for section in read_page(page):
        if section.title == title:
            return section
    message = f'docs/{page} has no section "{title}", from which a manual page is made'
    raise LookupError(message)


def inline(text: str) -> str:
    """Return a paragraph with its markup."""
    parts: list[str] = []
    at = 0
    for found in _INLINE.finditer(text):
        parts += [roff.escape(text[at : found.start()]), _marked(found)]
        at = found.end()
    return "".join([*parts, roff.escape(text[at:])])


def _marked(found: re.Match[str]) -> str:
    code = found["quoted"] or found["code"]
    if code:
        return roff.bold(code)
    if found["strong"]:
        return inline(found["strong"])
    return _link(found["text"], found["target"])


def _link(text: str, target: str) -> str:
    """Return the text of a link, and where it leads unless that is in the same page."""
    page = target.partition("#")[0] or target
    if page == "files.md":  # the manual pages that use it have a section of files
        return f"{inline(text)} (see {roff.bold('FILES')})"
    reference = _MANUAL_PAGES.get(target) or _MANUAL_PAGES.get(page)
    if reference and text[0].isupper():  # the title of a section
        return f"{inline(text)} in {reference}"
    if reference:
        return str(reference) if text == page else f"{inline(text)} (see {reference})"
    if target.startswith("#"):
        return inline(text)
    where = target if "://" in target else f"docs/{page}"
    return roff.escape(where) if text == page else f"{inline(text)} ({roff.escape(where)})"


def rows_of(lines: list[str]) -> list[list[str]]:
    """Return the rows of the first table in `lines`, without its heading."""
    table = [line for line in lines if line.startswith("|")]
    return [_cells(line) for line in table[2:]]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


Keep = Callable[[str], bool]


def blocks(lines: list[str], keep_table: Keep = lambda _: True) -> str:
    """Return paragraphs, lists, tables and code.

    Args:
        lines: the Markdown.
        keep_table: whether to keep a table, from the first line of it.
    """
    return "".join(_blocks(list(lines), keep_table))


def _blocks(lines: list[str], keep_table: Keep) -> Iterator[str]:
    while lines:
        line = lines[0]
        if not line.strip():
            lines.pop(0)
        elif _FENCE.match(line):
            yield _code(lines)
        elif line.startswith("|"):
            table = _take(lines, lambda each: each.startswith("|"))
            if keep_table(line):
                yield _table(table)
        elif _ITEM.match(line):
            yield _list_item(lines, keep_table)
        else:
            yield roff.paragraph(inline(" ".join(map(str.strip, _take(lines, _is_text)))))


def _take(lines: list[str], wanted: Callable[[str], bool]) -> list[str]:
    """Remove and return the first line, and those after it that are `wanted`."""
    taken = [lines.pop(0)]
    while lines and wanted(lines[0]):
        taken.append(lines.pop(0))
    return taken


def _is_text(line: str) -> bool:
    return bool(line.strip()) and not (
        _FENCE.match(line) or line.startswith("|") or _ITEM.match(line)
    )


def _code(lines: list[str]) -> str:
    indent = len(lines[0]) - len(lines[0].lstrip())
    block = _take(lines, lambda line: not _FENCE.match(line))[1:]
    lines.pop(0)
    return roff.example("\n".join(line[indent:] for line in block))


def _table(table: list[str]) -> str:
    """Return a table as a list: the first column has the tags."""
    return "".join(
        roff.item(inline(cells[0]), inline("; ".join(cell for cell in cells[1:] if cell)))
        for cells in map(_cells, table[2:])
    )


def _list_item(lines: list[str], keep_table: Keep) -> str:
    width = len(_ITEM.match(lines[0])[0])  # type: ignore[index] # the caller matched it
    first, *rest = _take(lines, lambda line: line.startswith(" " * width) or not line.strip())
    body = [first[width:], *(line[width:] for line in rest)]
    text = " ".join(map(str.strip, _take(body, _is_text)))
    below = blocks(body, keep_table)
    return roff.bullet(inline(text)) + (roff.indented(below) if below else "")
