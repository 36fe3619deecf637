"""Settings as text: `name = value`, and where the value comes from."""

import json

from aircher_cli.render.formatting import short_path
from aircher_cli.render.layout import Line, paragraph
from aircher_cli.values import Map, number, text

GAP = "  "
MAX_COLUMN = 60
"""Columns of the settings before their sources; longer ones have the source in the next line."""


def value_text(value: object) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    return str(value)


def setting_lines(rows: list[Map], file: str, width: int, home: str) -> list[Line]:
    """Return a line for each row of `config.show`, or two where one is too narrow.

    Args:
        rows: As the daemon returned them.
        file: The configuration file.
        width: The terminal's columns.
        home: The caller's home directory, shown as `~`.
    """
    shown = [(_assignment(row), _source(row, file, home)) for row in rows]
    room = width - 1 - max((len(source) for _, source in shown), default=0) - len(GAP)
    column = min(MAX_COLUMN, room, max((len(left) for left, _ in shown), default=0))
    lines: list[Line] = []
    for left, source in shown:
        if len(left) <= column:
            lines.append([(f"{left:<{column}}{GAP}", ""), (source, "dim")])
        else:
            lines += paragraph(left, width, hang="    ")
            lines.append([(f"    {source}", "dim")])
    return lines


def _assignment(row: Map) -> str:
    value = row.get("value")
    is_variable = row.get("source") == "environment"
    return f"{text(row.get('path'))} = {text(value) if is_variable else value_text(value)}"


def _source(row: Map, file: str, home: str) -> str:
    source = text(row.get("source"))
    if source != "file":
        return f"# {short_path(text(row.get('file')), home) or source}"
    line = number(row.get("line"))
    place = short_path(file, home)
    return f"# {place}" if line is None else f"# {place}:{int(line)}"
