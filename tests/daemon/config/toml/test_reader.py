import pytest

from aircherd.config.toml.reader import read_toml
from helpers.config_problems import problem, refused


def test_toml_is_read() -> None:
    """With or without the mark that some editors put first."""
    assert read_toml("\ufeffa = 1", file="c") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\nfoo", 2, "without its value"),
        ("\nx y = 1\n", 2, "without its value"),
        ("a = 1\n\nb = work\nc = 2", 3, "text goes in quotes"),
        ("b = ", 1, "text goes in quotes"),
        ('a = 1\nb = "x\nc = 1\n', 2, "closing quote"),
        ("a = 1\nb = 'x", 2, "closing quote"),
        ('a = 1\nb = """x\n\n\n', 2, "closing quote"),
        ("a = [\n1,\n2\n\nb = 3\n", 5, "the entry begins in line 1"),
        ("\na = [\n1,\n2,\n", 2, "a list is not closed"),
        ("\na = [\n1,\n\nb = 3", 5, "a list is not closed"),
        ("a = 1\na = 2", 2, "given twice"),
        ("[a]\nb = 1\n[a]\n", 3, "given twice"),
        ("a = { b = 1, b = 2 }", 1, "given twice"),
        ("a = { b = 1\n}", 1, "braces are not closed"),
        ("\n[a\nb = 1", 2, "write [section]"),
        ('a = "c:\\dir"', 1, "lone backslash"),
        ("= 3", 1, "neither a [section] nor an entry"),
        ('a = "b" c', 1, "follows the end"),
        ("a = 1 # \x02", 1, "control character"),
        ("a = 1\nb = " + "[" * 5000, 2, "brackets within brackets"),
        ("a = 1\nb" + ".b" * 5000 + " = 1", 2, "16 dots"),
        ("a = 1\nb = " + "9" * 5000, 2, "not valid TOML"),
    ],
)
def test_what_is_not_toml_is_told_in_plain_words(text: str, line: int, message: str) -> None:
    """The line is where the reader gave up, or where an entry without an end begins."""
    found = problem(text)
    assert (found[0], found[1]) == (line, "")
    assert message in found[2]


@pytest.mark.parametrize(
    "line",
    [
        "token = CANARY.................",
        "api_key = CANARY-1",
        "foo = sk-ant-CANARY",
        "sk-ant-CANARY",
        '"token" = CANARY',
    ],
)
def test_a_key_in_a_broken_line_is_not_helped_into_quotes(line: str) -> None:
    """The hint is to take it out, and it is not repeated."""
    error = refused(f"a = 1\n{line}\n")
    assert "line 2" in error.message
    assert "aircher-cli auth login" in error.message
    assert "CANARY" not in repr(error)
    assert error.__context__ is None
