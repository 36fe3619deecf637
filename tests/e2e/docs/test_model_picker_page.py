"""docs/guide/model-picker.md has every key and every symbol of the picker."""

import re

import pytest

from aircher_cli.picker.screen.help_text import MARKS
from aircher_cli.picker.screen.keys import KEYS, OTHER_HELP
from aircher_cli.render.marks import Mark
from helpers.docs.blocks import read

PAGE = read("guide/model-picker.md")
KEY = re.compile(r"Ctrl-[A-Z]|F1|Tab|Enter|Esc|PgUp|PgDn|Home|End|Up|Down")
IN_CHAT = "Ctrl-K"  # opens the picker in `chat`
TABLE = PAGE.partition("## Keys")[2].partition("\n## ")[0]
HELP = [*((key.name, key.about) for key in KEYS), *OTHER_HELP]
NAMED = sorted({key for name, about in HELP for key in KEY.findall(f"{name} {about}")})


@pytest.mark.parametrize("mark", Mark, ids=lambda mark: mark.name)
def test_a_symbol_is_explained(mark: Mark) -> None:
    """With the same sentence as in the help of the picker."""
    about = dict(MARKS)[mark]
    assert f"| `{mark.symbol} {mark.word}` | {about} |" in PAGE


@pytest.mark.parametrize("key", NAMED)
def test_a_key_is_explained(key: str) -> None:
    """The table of keys has it."""
    assert key in KEY.findall(TABLE)


def test_no_other_key_is_named() -> None:
    """A key that was moved leaves the page."""
    assert [key for key in KEY.findall(PAGE) if key not in {*NAMED, IN_CHAT}] == []
