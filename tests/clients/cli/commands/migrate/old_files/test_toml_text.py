"""TOML of damaged files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.migrate.old_files.toml_text import parse_toml
from helpers.old_aircher.samples import FORM_A


def test_a_good_file_is_read_whole():
    """Without damage there is no note."""
    parsed = parse_toml(b"\xef\xbb\xbf[a]\nb = 1\n", "f")
    assert (parsed.table, parsed.is_partial, parsed.notes) == ({"a": {"b": 1}}, False, [])


@pytest.mark.parametrize(
    ("text", "table", "line", "rest"),
    [
        ('[a]\nx = 1\n[b]\ny = "cut', {"a": {"x": 1}}, 4, "line 3"),
        ("[a]\nx = 1\n[a]\ny = 2\n[c]\nz = 3\n", {"a": {"x": 1}}, 3, "line 3"),
        ("[a]\nx = 1\n[b", {"a": {"x": 1}}, 3, "line 3"),
    ],
)
def test_the_sections_before_the_damage_are_read(text, table, line, rest):
    """A damaged section is left out whole, and everything behind it."""
    parsed = parse_toml(text.encode(), "f")
    assert parsed.table == table
    assert parsed.is_partial
    (note,) = parsed.notes
    assert (note.kind, note.file, note.line) == ("problem", "f", line)
    assert rest in note.message


@pytest.mark.parametrize("text", ["x = = 1", "[a", "\0", "x = " + "[" * 5000, f"{'a.' * 500}a = 1"])
def test_nothing_readable(text):
    """A file without a readable section gives nothing, and says so."""
    parsed = parse_toml(text.encode(), "f")
    assert parsed.table == {}
    assert "nothing before this line could be read" in parsed.notes[0].message


def test_bytes_that_are_not_utf8_are_replaced():
    """The line is named, and the rest of the file is read."""
    parsed = parse_toml(b'[a]\nx = "\xfc"\ny = 1\n', "f")
    assert parsed.table == {"a": {"x": "\ufffd", "y": 1}}
    assert not parsed.is_partial
    assert parsed.notes[0].line == 2


@given(st.integers(0, len(FORM_A)))
def test_every_truncation_is_read(length):
    """Wherever a file is cut, its beginning is read without an error."""
    table = parse_toml(FORM_A[:length].encode(), "f").table
    assert set(table) <= {"global", "providers", "hosts", "ui", "database"} | {
        "intelligence",
        "cost",
        "multi_provider",
    }


@given(st.binary(max_size=200))
def test_every_content_is_read(data):
    """No content raises an error."""
    parse_toml(data, "f")
