"""Taking values out of an old file."""

import pytest

from aircher_cli.commands.migrate.old_files.old_config import OldConfig, OldProvider, Reader


@pytest.fixture
def config():
    return OldConfig("old.toml")


@pytest.mark.parametrize(
    ("method", "value", "read", "what"),
    [
        ("text", "x", "x", None),
        ("text", 3, "", "a string"),
        ("text", "a\ufffd", "", "bytes that are not UTF-8"),
        ("number", 3, 3.0, None),
        ("number", 2.5, 2.5, None),
        ("number", True, None, "a number"),
        ("number", float("inf"), None, "a number"),
        ("number", float("nan"), None, "a number"),
        ("number", 10**400, None, "a number"),
        ("whole", 3, 3, None),
        ("whole", 3.5, None, "a whole number"),
        ("whole", True, None, "a whole number"),
        ("flag", False, False, None),
        ("flag", "no", None, "true or false"),
        ("texts", ["a", "b"], ["a", "b"], None),
        ("texts", "a", [], "a list of strings"),
        ("texts", ["a", 1], [], "a list of strings"),
    ],
)
def test_values(config, method, value, read, what):
    """A value of another type counts as missing, and is a problem that names the entry."""
    found = getattr(Reader({"x": value}, "sec", config), method)("x")
    assert found == read
    if what is None:
        assert config.notes == []
    else:
        (note,) = config.notes
        assert (note.kind, note.subject, note.file) == ("problem", "[sec] x", "old.toml")
        assert what in note.message


def test_missing_values_are_no_problem(config):
    """What is not there is not reported."""
    reader = Reader({}, "", config)
    assert (reader.text("x"), reader.number("x"), reader.texts("x")) == ("", None, [])
    assert list(reader.section("x").sections()) == []
    assert reader.entries("x") == []
    assert config.notes == []


def test_sections_that_are_none_are_reported(config):
    """A value where a section should be is a problem, and the others are read."""
    reader = Reader({"a": {"x": 1}, "b": 3}, "", config)
    assert [name for name, _ in reader.sections()] == ["a"]
    assert [note.subject for note in config.notes] == ["[b]"]
    assert Reader({"l": [1]}, "", config).entries("l") == []


def test_a_provider_does_not_show_its_key():
    """The repr of a provider with a key in plain text has no key."""
    assert "sk-canary" not in repr(OldProvider("x", api_key="sk-canary"))
