"""What is wrong with a configuration, in lines."""

import pytest

from aircher_cli.render.problems import problem_lines


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ({"file": "c", "line": 3, "message": "m", "hint": "h"}, "c:3: m (h)"),
        ({"file": "c", "message": "m"}, "c: m"),
        ({"message": "m"}, "m"),
        (
            {"file": "c", "line": 1, "message": "m, did you mean x?", "hint": "x"},
            "c:1: m, did you mean x?",
        ),
        ({}, "is wrong"),
    ],
)
def test_problem_line(problem: dict[str, object], expected: str) -> None:
    """file:line: message (hint), without what is not known and without saying a thing twice."""
    assert problem_lines([problem]) == [expected]
