"""The page of the configuration file.

Each entry is described by its row in a table of docs/configuration.md if there is one, else by the
JSON Schema, which also has its type, its limits and its default. The rest of that page follows.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from aircherd.config.json_schema.document import json_schema
from manpages import roff
from manpages.markdown import Section, blocks, inline, read_page, rows_of
from manpages.roff import Page, Reference

PAGE = "configuration.md"
SUMMARY = "the configuration file of aircher, ~/.aircher/config.toml"

FILES = {
    "~/.aircher/config.toml": "the configuration; AIRCHER_HOME moves the directory",
    "~/.aircher/environment": "variables for the daemon",
    "~/.aircher/config.schema.json": "the JSON Schema, for editors",
}

LEFT_OUT = {
    "By command": "the pages of the commands have it",
    "Error messages": "each message is shown where it happens",
}
"""Sections of docs/configuration.md that the manual page lacks, and why."""

Schema = dict[str, Any]
Meanings = dict[str, str]
"""Entry -> its meaning, in Markdown."""

_NAMES = {
    **dict.fromkeys(("providers", "models", "tasks", "clients"), "NAME"),
    "catalog": '"PROVIDER/MODEL"',
    "projects": '"FOLDER"',
}
_ENTRY_TABLE = re.compile(r"\| *entry *\|")
_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}


def configuration_page() -> Page:
    """Return the page: every entry, and how the file is used."""
    intro, *sections = read_page(PAGE)
    tables = [_table_of_entries(section) for section in sections]
    parts = [
        roff.name_section("aircher-config", SUMMARY),
        roff.heading("description"),
        blocks(intro.lines),
        *_entries(tables),
        *_prose(sections),
        roff.heading("files"),
        *(roff.item(roff.bold(path), roff.escape(about)) for path, about in FILES.items()),
        roff.see_also(
            *map(Reference, ("aircher-cli", "aircher-cli-config", "aircher-cli-providers")),
            Reference("aircherd"),
        ),
    ]
    return Page("aircher-config", 5, "".join(parts))


def _table_of_entries(section: Section) -> Meanings:
    """Return the meanings that a section's table of entries has; empty if there is no table."""
    start = next((at for at, line in enumerate(section.lines) if _ENTRY_TABLE.match(line)), None)
    rows = [] if start is None else rows_of(section.lines[start:])
    return {name: meaning for names, meaning in rows for name in re.findall(r"`([^`]+)`", names)}


def _entries(tables: list[Meanings]) -> list[str]:
    """Return every section of the file with its entries; first what stands above all sections."""
    properties: dict[str, Schema] = json_schema()["properties"]  # type: ignore[assignment]
    sections = {name: schema for name, schema in properties.items() if _is_section(schema)}
    top = [_entry(name, properties[name], {}) for name in properties if name not in sections]
    parts = [roff.heading("at the top"), *top]
    for name, schema in sections.items():
        parts += _section(name, schema, tables)
    return parts


def _is_section(schema: Schema) -> bool:
    return schema.get("type") in {"object", "array"}


def _section(name: str, schema: Schema, tables: list[Meanings]) -> list[str]:
    title, each = _title(name, schema)
    entries: dict[str, Schema] = each["properties"]
    meanings = next((table for table in tables if table and table.keys() <= entries.keys()), {})
    required = each.get("required", ())
    return [
        f".SH {roff.escape(title)}\n",
        roff.lead(f"{roff.escape(schema['description'])}."),
        *(_entry(entry, entries[entry], meanings, required=entry in required) for entry in entries),
    ]


def _title(name: str, schema: Schema) -> tuple[str, Schema]:
    """Return the section's name as the file has it, and the schema of its entries."""
    if schema["type"] == "array":
        return f"[[{name}]]", schema["items"]
    if name in _NAMES:
        return f"[{name}.{_NAMES[name]}]", schema["additionalProperties"]
    return f"[{name}]", schema


def _entry(name: str, schema: Schema, meanings: Meanings, *, required: bool = False) -> str:
    own = meanings.get(name)
    # What several entries share is no description of one of them.
    if own is None or list(meanings.values()).count(own) > 1:
        about = roff.escape(schema["description"])
    else:
        about = inline(own)
    facts = "; ".join(_facts(schema, required=required))
    return roff.item(
        f"{roff.bold(name)} ({roff.escape(facts)})", f"{about[:1].upper()}{about[1:]}."
    )


def _facts(schema: Schema, *, required: bool) -> Iterator[str]:
    """Yield what values are possible, the default, and whether there must be one."""
    yield " or ".join(_kinds(schema))
    if "default" in schema:
        yield f"default {_literal(schema['default'])}"
    if required:
        yield "required"


def _kinds(schema: Schema) -> list[str]:
    if "anyOf" in schema:
        return [kind for each in schema["anyOf"] for kind in _kinds(each)]
    if "enum" in schema:
        return [", ".join(map(_literal, schema["enum"]))]
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if schema["type"] == "array" and "enum" in schema["items"]:
        return [f"a list of {', '.join(_kinds(schema['items']))}"]
    return [_TYPES[each] + (_bounds(schema) if each != "string" else "") for each in types]


def _bounds(schema: Schema) -> str:
    low, above, high = (schema.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
    if above is not None:
        return f" above {above:,}, at most {high:,.0f}"
    return "" if low is None else f" from {low:,} to {high:,.0f}"


def _literal(value: object) -> str:
    """Return a value as TOML has it, whole numbers without `.0`."""
    return json.dumps(value).removesuffix(".0")


def _prose(sections: list[Section]) -> Iterator[str]:
    """Yield the page's other text: explanations and examples."""
    left_out = False
    for section in sections:
        if section.level == 2:
            left_out = section.title in LEFT_OUT
        if not left_out:
            yield _prose_section(section)


def _prose_section(section: Section) -> str:
    title = roff.heading if section.level == 2 else roff.subheading
    return title(section.title) + blocks(section.lines, lambda line: not _ENTRY_TABLE.match(line))
