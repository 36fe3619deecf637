"""Tables in an answer."""

import re

import pytest

from aircher_cli.render.answer.answer import MAX_ROWS, AnswerRenderer
from aircher_cli.render.answer.tables import split_row, table_text

ROWS = ["| Name | Price | 说明 |", "|:--|--:|:-:|", "| tea | **9** | 绿 |", "| a\\|b | `10` |"]


def plain(text: str | None) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", text or "").split("\n")


def test_columns_are_aligned() -> None:
    """As the marks under the heading say; a row may have fewer cells."""
    assert plain(table_text(ROWS, 80)) == [
        "Name  Price  说明",
        "----  -----  ----",
        "tea       9   绿",
        "a|b      10",
    ]


def test_the_heading_is_bold() -> None:
    """And markup in a cell is what it is elsewhere."""
    shown = table_text(ROWS, 80) or ""
    assert shown.startswith("\x1b[1mName\x1b[0m")
    assert "\x1b[1m9\x1b[0m" in shown


def test_cells_are_wrapped_where_the_terminal_is_narrow() -> None:
    """The widest columns first."""
    rows = ["| What | Why |", "|---|---|", "| tea | because it is warm and green |"]
    assert plain(table_text(rows, 24)) == [
        "What  Why",
        "----  -----------------",
        "tea   because it is",
        "      warm and green",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        ["| a | b |"],
        ["| a | b |", "| c | d |"],
        ["| a | b |", "|---|"],
        ["|".join(["", *["long words"] * 9, ""]), "|".join(["", *["---"] * 9, ""])],
    ],
)
def test_what_is_no_table_or_does_not_fit(rows: list[str]) -> None:
    """It is shown as lines."""
    assert table_text(rows, 40) is None


def test_cells_of_a_row() -> None:
    """With and without the outer bars."""
    assert split_row("| a | b |") == split_row("a|b") == ["a", "b"]
    assert split_row("|  | b |") == ["", "b"]


def test_a_table_is_shown_when_it_has_ended() -> None:
    """By another line, or with the answer."""
    renderer = AnswerRenderer(lambda: 40, has_styles=True)
    assert renderer.feed("| a |\n|---|\n| b |\n") == ""
    assert plain(renderer.feed("\n")) == ["a", "-", "b", "", ""]
    assert renderer.feed("| a |\n|---|\n| b") == ""
    assert plain(renderer.finish()) == ["a", "-", "b"]


def test_lines_that_are_no_table_stay_as_they_are() -> None:
    """A bar may begin a line of text."""
    renderer = AnswerRenderer(lambda: 40, has_styles=True)
    assert renderer.feed("|x| is absolute\nNo ") == "|x| is absolute\nNo"


def test_a_very_long_table_is_shown_in_parts() -> None:
    """Memory and patience are bounded."""
    renderer = AnswerRenderer(lambda: 40, has_styles=True)
    printed = renderer.feed("| a |\n|---|\n" + "| b |\n" * (MAX_ROWS + 5))
    assert len(plain(printed)) == MAX_ROWS + 1
    assert plain(renderer.finish()) == ["| b |"] * 7 + [""]
