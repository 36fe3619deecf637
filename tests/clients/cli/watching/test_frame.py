"""Lines cut to the height of a terminal."""

import pytest

from aircher_cli.render.layout import Line
from aircher_cli.watching.frame import HINT, fit_frame, room


def frame(count: int, *, rows: int, problem: str = "", columns: int = 80) -> list[str]:
    lines: list[Line] = [[(f"line {number}", "good")] for number in range(count)]
    fitted = fit_frame(lines, problem, columns, rows)
    return ["".join(text for text, _ in line) for line in fitted]


def test_what_fits_is_shown_with_a_hint() -> None:
    """A newcomer has to know how to leave."""
    assert frame(2, rows=12) == ["line 0", "line 1", "", HINT]


def test_what_does_not_fit_is_counted() -> None:
    """The last line says how much is below."""
    assert frame(12, rows=12)[8:] == ["line 8", "… 3 more lines", "", HINT]
    assert frame(11, rows=12)[8:] == ["line 8", "… 2 more lines", "", HINT]


@pytest.mark.parametrize("rows", [1, 2, 5, 9])
def test_a_low_terminal_has_no_hint(rows: int) -> None:
    """Its rows are for the content."""
    shown = frame(30, rows=rows)
    assert len(shown) == rows
    assert shown[-1] == f"… {30 - rows + 1} more lines"


def test_one_line_more_is_singular() -> None:
    """It cannot happen, as the note takes a line itself, unless there is one row."""
    assert frame(1, rows=1) == ["line 0"]


def test_a_problem_is_first_and_dims_the_rest() -> None:
    """What is below may be out of date."""
    fitted = fit_frame([[("fine", "good")]], "gone", 80, 24)
    assert fitted[:2] == [[("⚠ gone", "warn")], [("fine", "dim")]]


def test_a_problem_wraps_in_a_narrow_terminal() -> None:
    """It has to be read whole."""
    shown = frame(30, rows=12, columns=30, problem="the daemon stopped; waiting for the next one")
    assert shown[:2] == ["⚠ the daemon stopped; waiting", "  for the next one"]
    assert len(shown) == 12


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([("abcdefgh", "bold")], [[("abcde", "bold")], [("fgh", "bold")]]),
        ([("abc", ""), ("defgh", "dim")], [[("abc", ""), ("de", "dim")], [("fgh", "dim")]]),
        ([("限制モデル", "")], [[("限制", "")], [("モデ", "")], [("ル", "")]]),
        ([("abcde", "")], [[("abcde", "")]]),
    ],
)
def test_what_is_too_wide_goes_on_below(line: Line, expected: list[Line]) -> None:
    """The terminal would cut it; a Chinese character takes two cells."""
    assert fit_frame([line], "", 5, 5) == expected


def test_a_terminal_of_one_cell() -> None:
    """It shows something, without an error."""
    assert fit_frame([[("限制", "")], [("b", "")]], "gone", 1, 1)


@pytest.mark.parametrize("problem", ["", "the daemon stopped; waiting for the next one"])
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 15), (20, 5), (20, 2)])
def test_room_is_what_a_frame_has_for_its_lines(problem: str, columns: int, rows: int) -> None:
    """A view that fills it is not cut."""
    size = room(problem, columns, rows)
    shown = frame(size, rows=rows, problem=problem, columns=columns)
    assert f"line {size - 1}" in shown
    shown = frame(size + 1, rows=rows, problem=problem, columns=columns)
    assert [line for line in shown if line.startswith("… ")] == ["… 2 more lines"]
