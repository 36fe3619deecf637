"""The pictures of the documentation can be made from the program, and show what they should."""

import re
import xml.etree.ElementTree as ET
from collections import defaultdict

import pytest

from helpers.docs.blocks import DOCS, pages, read
from helpers.pictures import editors, scenes
from helpers.pictures.every_scene import SCENES
from helpers.pictures.svg import draw
from helpers.pictures.terminal import Screen, pyte

FOLDER = DOCS / "pictures"
LARGEST = 60_000
"""Bytes of a picture."""

IMAGE = r"!\[([^]]*)\]\([^)]*pictures/{}\.svg\)"

AGAIN = "the picture is of an earlier program: run docs/pictures/make.py, and look at it"

SVG = "{http://www.w3.org/2000/svg}"

SHOWS = {
    "demo": [
        "Ask. 'demo' is an alias",
        "refused the key (HTTP 401)",
        "trying beta/gpt-5.5",
        "beta/gpt-5.5 (key default) answered after",
    ],
    "emacs-chat": [
        "## You",
        "What is an extmark?",
        "openai is rate limited; anthropic answers",
        "anthropic/claude-sonnet-5",
        "C-c C-c : send",
    ],
    "emacs-rewrite": [
        "1 of 2",
        "- return result",
        "+ return sum(order.price for order in orders if order.paid",
        "a: accept",
        "openai/gpt-5.5",
    ],
    "first-run": [
        "No provider is signed in yet",
        "Use the key in OPENAI_API_KEY",
        "Sign in to anthropic",
        "aircher-cli auth import",
    ],
    "neovim-chat": [
        "## You",
        "What is an extmark?",
        "openai is rate limited; anthropic answers",
        "anthropic/claude-sonnet-5",
    ],
    "neovim-edit": [
        "return result",
        "return sum(order.price for order in orders if order.paid)",
        "2 hunks: ga accepts",
    ],
    "picker": [
        "17 of 17",
        "anthropic ✓ ready",
        "⚠ gpt-5.5",
        "gemini ✗ refused",
        "ollama ⌂ local",
        "claude-sonnet-5",
        "$2/$10",
        "then",
        "→ openai → ollama",
        "ready: the key works",
        "$1.80 of $5.00 used",
        "openai/gpt-5.5: rate limit",
        "Enter choose",
    ],
    "status": [
        "aircherd",
        "✓ anthropic ready",
        "✓ openai ready",
        "⚠ gpt-5.5",
        "rate limit reached (HTTP 429)",
        "✗ gemini refused",
        "sign in again: aircher-cli auth login gemini",
        "main: anthropic/claude-sonnet-5",
        "anthropic: 5.00 USD a day",
    ],
}
"""Name of a picture -> what it must show."""


def lines_of(svg: str) -> list[str]:
    """Return the text of a picture, line by line, as a reader selects it."""
    lines: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for element in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314 - our own file
        lines[float(element.attrib["y"])].append((float(element.attrib["x"]), element.text or ""))
    return [" ".join(text for _, text in sorted(lines[y])) for y in sorted(lines)]


def check(name: str, svg: str) -> None:
    """Check what every picture must have, and what this one must show.

    Browsers make one space of several, and stretch the rest to the width of all.
    """
    assert len(svg.encode()) < LARGEST
    assert re.findall(r"(?:href|src|url|@import)\b", svg) == []
    assert re.findall(r">(?: [^<]*|[^<]*  [^<]*|[^<]* )</text>", svg) == []
    shown = "\n".join(lines_of(svg))
    assert [text for text in SHOWS[name] if text not in shown] == []
    assert "canary" not in svg
    assert "/tmp" not in svg


def check_made_again(name: str, svg: str) -> None:
    """Check a picture that was just made, and that the one in the documentation has its words.

    Numbers differ from run to run, for example on a machine that is slow.
    """
    check(name, svg)
    assert _words(svg) == _words((FOLDER / f"{name}.svg").read_text()), AGAIN


def _words(svg: str) -> list[list[str]]:
    """Return the words and the signs of states of each line that has any."""
    words = [re.findall(r"[A-Za-z]{3,}|[✓⚠✗○⌂]", line) for line in lines_of(svg)]
    return [line for line in words if line]


def test_every_picture_has_a_scene() -> None:
    """None is made by hand, and each has something that it must show."""
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(SCENES) == set(SHOWS)


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_is_in_a_page(name: str) -> None:
    """With what it shows in words, for those who cannot see it."""
    found = [alt for page in pages() for alt in re.findall(IMAGE.format(name), read(page))]
    assert found
    assert all(len(alt.split()) > 5 for alt in found)


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_in_the_documentation_shows_what_it_should(name: str) -> None:
    """It was made with a program that said so."""
    check(name, (FOLDER / f"{name}.svg").read_text())


@pytest.mark.secret_service
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", scenes.SCENES)
def test_a_picture_can_be_made_again(name: str) -> None:
    """The program of today shows the same as the one in the documentation."""
    check_made_again(name, SCENES[name]().svg)


IN_EDITORS = [
    pytest.param(name, marks=getattr(pytest.mark, name.partition("-")[0]))
    for name in editors.SCENES
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", IN_EDITORS)
def test_a_picture_of_an_editor_can_be_made_again(name: str) -> None:
    """So does the client of today, in the real editor."""
    check_made_again(name, SCENES[name]().svg)


def test_a_picture_has_the_styles_of_the_screen() -> None:
    """Colours, bold and dimmed text, a ground, wide characters, and text that XML would read."""
    screen = Screen(20, 2)
    pyte.Stream(screen).feed(
        "\x1b[1;31mred\x1b[0m \x1b[2mdim\x1b[0m <&>\r\n\x1b[7m漢\x1b[0m \x1b[38;2;1;2;3mrgb 17"
    )
    svg = draw(screen, "a <title>", range(2), {r"rgb \d+": "rgb 9"})
    wide = next(line for line in svg.splitlines() if "漢" in line)
    assert 'textLength="16.8"' in wide
    assert lines_of(svg) == ["a <title>", "red dim <&>", "漢 rgb 9"]
    assert 'class="c' in svg
    assert "#f07178" in svg
    assert "#8b919e" in svg
    assert "#010203" in svg
    assert "<rect class=" in svg
