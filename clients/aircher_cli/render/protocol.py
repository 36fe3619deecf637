"""Describes methods for people, from their JSON Schemas; pure."""

from aircher_cli.render.layout import columns, paragraph
from aircher_cli.values import Map, as_map, records, text, texts

Line = list[tuple[str, str]]

PREFIX = "#/$defs/"
INDENT = "  "
MAX_TYPE = 30
"""Characters of a type in its column."""


def overview_lines(document: Map, width: int) -> list[Line]:
    """Return a line for each method, and where more is said."""
    rows = [
        [(name, "bold"), (text(as_map(method).get("about")), "")]
        for name, method in as_map(document.get("methods")).items()
    ]
    version = text(document.get("version"))
    head = f"protocol {text(document.get('protocol'))} of aircherd {version}: its methods"
    return [[(head, "dim")], *_table(rows, width), [], *_more(width)]


def _table(rows: list[Line], width: int) -> list[Line]:
    return [line for row in columns(rows, width) for line in row]


def _more(width: int) -> list[Line]:
    where = "One of them: aircher-cli protocol METHOD. Everything, for programs: --json"
    return paragraph(where, width, style="dim")


def method_lines(name: str, method: Map, document: Map, width: int) -> list[Line]:
    """Return what a method takes and answers, with the types that occur in it."""
    definitions = as_map(document.get("$defs"))
    taken = _definition(as_map(method.get("params")), definitions)
    answered = _definition(as_map(method.get("result")), definitions)
    return [
        [(name, "bold")],
        *paragraph(text(method.get("about")), width, indent=INDENT),
        *_block("parameters", taken, width),
        *_block("result", answered, width),
        *_type_blocks([taken, answered], definitions, width),
        *_names("sends", method.get("sends"), width),
        *_names("errors", method.get("errors"), width),
    ]


def with_definitions(method: Map, document: Map) -> Map:
    """Return a method with the definitions that it refers to, so that it stands for itself."""
    definitions = as_map(document.get("$defs"))
    used: Map = {}
    waiting = _references(method)
    while waiting:
        name = waiting.pop()
        if name not in used and name in definitions:
            used[name] = definitions[name]
            waiting += _references(definitions[name])
    return {**method, "$defs": used}


def _definition(schema: Map, definitions: Map) -> Map:
    name = text(schema.get("$ref")).removeprefix(PREFIX)
    return as_map(definitions.get(name)) if name else schema


def _references(schema: object) -> list[str]:
    """Return the names of the definitions that a schema refers to, in their order."""
    if isinstance(schema, list):
        return [name for each in schema for name in _references(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].removeprefix(PREFIX)] if isinstance(schema.get("$ref"), str) else []
    return own + [name for each in schema.values() for name in _references(each)]


def _type_blocks(schemas: list[Map], definitions: Map, width: int) -> list[Line]:
    """Return a block for each type that the schemas refer to, however deep."""
    found: dict[str, None] = {}
    waiting = [name for schema in schemas for name in _references(schema)]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += _references(definitions.get(name))
    return [line for name in found for line in _block(name, as_map(definitions.get(name)), width)]


def _block(title: str, schema: Map, width: int) -> list[Line]:
    """Return the keys of a map: name, type, meaning."""
    required = texts(schema.get("required"))
    properties = as_map(schema.get("properties"))
    ordered = sorted(properties, key=lambda key: key not in required)
    rows = [_row(key, as_map(properties[key]), is_needed=key in required) for key in ordered]
    if not rows:
        empty = "" if properties or schema.get("type") == "object" else type_text(schema)
        rows = [[(f"{INDENT}{empty or 'an empty map'}", "dim")]]
    return [[], [(title, "bold")], *_table(rows, width)]


def _row(key: str, schema: Map, *, is_needed: bool) -> Line:
    """Return the row of a key. A long list of words is said after the meaning, not as the type."""
    kind, about = type_text(schema), text(schema.get("description"))
    if len(kind) > MAX_TYPE:
        about, kind = f"{about}: {kind}" if about else kind, _short_type(schema)
    return [(f"{INDENT}{key}{'' if is_needed else '?'}", ""), (kind, "dim"), (about, "")]


def _short_type(schema: Map) -> str:
    if "enum" in schema:
        return "text"
    return "list" if schema.get("type") == "array" else "one of"


def _names(title: str, names: object, width: int) -> list[Line]:
    found = texts(names)
    if not found:
        return []
    return [[], [(title, "bold")], *paragraph(", ".join(found), width, indent=INDENT)]


def type_text(schema: Map) -> str:
    """Return a type in a few words: `text`, `list of Model`, `ok | locked`."""
    if reference := text(schema.get("$ref")):
        return reference.removeprefix(PREFIX)
    if choices := schema.get("anyOf"):
        return " | ".join(type_text(each) for each in records(choices))
    if isinstance(values := schema.get("enum"), list):
        return " | ".join(map(str, values))
    if "const" in schema:
        return str(schema["const"])
    kind = text(schema.get("type"))
    if kind == "array":
        return f"list of {type_text(as_map(schema.get('items')))}"
    return _WORDS.get(kind, "anything")


_WORDS = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "bool",
    "object": "map",
    "null": "nil",
}
