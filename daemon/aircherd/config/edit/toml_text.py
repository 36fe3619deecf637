"""Values and names as TOML has them, in our form."""

from aircherd.config.problems import path_text
from aircherd.config.toml.locate import KeyPath
from aircherd.errors import BadRequest

LONG_LIST = 70
"""Characters; a longer list is written over several lines."""


def entry_lines(path: KeyPath, value: object) -> list[str]:
    """Return `path = value` as lines."""
    return f"{dotted(path)} = {value_text(value)}".split("\n")


def dotted(path: KeyPath) -> str:
    """Return a path with quotes where they are needed.

    Raises:
        BadRequest: it has an index, for which TOML has no form.
    """
    from tomlkit import key  # noqa: PLC0415 -- slow to import, rarely needed

    if not all(isinstance(part, str) for part in path):
        raise BadRequest(f"{path_text(path)}: there is no such entry in the list")
    return ".".join(key(part).as_string() for part in path if isinstance(part, str))


def value_text(value: object) -> str:
    """Return a value; a long list has a line for each item."""
    line = _inline(value)
    if isinstance(value, list | tuple) and len(line) > LONG_LIST:
        return "\n".join(["[", *(f"  {_inline(item)}," for item in value), "]"])
    return line


def _inline(value: object) -> str:
    from tomlkit import item  # noqa: PLC0415 -- slow to import, rarely needed

    if isinstance(value, dict):
        inner = ", ".join(f"{dotted((name,))} = {_inline(entry)}" for name, entry in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return item(value).as_string()
