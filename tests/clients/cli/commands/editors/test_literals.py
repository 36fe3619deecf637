"""Texts in the languages of settings, whatever they are made of."""

import json
import random
import shlex
import subprocess
import tomllib
from pathlib import Path

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
from helpers.editors.emacs import find_emacs
from helpers.editors.neovim import QUIET, find_neovim

TEXTS = st.text(st.characters(blacklist_categories=("Cs",)))


@given(TEXTS)
def test_toml_has_the_same_text(text):
    """Control characters included."""
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"))).filter(
        str.isprintable
    )
)
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


HOSTILE = (
    '"]]--',
    "'); os.execute('x') --",
    "]]\\n",
    "\\",
    '\\"',
    "\\'",
    "%{system('x')}",
    "#.(shell-command x)",
    "#1=(#1#)",
    "?\\",
    ";x",
    "`,@x",
    "' | call system('x') | '",
    "\\<Esc>",
    "1e5",
    "-1.5",
    "+1",
    "1.e3",
    ".",
    "..",
    "nil",
    "##",
    "#_x",
    "#s(x)",
    "é/模型🙂",
    "${x}",
    "$(x)",
    "*x",
    "&x",
    "!x",
)


def _names() -> list[str]:
    """Return names as a server may list them: all that is printable, which the daemon lets in."""
    draw = random.Random(20)  # noqa: S311 -- the same names each time
    signs = [chr(code) for code in range(0x20, 0x7F)] + list("éß✓模🙂")
    made = ["".join(draw.choices(signs, k=draw.randint(1, 12))).strip() for _ in range(500)]
    return [*HOSTILE, *filter(None, made)]


def _lines_of(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, timeout=30, check=True)
    found: list[str] = json.loads(done.stdout.decode())
    return found


@pytest.mark.neovim
def test_neovim_reads_the_same_names(tmp_path: Path) -> None:
    """In Lua and in Vim script; what is in a name is never run."""
    names, script = _names(), tmp_path / "names.lua"
    table = lua(dict.fromkeys(names, True))
    vim = "\n".join(
        ["let g:names = []", *(f"call add(g:names, {vim_text(name)})" for name in names)]
    )
    (tmp_path / "names.vim").write_text(vim)
    script.write_text(
        f"vim.cmd('source {tmp_path}/names.vim')\n"
        f"local texts, keys = {lua(names)}, {table}\n"
        "for index, name in ipairs(texts) do\n"
        "  assert(keys[name] and vim.g.names[index] == name, name)\n"
        "end\n"
        "io.stdout:write(vim.fn.json_encode(texts))\n"
        "vim.cmd('qall!')\n"
    )
    neovim = find_neovim("debian")
    assert _lines_of(neovim, *QUIET, "-c", f"luafile {script}") == names


@pytest.mark.emacs
def test_emacs_reads_the_same_names(tmp_path: Path) -> None:
    """As texts and as symbols; what is in a name is never evaluated."""
    names, script = _names(), tmp_path / "names.el"
    texts, symbols = map(elisp_text, names), map(elisp_symbol, names)
    script.write_text(
        ";;; -*- lexical-binding: t; coding: utf-8 -*-\n"
        f"(let ((texts '({' '.join(texts)}))\n"
        f"      (symbols '({' '.join(symbols)})))\n"
        '  (unless (equal texts (mapcar #\'symbol-name symbols)) (error "Others"))\n'
        "  (send-string-to-terminal (json-serialize (vconcat texts))))\n"
    )
    assert _lines_of(find_emacs(), "-Q", "--batch", "-l", str(script)) == names
