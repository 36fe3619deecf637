"""The fenced blocks of a page in Markdown, and the reasons of those that no test can run.

A block is run or checked by its language. One that cannot be run on this machine has a comment in
the line before it, which readers do not see, and which names one of `REASONS`:

    <!-- not run: needs a desktop -->
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"

REASONS = {
    "needs the network": "another machine, or a page of a vendor",
    "downloads packages": "tests of the README and of install.md install from local files instead",
    "needs a service manager": "tests/e2e/systemd has one, and tests this command in it",
    "needs a session bus": "tests/e2e/docs/test_guide_pages.py has one, and types this there",
    "needs a container": "docker and podman cannot run in CI's container",
    "needs another program": "one that CI does not have: the block is for its users",
    "runs the tests": "it would run itself",
    "runs until it is stopped": "a server; the tests start it in their own way",
    "takes minutes": "a benchmark",
    "changes the checkout": "a generator; a test compares its output",
    "spends money": "it calls the real providers",
}
"""Why a block is not run -> what it is about, or what tests the same."""

_OPENING = re.compile(r"^( *)(```+)([\w-]*)[^`\n]*$")
_REASON = re.compile(r"^ *<!-- not run: (.+?) -->$")


class Block(msgspec.Struct, frozen=True):
    """A block: the line of its first line (from 1), its language, and its text."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Return the README and all pages in `docs`, relative to that."""
    found = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    return ["README.md", *found]


def read(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page if page == "README.md" else DOCS / page).read_text()


def all_blocks() -> list[Block]:
    """Return the blocks of all pages."""
    return [block for page in pages() for block in blocks_of(read(page), page)]


def blocks_of(text: str, page: str = "") -> Iterator[Block]:
    """Yield the blocks of a page's text in their order."""
    lines = iter(enumerate(text.splitlines(), 1))
    before = ""
    for number, line in lines:
        found = _OPENING.match(line)
        if found is None:
            before = line
            continue
        indent, fence, language = found.groups()
        content: list[str] = []
        for _, inside in lines:
            if inside.strip() == fence:
                break
            content.append(inside.removeprefix(indent))
        reason = _REASON.match(before)
        yield Block(page, number + 1, language, "\n".join(content), reason and reason[1])
        before = ""
