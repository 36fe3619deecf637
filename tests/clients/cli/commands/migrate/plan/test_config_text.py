"""The new configuration as text."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.migrate.plan.config_text import (
    MARKER,
    config_text,
    header,
    is_unchanged,
    toml_value,
)
from aircher_cli.commands.migrate.plan.sections import Section

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    st.one_of(
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9),
        TEXT,
        st.lists(TEXT, max_size=4),
    )
)
def test_every_value_is_read_back(value):
    """TOML reads the same value and the same type."""
    read = tomllib.loads(f"x = {toml_value(value)}")["x"]
    assert read == value
    assert type(read) is type(value)


@given(st.lists(TEXT, min_size=1, max_size=3))
def test_every_header_is_read_back(parts):
    """Names that need quotes get them."""
    table = tomllib.loads(header(*parts))
    for part in parts:
        table = table[part]
    assert table == {}


def test_text():
    """Each value has a comment that says where it came from; the text has no date."""
    top, section = Section(""), Section("[providers.x]", comments=["Team\nproxy"])
    top.add("default_model", "x/m", "[global]")
    section.add("kind", "openai")
    text = config_text([top, section], "~/.aircher/config.toml")
    assert text.startswith(f"{MARKER}\n# A later run may replace this file")
    assert "\n# Made from ~/.aircher/config.toml. " in text
    assert text.endswith(
        '\ndefault_model = "x/m"  # [global]\n\n# Team?proxy\n[providers.x]\nkind = "openai"\n'
    )


@pytest.mark.parametrize("value", [0.0, 1e-9, 123456789.5])
def test_numbers_have_no_exponent(value):
    """An amount is written as people write it."""
    assert "e" not in toml_value(value)


def test_changes_are_recognised():
    """A later run must not undo what the user changed, even in a comment."""
    text = config_text([Section("[x]")], "old")
    assert is_unchanged(text)
    assert not is_unchanged(text + "# mine\n")
    assert not is_unchanged(text.replace("old", "new"))
    assert not is_unchanged("")
