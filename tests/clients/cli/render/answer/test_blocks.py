"""What a line is."""

import pytest

from aircher_cli.render.answer.blocks import (
    LineStart,
    ends_fence,
    fence_of,
    may_end_fence,
    read_start,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# Title", LineStart("heading", "# ", "", "", "title")),
        ("### Part", LineStart("heading", "### ", "", "", "heading")),
        ("#no", LineStart("text", "", "")),
        ("- item", LineStart("item", "- ", "- ", "  ")),
        ("* item", LineStart("item", "* ", "- ", "  ")),
        ("  10. item", LineStart("item", "  10. ", "  10. ", "      ")),
        ("-5 degrees", LineStart("text", "", "")),
        ("2026 was", LineStart("text", "", "")),
        ("**bold**", LineStart("text", "", "")),
        ("---", LineStart("rule", "", "", style="faint")),
        ("* * *", LineStart("rule", "", "", style="faint")),
        ("> said", LineStart("quote", "> ", "> ", "> ")),
        (">> # said", LineStart("quote", ">> # ", "> > ", "> > ", "title")),
        ("> - item", LineStart("quote", "> - ", "> - ", ">   ")),
        ("```python", LineStart("fence", "", "", style="faint")),
        ("~~~", LineStart("fence", "", "", style="faint")),
        ("```code``` in a line", LineStart("text", "", "")),
        ("| a | b |", LineStart("row", "", "", "  ")),
        ("  more", LineStart("text", "  ", "  ", "  ")),
        ("   ", LineStart("blank", "   ", "")),
        ("", LineStart("blank", "", "")),
    ],
)
def test_a_whole_line(line: str, expected: LineStart) -> None:
    """Its start says what it is, and how it is shown."""
    assert read_start(line, is_end=True) == expected


def test_an_indent_is_code_where_no_list_goes_on() -> None:
    """The caller knows that."""
    assert read_start("    x = 1", is_end=False, may_be_code=True) == LineStart("code", "", "")
    assert read_start("    more", is_end=False) == LineStart("text", "    ", "    ", "    ")


@pytest.mark.parametrize(
    "start",
    ["", " ", "#", "##", "# ", "-", "--", "- -", "*", "**", "1", "12.", "1. ", "`", "```py", ">"],
)
def test_what_is_not_decided_yet(start: str) -> None:
    """More of the line may change what it is."""
    assert read_start(start, is_end=False) is None
    assert read_start(start, is_end=True) is not None


@pytest.mark.parametrize("start", ["a", "#a", "-a", "**b", "1a", "1.5", "`a", "- a", "> a"])
def test_what_is_decided_early(start: str) -> None:
    """The rest of the line need not be waited for."""
    assert read_start(start, is_end=False) is not None


def test_the_end_of_a_block_of_code() -> None:
    """It has as many marks as its start, and nothing else."""
    assert fence_of("  ````md") == "````"
    assert fence_of("> ```") == "```"
    assert ends_fence("  ````", "````")
    assert ends_fence("> ```", "```")
    assert not ends_fence("```", "````")
    assert not ends_fence("```py", "```")
    assert may_end_fence("``", "```")
    assert not may_end_fence("x", "```")
