"""Texts and tables as the languages of settings have them. Names of models come from servers."""

import json
import re
from collections.abc import Mapping, Sequence

_LUA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LUA_WORDS = frozenset(
    (  # noqa: SIM905 -- a list of words
        "and break do else elseif end false for function goto if in local nil not or repeat return "
        "then true until while"
    ).split()
)
_ELISP_SPECIAL = re.compile(r"[^A-Za-z0-9_/.:@+*=<>-]")
_ELISP_NUMBER = re.compile(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INDENT = "  "


class Code(str):
    """A piece of Lua that is no text, such as a function."""

    __slots__ = ()


def json_block(value: object) -> str:
    """Return JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def quoted(value: str) -> str:
    """Return a text for TOML or YAML, which take what JSON has."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def lua_text(value: str) -> str:
    """Return a string of Lua 5.1: control characters as decimal numbers."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    escaped = _CONTROL.sub(lambda found: f"\\{ord(found[0]):03}", escaped)
    return f'"{escaped}"'


def lua(value: object, depth: int = 0) -> str:
    """Return a value of Lua, a table over several lines."""
    if isinstance(value, Code):
        return value.replace("\n", f"\n{_INDENT * depth}")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        fields = [f"{_lua_key(str(key))} = {lua(each, depth + 1)}" for key, each in value.items()]
        return _lua_table(fields, depth)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _lua_table([lua(each, depth + 1) for each in value], depth)
    return lua_text(value) if isinstance(value, str) else str(value)


def _lua_key(key: str) -> str:
    is_name = _LUA_NAME.fullmatch(key) and key not in _LUA_WORDS
    return key if is_name else f"[{lua_text(key)}]"


def _lua_table(fields: Sequence[str], depth: int) -> str:
    if not fields:
        return "{}"
    inner = _INDENT * (depth + 1)
    lines = "".join(f"{inner}{field},\n" for field in fields)
    return f"{{\n{lines}{_INDENT * depth}}}"


def elisp_text(value: str) -> str:
    """Return a string of Emacs Lisp."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def elisp_symbol(value: str) -> str:
    """Return a symbol of Emacs Lisp by its name, whatever it is made of."""
    if not value:
        return "##"
    escaped = _ELISP_SPECIAL.sub(r"\\\g<0>", value)
    return f"\\{escaped}" if _ELISP_NUMBER.fullmatch(value) else escaped


def vim_text(value: str) -> str:
    """Return a string of Vim script, which has only one escape in single quotes."""
    return "'" + value.replace("'", "''") + "'"


def shell_text(value: str) -> str:
    """Return a word of a shell."""
    from shlex import quote  # noqa: PLC0415 -- for few editors

    return quote(value)
