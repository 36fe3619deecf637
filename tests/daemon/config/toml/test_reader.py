import pytest

from aircherd.config.toml.reader import read_toml
from helpers.config_problems import problem, refused


def test_toml_is_parsed() -> None:
    """A byte order mark is ignored."""
    assert read_toml("\ufeffa = 1", file="c") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\nfoo", 2, "has no value"),
        ("\nx y = 1\n", 2, "has no value"),
        ("a = 1\n\nb = work\nc = 2", 3, "strings need quotes"),
        ("b = ", 1, "strings need quotes"),
        ('a = 1\nb = "x\nc = 1\n', 2, "closing quote"),
        ("a = 1\nb = 'x", 2, "closing quote"),
        ('a = 1\nb = """x\n\n\n', 2, "closing quote"),
        ("a = [\n1,\n2\n\nb = 3\n", 5, "the entry starts in line 1"),
        ("\na = [\n1,\n2,\n", 2, "a list is not closed"),
        ("\na = [\n1,\n\nb = 3", 5, "a list is not closed"),
        ("a = 1\na = 2", 2, "defined twice"),
        ("[a]\nb = 1\n[a]\n", 3, "defined twice"),
        ("a = { b = 1, b = 2 }", 1, "defined twice"),
        ("a = { b = 1\n}", 1, "braces are not closed"),
        ("\n[a\nb = 1", 2, "write [section]"),
        ('a = "c:\\dir"', 1, "lone backslash"),
        ("= 3", 1, "neither a [section] nor an entry"),
        ('a = "b" c', 1, "after the end"),
        ("a = 1 # \x02", 1, "control character"),
        ("a = 1\nb = " + "[" * 5000, 2, "nested more than 8 deep"),
        ("a = 1\nb" + ".b" * 5000 + " = 1", 2, "16 dots"),
        ("a = 1\nb = " + "9" * 5000, 2, "not valid TOML"),
    ],
)
def test_invalid_toml_has_a_readable_message(text: str, line: int, message: str) -> None:
    """The line is where the parser stopped, or where an unfinished entry starts."""
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
def test_key_in_an_invalid_line_gets_the_login_hint(line: str) -> None:
    """Not a hint to quote it; it is not repeated."""
    error = refused(f"a = 1\n{line}\n")
    assert "line 2" in error.message
    assert "aircher-cli auth login" in error.message
    assert "CANARY" not in repr(error)
    assert error.__context__ is None
