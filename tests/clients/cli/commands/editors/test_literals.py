"""Texts in the languages of settings, whatever they are made of."""

import json
import shlex
import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.editors.literals import (
    Code,
    elisp_symbol,
    elisp_text,
    json_block,
    lua,
    lua_text,
    quoted,
    shell_text,
    vim_text,
)

TEXTS = st.text(st.characters(blacklist_categories=("Cs",)))


@given(TEXTS)
def test_toml_has_the_same_text(text):
    """Control characters included."""
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}


@given(st.text(st.characters(codec="ascii", exclude_categories=("Cc",))))
def test_yaml_and_shells_have_the_same_text(text):
    """As names of models are."""
    assert yaml.safe_load(f"a: {quoted(text)}") == {"a": text}
    assert shlex.split(f"x {shell_text(text)}") == ["x", text]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('a"b\\', '"a\\"b\\\\"'),
        ("two\nlines\x7f", '"two\\010lines\\127"'),
        ("x\x001", '"x\\0001"'),
    ],
)
def test_texts_of_lua(value, expected):
    """Escapes are decimal, with three digits."""
    assert lua_text(value) == expected


def test_tables_of_lua():
    """Names are quoted where Lua wants it; code stays code."""
    table = {"a": [1, "x"], "end": True, "b/c": {}, "f": Code("function()\n  go()\nend")}
    assert lua(table) == (
        '{\n  a = {\n    1,\n    "x",\n  },\n  ["end"] = true,\n  ["b/c"] = {},\n'
        "  f = function()\n    go()\n  end,\n}"
    )


def test_emacs_and_vim():
    """Symbols escape all that is no plain letter; Vim doubles a quote."""
    assert elisp_text('a"\\') == '"a\\"\\\\"'
    assert elisp_symbol("llama3:8b (x)") == "llama3:8b\\ \\(x\\)"
    assert elisp_symbol("") == "##"
    assert elisp_symbol("1") == "\\1"
    assert vim_text("it's") == "'it''s'"


def test_json_is_readable():
    """Two spaces, and letters of all languages as they are."""
    assert json_block({"a": ["é"]}) == json.dumps({"a": ["é"]}, indent=2, ensure_ascii=False)
