"""JSON that a command line names."""

from pathlib import Path

import pytest

from aircher_cli.commands.inputs.json_input import parse_json, read_json, type_name
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream


def context_of(stdin: bytes = b"") -> Context:
    return Context(Console(None, None, {}), {}, Stream(stdin))


def test_where_json_may_stand(tmp_path: Path) -> None:
    """In a file, on standard input, or on the command line; messages know the place."""
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf[1]")  # with the mark that Windows puts there
    for context, word, place, value in (
        (context_of(), str(tmp_path / "x.json"), f"{tmp_path}/x.json", [1]),
        (context_of(b'{"a": 2}'), "-", "standard input", {"a": 2}),
        (context_of(), ' {"a": 3}', "--schema", {"a": 3}),
        (context_of(), "[]", "--schema", []),
    ):
        given = read_json(context, word, "--schema")
        assert (given.source, given.value) == (place, value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n "b" 2}', "x.json:2:6: not JSON: Expecting ':' delimiter"),
        ("{", "x.json:1:2: not JSON: "),
        ("[1] 2", "x.json:1:5: not JSON: Extra data"),
        ('{"a": NaN}', "x.json: not JSON: NaN is not a JSON value"),
        ('"\\ud800"', "x.json: invalid \\u escape: a lone surrogate"),
        ("[" * 100_000, "x.json: nested too deeply"),
        ("9" * 5000, "x.json: not JSON: "),
    ],
)
def test_what_is_no_json(text: str, expected: str) -> None:
    """With line and column where there are any; what Python alone takes is refused."""
    with pytest.raises(CommandFailed) as caught:
        parse_json(text, "x.json")
    assert caught.value.message.startswith(expected)


def test_what_is_no_utf_8(tmp_path: Path) -> None:
    """The line is reported."""
    (tmp_path / "x.json").write_bytes(b'{\n"a": "caf\xe9"}')
    with pytest.raises(CommandFailed, match=r"x\.json:2: JSON must be UTF-8"):
        read_json(context_of(), str(tmp_path / "x.json"), "--tools")


def test_a_whole_escaped_pair_is_a_character() -> None:
    """Only halves are refused."""
    assert parse_json('"\\ud83d\\ude00"', "x").value == "\U0001f600"


def test_kinds_in_words() -> None:
    """As JSON calls them, not as Python does."""
    values = ({}, [], "", True, 1, 1.5, None)
    assert [type_name(value) for value in values] == [
        "an object",
        "a list",
        "a string",
        "true or false",
        "a number",
        "a number",
        "null",
    ]
