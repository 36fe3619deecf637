"""The syntax of the environment file."""

import pytest

from aircherd.auth.variables.assignments import parse_assignments


def parsed(text):
    found = parse_assignments(text)
    values = {name: secret.reveal() for name, secret in found.variables.items()}
    return values, [(problem.line, problem.message) for problem in found.problems]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("A=1", {"A": "1"}),
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("# A=1\n; B=2\n\n  C=3", {"C": "3"}),
        ("# ends with \\\nA=1\n", {"A": "1"}),
        ("A=1 # not a comment\n", {"A": "1 # not a comment"}),
        (" A = one two  \r\nB=\n", {"A": "one two", "B": ""}),
        ("A='one $two \"'\n", {"A": 'one $two "'}),
        ('A="one \\" \\\\ \\$ \\x"\n', {"A": 'one " \\ $ \\x'}),
        ("A='one'\"two\"three\n", {"A": "onetwothree"}),
        ("A=one'two'\n", {"A": "one'two'"}),
        ('A="one\ntwo"\nB=3\n', {"A": "one\ntwo", "B": "3"}),
        ('A="one\\\ntwo"\n', {"A": "onetwo"}),
        ("A=one\\\ntwo\nB=3\n", {"A": "onetwo", "B": "3"}),
        ("A=one\\ \nB=a\\=b", {"A": "one ", "B": "a=b"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("A='open\nB=2\n", {"A": "open\nB=2\n"}),
        ("A=1\\", {"A": "1"}),
        ("_a9=ü\n", {"_a9": "ü"}),
    ],
)
def test_assignments_are_read_as_systemd_reads_them(text, values):
    """Comments, quotes, escapes and continued lines."""
    assert parsed(text) == (values, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export A=canary\n", "must not begin with `export`: write NAME=value"),
        ("canary\n", "is not NAME=value"),
        ("9A=canary\n", "has no valid name before the `=`: write NAME=value"),
        ("=canary\n", "has no valid name before the `=`: write NAME=value"),
        ("A B=canary\n", "has no valid name before the `=`: write NAME=value"),
        ("Ä=canary\n", "has no valid name before the `=`: write NAME=value"),
        ("A=can\0ary\n", "contains a NUL character"),
    ],
)
def test_ignored_line_is_reported_without_its_content(text, message):
    """It may be a key; the other lines count."""
    assert parsed(f"B=1\n\n{text}C=2\n") == ({"B": "1", "C": "2"}, [(3, message)])


def test_line_of_a_problem_after_a_continued_value():
    """Lines are those of the file, not the assignments."""
    assert parsed('A="1\n2"\nexport B=3')[1][0][0] == 3
