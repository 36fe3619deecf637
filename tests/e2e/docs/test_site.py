"""The documentation is a site that two builders make, and reads well on a forge without either."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.docs.renderings import on_a_forge, on_the_site
from helpers.docs_commands import DOCS

ROOT = DOCS.parent
CONFIG = ".mkdocs.yml"
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))

THEMES = {"mkdocs": "mkdocs", "zensical": "zensical"}
"""Builder -> the theme of its own that it uses."""

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1", re.MULTILINE | re.DOTALL)
LOADED = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=["'](https?:)?//""")

CODE = re.compile(r"<(pre|code)\b.*?</\1>|<!--.*?-->", re.DOTALL)
UNRENDERED = re.compile(r"\|---|```|\]\(")
"""Tables, blocks and links of Markdown that a builder has left as they are."""

RUN_ON = re.compile(r"^\|.*\n(?!\||<!--)\S.*", re.MULTILINE)
"""A table without an empty line after it: what follows is one more row, for all readers."""

DARK = 'data-md-color-media="(prefers-color-scheme: dark)" data-md-color-scheme="slate"'

THEME_MARKUP = re.compile(
    r"^(?:!!!|\?\?\?|===|:::) |^\[TOC\]|\{: |:(?:material|octicons)-|--8<--", re.MULTILINE
)
"""What only some builders understand: admonitions, tabs, attributes, icons, snippets."""


def _copy(target: Path) -> Path:
    """Copy what the builders read to `target`."""
    shutil.copytree(DOCS, target / "docs")
    shutil.copy(ROOT / CONFIG, target)
    return target


def _build(builder: str, root: Path) -> "subprocess.CompletedProcess[str]":
    """Build the site of `root` with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-m", builder, "build", "--strict", "--config-file", CONFIG],
        cwd=root,
        env={**os.environ, "DOCS_THEME": THEMES[builder]},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("builder", THEMES)
def test_the_site_builds(builder: str, tmp_path: Path) -> None:
    """Without a warning, with every page, and without anything from another host."""
    done = _build(builder, _copy(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    for page in PAGES:
        folder = tmp_path / "site" / page.removesuffix("index.md").removesuffix(".md")
        html = (folder / "index.html").read_text()
        assert LOADED.search(html.replace("https://zensical.org/", "")) is None, page
        assert UNRENDERED.search(CODE.sub("", html)) is None, page
        assert builder != "zensical" or DARK in html


@pytest.mark.parametrize("builder", THEMES)
def test_a_dead_link_fails(builder: str, tmp_path: Path) -> None:
    """Both builders name it, whether the page or only the section is missing."""
    root = _copy(tmp_path)
    dead = ("gone.md", "install.md#gone")
    text = "\n".join(f"[a link]({link})" for link in dead)
    (root / "docs" / "index.md").write_text(f"# aircher\n\n{text}\n")
    done = _build(builder, root)
    assert done.returncode != 0
    shown = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    for link in dead:
        assert f"a link]({link})" in shown or f"'{link}'" in shown


def test_a_page_outside_the_navigation_fails(tmp_path: Path) -> None:
    """So does one that the navigation names and that does not exist."""
    root = _copy(tmp_path)
    (root / "docs" / "stray.md").write_text("# A page\n")
    assert "stray.md" in _failure(root)
    (root / "docs" / "stray.md").unlink()
    (root / "docs" / "install.md").rename(root / "docs" / "renamed.md")
    assert "install.md" in _failure(root)


def _failure(root: Path) -> str:
    done = _build("mkdocs", root)
    assert done.returncode != 0
    return done.stdout + done.stderr


OUTSIDE = [
    *("README.md", "CHANGELOG.md", "tests/protocol/README.md", "clients/nvim/README.md"),
    *("clients/emacs/README.md", "clients/vscode/README.md", "tests/protocol/chats/README.md"),
]
"""Pages that are read on a forge only."""


@pytest.mark.parametrize("page", [*(f"../{page}" for page in OUTSIDE), *PAGES])
def test_links_work_on_a_forge(page: str) -> None:
    """Each relative link leads to a file, and each anchor to a heading as a forge names it."""
    file = (DOCS / page).resolve()
    for link in LINK.findall(FENCE.sub("", file.read_text())):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert not anchor or anchor in _forge_anchors(target.read_text()), link


def test_each_page_is_two_clicks_away() -> None:
    """The README or the index of all pages, which it links, names it: a forge has no navigation."""
    near = {"index.md"}
    for page in (DOCS / "index.md", ROOT / "README.md"):
        links = LINK.findall(FENCE.sub("", page.read_text()))
        paths = [(page.parent / link.partition("#")[0]).resolve() for link in links]
        near |= {path.relative_to(DOCS).as_posix() for path in paths if path.is_relative_to(DOCS)}
    assert set(PAGES) - near == set()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_plain_markdown(page: str) -> None:
    """It has one title, at its top, no section twice, and no markup of one renderer alone.

    A fenced block within a list is one: MkDocs shows it as text. A heading that begins with a digit
    is one too: its anchor is no CSS selector, on which the script of MkDocs' own theme stops.
    """
    text = FENCE.sub("", (DOCS / page).read_text())
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(sections) == len(set(sections))
    assert THEME_MARKUP.findall(text) == []
    assert re.findall(r"^#+ \W*\d.*", text, re.MULTILINE) == []
    assert re.findall(r"^ +```", (DOCS / page).read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("page", [*(f"../{page}" for page in OUTSIDE), *PAGES])
def test_a_page_reads_the_same_on_a_forge(page: str) -> None:
    """The same lists, tables, code and text, and no line of text has become a row of a table."""
    text = (DOCS / page).read_text()
    assert on_a_forge(text) == on_the_site(text)
    assert RUN_ON.findall(FENCE.sub("", text)) == []


def _forge_anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as forges make them."""
    anchors: set[str] = set()
    for heading in re.findall(r"^#{1,6} (.+)$", FENCE.sub("", text), re.MULTILINE):
        plain = LINK.sub(lambda found: found[0][1:].partition("]")[0], heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = 1
        unique = name
        while unique in anchors:
            unique = f"{name}-{count}"
            count += 1
        anchors.add(unique)
    return anchors


NAMED_FILE = re.compile(r"`((?:[\w-]+/)+[\w-]+\.(?:py|md|toml|service|socket)|(?:[\w-]+/){2,})`")
TOPS = ("clients", "daemon", "docs", "systemd", "tests")
ABOUT_THE_CODE = ("adding-a-provider.md", "architecture.md", "contributing.md")


@pytest.mark.parametrize("page", ABOUT_THE_CODE)
def test_a_file_of_the_repository_exists(page: str) -> None:
    """A page about the code names no file that was moved; `quill` is invented."""
    files = [f"/{path.relative_to(ROOT)}" for top in TOPS for path in (ROOT / top).rglob("*")]
    named = set(NAMED_FILE.findall((DOCS / page).read_text()))
    assert named
    gone = [name for name in named if not any(f"/{name}" in f"{file}/" for file in files)]
    assert [name for name in gone if "quill" not in name and not name.startswith("homes/")] == []
