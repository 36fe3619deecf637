"""Columns and paragraphs, for any width."""

import shlex

import pytest

from aircher_cli.render.layout import (
    Line,
    columns,
    command_lines,
    fields,
    fit_middle,
    last_column_width,
    paragraph,
    wrap_hanging,
)

ROWS: list[Line] = [
    [("+", ""), ("openai", ""), ("default", ""), ("ok", "")],
    [("x", ""), ("ab", ""), ("", ""), ("", "")],
]


def in_columns(width: int, droppable: tuple[int, ...] = ()) -> list[str]:
    return [line for block in columns(ROWS, width, droppable) for line in shown(block)]


def shown(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_columns_align() -> None:
    """Cells are aligned, and no line has trailing spaces."""
    assert in_columns(80) == ["+ openai  default  ok", "x ab"]


def test_columns_are_dropped_in_the_given_order_until_they_fit() -> None:
    """The first droppable column is dropped first."""
    assert in_columns(21, droppable=(3, 2)) == ["+ openai  default", "x ab"]
    assert in_columns(12, droppable=(3, 2)) == ["+ openai", "x ab"]


def test_a_last_cell_that_is_too_long_wraps_in_its_column() -> None:
    """It wraps between words."""
    rows: list[Line] = [[("!", ""), ("ollama", ""), ("not required, unreachable", "bad")]]
    [block] = columns(rows, 25)
    assert shown(block) == ["! ollama  not required,", "          unreachable"]
    assert [line[-1][1] for line in block] == ["bad", "bad"]


def test_last_column_width() -> None:
    """A last cell of this width does not wrap."""
    assert last_column_width(ROWS, 22) == len("ok")
    assert in_columns(22) == ["+ openai  default  ok", "x ab"]
    assert last_column_width([[("+", ""), ("", ""), ("ok", "")]], 22) == 22 - 1 - len("+ ")


def test_no_rows() -> None:
    """Without rows there are no lines."""
    assert columns([], 80) == []


def test_paragraph_hangs_and_keeps_long_words_whole() -> None:
    """A path can be copied even if it is wider than the terminal."""
    path = "/a/very/long/path/to/some-file.toml"
    assert shown(paragraph(f"see {path} now", 22, indent="  ", hang="  ")) == [
        "  see",
        f"    {path}",
        "    now",
    ]


def test_fields_wrap_in_their_column() -> None:
    """Values that need two lines stay in their column."""
    pairs = [("a", "one two three four five six"), ("long", "x")]
    assert shown(fields(pairs, 30)) == ["a     one two three four five", "      six", "long  x"]


def test_hanging_keeps_the_indent_of_each_line() -> None:
    """Only lines that are too long wrap, with a further indent."""
    text = "short\n  this one is too long for it"
    assert wrap_hanging(text, 24) == "short\n  this one is too long\n    for it"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  ask hello", ["  ask hello"]),
        ("  ask -s 'be brief' hello", ["  ask -s 'be brief' \\", "      hello"]),
        ("  ask 'a question that is long'", ["  ask \\", "      'a question that is long'"]),
    ],
)
def test_a_command_is_broken_so_that_it_can_be_copied(line: str, expected: list[str]) -> None:
    """A shell reads the same words."""
    assert command_lines(line, 24) == expected
    joined = "\n".join(expected).replace("\\\n", "")  # as a shell does
    assert shlex.split(joined) == shlex.split(line)


@pytest.mark.parametrize(
    ("rows", "keeps_end", "expected"),
    [
        (None, False, "h 1 2 3 4 5 t"),
        (7, False, "h 1 2 3 4 5 t"),
        (6, False, "h 1 2 3 … t"),
        (5, True, "h … 4 5 t"),
        (3, False, "h … t"),
        (1, True, "h … t"),
    ],
)
def test_the_middle_is_cut(rows: int | None, *, keeps_end: bool, expected: str) -> None:
    """The header and the sum stay, and what is missing is counted."""
    body: list[Line] = [[(str(number), "")] for number in range(1, 6)]
    lines = fit_middle([[("h", "")]], body, [[("t", "")]], rows, keeps_end=keeps_end)
    found = ["".join(text for text, _ in line) for line in lines]
    assert [each.split()[0] for each in found] == expected.split()
    kept = sum(each.isdigit() for each in found)
    hidden = [each for each in found if each.startswith("…")]
    assert hidden == ([f"… {5 - kept} more lines"] if kept < 5 else [])
