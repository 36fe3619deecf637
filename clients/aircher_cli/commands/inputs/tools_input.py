"""Parses and checks the tools of `ask --tools`; errors have their position.

An entry is `{name, description?, parameters?, strict?}`, or the same within OpenAI's
`{type: "function", function: {...}}`. `parameters` is a JSON Schema, as an object or as a string.
With another `type` it is a custom tool, or one that runs at the provider: see docs/protocol.md.
"""

import json

from aircher_cli.commands.inputs.json_input import JsonInput, parse_json, type_name
from aircher_cli.commands.inputs.schema_check import find_schema_problem
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.registry import suggest
from aircher_cli.values import Map

KEYS: dict[str, tuple[str, ...]] = {
    "function": ("name", "description", "parameters", "strict", "cache"),
    "custom": ("name", "description", "format", "cache"),
    "web_search": ("max_uses", "allowed_domains", "blocked_domains", "cache"),
    "code_execution": ("cache",),
    "file_search": ("stores", "max_results", "cache"),
    "mcp": ("name", "url", "token", "allowed_tools", "approval", "cache"),
    "vendor": ("api", "data", "cache"),
}
"""Type of tool -> its keys. The daemon checks the values of those that are not checked here."""

CALLED = ("function", "custom")
"""Types of tools that the model calls by name, and the client runs."""

OTHER_NAMES: dict[str, str] = {"input_schema": "parameters", "inputSchema": "parameters"}
"""Names of our keys elsewhere, too different to be suggested by similarity."""

CHOICES = ("auto", "none", "required")
"""Values of `--tool-choice` besides the name of a tool."""


def parse_tools(given: JsonInput) -> list[Map]:
    """Return the tools as the protocol has them.

    Raises:
        CommandFailed: an entry is not a tool, or two have the same name.
    """
    entries = given.value
    if not isinstance(entries, list):
        raise CommandFailed(
            f"{given.source}: the tools must be a list, [{{...}}, ...], not {type_name(entries)}"
        )
    tools: list[Map] = []
    places: dict[object, str] = {}
    for number, entry in enumerate(entries, start=1):
        place = f"{given.source}: tool {number}"
        tool = _tool(entry, place)
        name = tool.get("name")
        if name and (earlier := places.setdefault(name, place)) is not place:
            raise CommandFailed(f'{place}: "{tool["name"]}" is also the name of {_last(earlier)}')
        tools.append(tool)
    return tools


def _last(place: str) -> str:
    return place.rpartition(": ")[2]


def _tool(entry: object, place: str) -> Map:
    kind, fields = _fields(entry, place)
    name = fields.get("name")
    if "name" in KEYS[kind]:
        if not isinstance(name, str) or not name.strip():
            raise CommandFailed(f'{place}: needs a "name", a string that is not empty')
        place = f'{place} ("{name}")'
    _check_keys(kind, fields, place)
    # null is what many programs write for a key that is not set.
    tool: Map = {key: value for key, value in fields.items() if value is not None}
    about = tool.get("description", "")
    if not isinstance(about, str):
        raise CommandFailed(f"{place}: description must be a string, not {type_name(about)}")
    if "parameters" in tool:
        tool["parameters"] = _schema(tool["parameters"], place)
    for key in ("format", "data"):
        if key in tool:
            tool[key] = _json_text(tool[key], f"{place}: {key}")
    return tool if kind == "function" else {"type": kind, **tool}


def _check_keys(kind: str, fields: Map, place: str) -> None:
    known = KEYS[kind]
    for key in fields:
        if key not in known:
            hint = f" (use {OTHER_NAMES[key]})" if key in OTHER_NAMES else suggest(key, [*known])
            raise CommandFailed(f'{place}: unknown key "{key}"{hint}; known: {", ".join(known)}')


def _fields(entry: object, place: str) -> tuple[str, Map]:
    """Return a tool's type and its other fields, without OpenAI's wrapper if there is one."""
    if not isinstance(entry, dict):
        raise CommandFailed(f"{place}: must be an object, not {type_name(entry)}")
    wrapper = next((each for each in CALLED if each in entry), None)
    kind = entry.get("type", wrapper or "function")
    if wrapper is None:
        if not isinstance(kind, str) or kind not in KEYS:
            raise CommandFailed(f"{place}: {_unknown_type(kind)}")
        return kind, {key: value for key, value in entry.items() if key != "type"}
    if others := [key for key in entry if key not in {"type", wrapper}]:
        raise CommandFailed(f'{place}: unknown key "{others[0]}" next to {wrapper}')
    if kind != wrapper:
        raise CommandFailed(f'{place}: type must be "{wrapper}"')
    return wrapper, _fields_within(wrapper, entry[wrapper], place)


def _unknown_type(kind: object) -> str:
    word = kind if isinstance(kind, str) else type_name(kind)
    return (
        f'unknown type "{word}"{suggest(word, [*KEYS])}; known: {", ".join(KEYS)}; a tool in a '
        'vendor\'s own form is {"type": "vendor", "api": "anthropic", "data": {...}}'
    )


def _fields_within(wrapper: str, fields: object, place: str) -> Map:
    if not isinstance(fields, dict):
        raise CommandFailed(f"{place}: {wrapper} must be an object, not {type_name(fields)}")
    return fields


def _json_text(value: object, place: str) -> str:
    """Return an object, or a string with one, as the JSON string that the protocol needs."""
    found = parse_json(value, place).value if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise CommandFailed(f"{place}: must be an object, not {type_name(found)}")
    return value if isinstance(value, str) else json.dumps(found)


def _schema(parameters: object, place: str) -> str:
    """Return a JSON Schema as the string that the protocol needs."""
    text = parameters if isinstance(parameters, str) else None
    value = parameters if text is None else parse_json(text, f"{place}: parameters").value
    if not isinstance(value, dict):
        raise CommandFailed(
            f"{place}: parameters must be a JSON Schema, an object, not {type_name(value)}"
        )
    kind = value.get("type", "object")
    if "object" not in (kind if isinstance(kind, list) else [kind]):
        raise CommandFailed(f'{place}: parameters.type must be "object"')
    if fault := find_schema_problem(value):
        raise CommandFailed(f"{place}: parameters are not a JSON Schema: {fault}")
    return json.dumps(value) if text is None else text


def parse_tool_choice(word: str, tools: list[Map]) -> object:
    """Return `--tool-choice` as the protocol has it.

    Raises:
        UsageError: it names a tool that does not exist.
    """
    if word in CHOICES:
        return word
    names = [str(tool["name"]) for tool in tools if tool.get("type", "function") in CALLED]
    if word not in names:
        known = [*CHOICES, *names]
        raise UsageError(
            f'--tool-choice: unknown tool "{word}"{suggest(word, known)}; '
            f"must be one of {', '.join(known)}"
        )
    return {"name": word}
