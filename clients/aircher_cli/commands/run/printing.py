"""What `run --list` and `run --print-env` print."""

import argparse
import shlex
from collections.abc import Mapping

from aircher_cli.commands.run.command import describe_door
from aircher_cli.commands.run.environment import hidden_keys
from aircher_cli.commands.run.tools.by_variables import OTHER
from aircher_cli.commands.run.tools.recipe import TOKEN_VARIABLE, Door, Setup, Tool
from aircher_cli.commands.run.tools.table import TOOLS, Found
from aircher_cli.commands.token.create import SUGGESTED_PORT
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.render.layout import Line, columns
from aircher_cli.values import Map, text
from aircher_wire import methods

TOKEN = f"${TOKEN_VARIABLE}"
EXAMPLE = Door("http://127.0.0.1:1", "token", "model", folder="/folder")


def print_list(context: Context, *, as_json: bool) -> int:
    """Print the tools that are known, and how each is led to aircher."""
    rows = [describe_tool(tool) for tool in (*TOOLS, OTHER)]
    if as_json:
        context.console.json({"tools": rows})
        return OK
    cells: list[Line] = [
        [("·", "dim"), (text(row["tool"]), "bold"), (text(row["speaks"]), ""), (_how(row), "dim")]
        for row in rows
    ]
    for lines in columns(cells, context.console.width, droppable=(2,)):
        for line in lines:
            context.console.styled(line)
    return OK


def describe_tool(tool: Tool) -> Map:
    """Return a tool for `--list`: what it speaks, and how it is led to aircher."""
    setup = tool.set_up(EXAMPLE, {})
    means = {
        "variables": sorted({*setup.variables, *setup.models}),
        "arguments": bool(setup.arguments),
        "files": sorted(setup.files),
    }
    note: Map = {"note": tool.note} if tool.note else {}
    return (
        {"tool": tool.name, "programs": list(tool.programs), "speaks": tool.speaks} | means | note
    )


def _how(row: Map) -> str:
    kinds = {"variables": "variables", "arguments": "arguments", "files": "a temporary file"}
    how = ", ".join(said for kind, said in kinds.items() if row[kind])
    return f"{how}; {row['note']}" if row.get("note") else how


def print_environment(context: Context, options: argparse.Namespace, found: Found) -> int:
    """Print what would be set for a tool, for a shell or as JSON.

    The token is a variable that the user has to set: one of `run` ends with its tool.
    """
    with context.connect() as client:
        where = client.call(methods.TOKEN_LIST)
        url = text(where.get("url"))
        shown_url = url or f"http://127.0.0.1:{SUGGESTED_PORT}"
        door = describe_door(client, options.model, shown_url, TOKEN, "FOLDER")
        from aircher_cli.signing_in.notes import model_notes  # noqa: PLC0415 -- not for `--list`

        notes = model_notes(client, context.environ, options.model)
    setup = found.tool.set_up(door, context.environ)
    if options.json:
        context.console.json(record(found.tool, setup))
        return OK
    for note in notes:
        context.console.note(note)
    for line in shell_lines(found.tool, setup, keeps_keys=options.keep_keys):
        context.console.line(line)
    if not url:
        context.console.note(f"aircher-cli: no port is open{_why(where)}")
    return OK


def _why(where: Map) -> str:
    """Return why no port is open, and what to do."""
    if problem := text(where.get("port_problem")):
        return f": {problem}"
    return f". Open one: aircher-cli config set http.port {SUGGESTED_PORT}"


def record(tool: Tool, setup: Setup) -> Map:
    """Return what would be set, for programs."""
    return {
        "tool": tool.name,
        "variables": {**setup.models, **setup.variables},
        "unset": sorted(tool.hides),
        "arguments": list(setup.arguments),
        "files": dict(setup.files),
    }


def shell_lines(tool: Tool, setup: Setup, *, keeps_keys: bool = False) -> list[str]:
    """Return lines that a shell can evaluate; what it cannot do is in comments."""
    variables = {**setup.models, **setup.variables}
    variables.pop(TOKEN_VARIABLE, None)
    lines = [f"# {TOKEN_VARIABLE}=$(aircher-cli token create {tool.name})"]
    hidden = {*tool.hides, *(() if keeps_keys else hidden_keys(()))} - set(variables)
    lines += _exports(variables)
    lines.append(f"unset {' '.join(sorted(hidden))}")
    if TOKEN_VARIABLE in setup.variables:
        lines.append(f"export {TOKEN_VARIABLE}")
    for name, content in setup.files.items():
        lines.append(f"# FOLDER/{name}: {content}")
    if setup.arguments:
        lines.append(f"# {tool.name} {shlex.join(setup.arguments)}")
    return lines


def _exports(variables: Mapping[str, str]) -> list[str]:
    quoted = {
        name: f'"{TOKEN}"' if value == TOKEN else shlex.quote(value)
        for name, value in variables.items()
    }
    return [f"export {name}={value}" for name, value in quoted.items()]
