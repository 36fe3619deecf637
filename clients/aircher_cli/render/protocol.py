"""Describes methods for people, from their JSON Schemas; pure."""

from aircher_cli.render.layout import columns, paragraph
from aircher_cli.values import Map, as_map, records, text, texts

Line = list[tuple[str, str]]

PREFIX = "#/$defs/"
INDENT = "  "
MAX_TYPE = 30
"""Characters of a type in its column."""


def overview_lines(document: Map, width: int) -> list[Line]:
    """Return a line for each method and each notification, and where more is said."""
    version = text(document.get("version"))
    head = f"protocol {text(document.get('protocol'))} of aircherd {version}: its methods"
    return [
        *paragraph(head, width, style="dim"),
        *_table(_overview_rows(as_map(document.get("methods"))), width),
        [],
        [("its notifications", "dim")],
        *_table(_overview_rows(notifications(document)), width),
        [],
        *_more(width),
    ]


def _overview_rows(described: Map) -> list[Line]:
    return [
        [(name, "bold"), (text(as_map(each).get("about")), "")] for name, each in described.items()
    ]


def notifications(document: Map) -> Map:
    """Return the notifications of both sides by their names."""
    both = as_map(document.get("notifications"))
    return {**as_map(both.get("from_daemon")), **as_map(both.get("from_client"))}


def _table(rows: list[Line], width: int) -> list[Line]:
    return [line for row in columns(rows, width) for line in row]


def _more(width: int) -> list[Line]:
    where = "One of them: aircher-cli protocol METHOD. Everything, for programs: --json"
    return paragraph(where, width, style="dim")


def method_lines(name: str, method: Map, document: Map, width: int) -> list[Line]:
    """Return what a method takes and answers, with the types that occur in it.

    A notification is one without a result.
    """
    definitions = as_map(document.get("$defs"))
    titles = {"params": "parameters", "result": "result"}
    blocks = {
        title: _definition(as_map(method[key]), definitions)
        for key, title in titles.items()
        if key in method
    }
    return [
        [(name, "bold")],
        *paragraph(text(method.get("about")), width, indent=INDENT),
        *(line for title, block in blocks.items() for line in _block(title, block, width)),
        *_type_blocks(list(blocks.values()), definitions, width),
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
    return [
        line
        for name in found
        for line in _block(name, as_map(definitions.get(name)), width, is_described=True)
    ]


def _block(title: str, schema: Map, width: int, *, is_described: bool = False) -> list[Line]:
    """Return the keys of a map: name, type, meaning; and before them, what the map is."""
    required = texts(schema.get("required"))
    properties = as_map(schema.get("properties"))
    ordered = sorted(properties, key=lambda key: key not in required)
    rows = [_row(key, as_map(properties[key]), is_needed=key in required) for key in ordered]
    about = text(schema.get("description")) if is_described else ""
    head = [[], [(title, "bold")], *paragraph(about, width, indent=INDENT, style="dim")]
    if rows:
        return [*head, *_table(rows, width)]
    is_map = schema.get("type") == "object"
    words = "an empty map" if is_map else f"one of {type_text(schema)}"
    return [*head, *paragraph(words, width, indent=INDENT)]


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
    """Return a type in a few words: `text`, `list of Model`, `ok | locked`.

    A word that is always the same has quotes: `"text"` is no type.
    """
    if reference := text(schema.get("$ref")):
        return reference.removeprefix(PREFIX)
    if choices := schema.get("anyOf") or schema.get("allOf"):
        return " | ".join(type_text(each) for each in records(choices))
    words = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(words, list):
        return f'"{words[0]}"' if len(words) == 1 else " | ".join(map(str, words))
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
