"""Parses and checks the tools of `ask --tools`; errors have their position.

An entry is `{name, description?, parameters?}`, or the same within OpenAI's
`{type: "function", function: {...}}`. `parameters` is a JSON Schema, as an object or as a string.
"""

import json

from aircher_cli.commands.inputs.json_input import JsonInput, parse_json, type_name
from aircher_cli.commands.inputs.schema_check import find_schema_problem
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.registry import suggest
from aircher_cli.values import Map

KEYS = ("name", "description", "parameters")

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
        if (earlier := places.setdefault(tool["name"], place)) is not place:
            raise CommandFailed(f'{place}: "{tool["name"]}" is also the name of {_last(earlier)}')
        tools.append(tool)
    return tools


def _last(place: str) -> str:
    return place.rpartition(": ")[2]


def _tool(entry: object, place: str) -> Map:
    fields = _fields(entry, place)
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        raise CommandFailed(f'{place}: needs a "name", a string that is not empty')
    place = f'{place} ("{name}")'
    _check_keys(fields, place)
    about, parameters = fields.get("description"), fields.get("parameters")
    tool: Map = {"name": name}
    if about is not None:
        if not isinstance(about, str):
            raise CommandFailed(f"{place}: description must be a string, not {type_name(about)}")
        tool["description"] = about
    if parameters is not None:
        tool["parameters"] = _schema(parameters, place)
    return tool


def _check_keys(fields: Map, place: str) -> None:
    for key in fields:
        if key not in KEYS:
            hint = f" (use {OTHER_NAMES[key]})" if key in OTHER_NAMES else suggest(key, [*KEYS])
            raise CommandFailed(f'{place}: unknown key "{key}"{hint}; known: {", ".join(KEYS)}')


def _fields(entry: object, place: str) -> Map:
    """Return a tool's own fields, without OpenAI's wrapper if there is one."""
    if not isinstance(entry, dict):
        raise CommandFailed(f"{place}: must be an object, not {type_name(entry)}")
    if "function" not in entry:
        return {key: value for key, value in entry.items() if (key, value) != ("type", "function")}
    if others := [key for key in entry if key not in {"type", "function"}]:
        raise CommandFailed(f'{place}: unknown key "{others[0]}" next to function')
    if entry.get("type", "function") != "function":
        raise CommandFailed(f'{place}: type must be "function"')
    return _fields_within(entry["function"], place)


def _fields_within(function: object, place: str) -> Map:
    if not isinstance(function, dict):
        raise CommandFailed(f"{place}: function must be an object, not {type_name(function)}")
    return function


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
    names = [str(tool["name"]) for tool in tools]
    if word not in names:
        known = [*CHOICES, *names]
        raise UsageError(
            f'--tool-choice: unknown tool "{word}"{suggest(word, known)}; '
            f"must be one of {', '.join(known)}"
        )
    return {"name": word}
