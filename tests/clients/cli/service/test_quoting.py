"""Values in unit files."""

import pytest

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service.quoting import command_line, pattern, whole_value, word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/usr/bin/python3", "/usr/bin/python3"),
        ("/my tools/python", '"/my tools/python"'),
        ("/100%/python", '"/100%%/python"'),
        ('/a"b\\c', '"/a\\"b\\\\c"'),
        ("/müsli/python", '"/müsli/python"'),
        ("", '""'),
    ],
)
def test_a_word(text: str, expected: str) -> None:
    """Only what is special is quoted, so that the usual path stays readable."""
    assert expected == word(text)


def test_a_dollar_in_arguments_starts_no_variable() -> None:
    """It is doubled."""
    assert command_line("/bin/echo", "$HOME") == '/bin/echo "$$HOME"'


@pytest.mark.parametrize(
    ("program", "written"),
    [("/a$b/python", '"/a$$b/python"'), ("/a'b/python", '"/a\'b/python"')],
)
def test_a_program_that_systemd_would_refuse(program: str, written: str) -> None:
    """A shell starts it: as an argument its path may have any character."""
    shell = '/bin/sh -c "exec \\"$$0\\" \\"$$@\\""'
    assert command_line(program, "-P") == f"{shell} {written} -P"


@pytest.mark.parametrize(
    ("text", "expected"), [("/a b/c", "/a b/c"), ("/50%", "/50%%"), ("/a$b", "/a$b")]
)
def test_a_whole_value(text: str, expected: str) -> None:
    """Spaces need no quotes, and quotes would be a part of the value."""
    assert expected == whole_value(text)


def test_a_pattern() -> None:
    """An EnvironmentFile= is a pattern: what is special in it is escaped."""
    assert pattern("/a[1]*?/%") == "/a\\[1]\\*\\?/%%"


@pytest.mark.parametrize("text", ["/a\nb", "/a\tb", "/a\udcffb"])
@pytest.mark.parametrize("write", [word, whole_value, pattern, command_line])
def test_what_no_unit_can_hold_is_refused(write, text: str) -> None:
    """A newline would begin another setting; the message says what to do."""
    with pytest.raises(CommandFailed, match="Rename the directory"):
        write(text)


@pytest.mark.parametrize("text", ["/a ", " /a", "/a\\"])
def test_spaces_at_the_edges_are_refused(text: str) -> None:
    """Systemd would strip them, and a backslash at the end continues the line."""
    with pytest.raises(CommandFailed, match="rename the directory"):
        whole_value(text)
