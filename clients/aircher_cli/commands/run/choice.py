"""Which tool is meant, what it is called, and which of its own options cannot be used."""

import os
import re
from collections.abc import Sequence

from aircher_cli.commands.run.tools.recipe import Tool
from aircher_cli.commands.run.tools.table import BY_PROGRAM, TOOLS, Found, find_tool
from aircher_cli.exit_codes import UsageError
from aircher_cli.registry import suggest

MAX_NAME = 64
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def choose(words: Sequence[str], wished: str | None = None) -> Found:
    """Return the tool that a command line starts; `wished` is what the user says it is.

    Raises:
        UsageError: there is no tool of that name, or an option would lead it elsewhere.
    """
    found = find_tool(words)
    if wished is not None:
        if wished not in BY_PROGRAM:
            known = [tool.name for tool in TOOLS]
            raise UsageError(
                f"--as: there is no tool of that name{suggest(wished, known)}",
                "aircher-cli run --list",
            )
        found = Found(BY_PROGRAM[wished], found.at)
    refuse_own_options(found.tool, words[found.at + 1 :])
    return found


def refuse_own_options(tool: Tool, arguments: Sequence[str]) -> None:
    """Refuse options of the tool that `run` sets itself.

    Raises:
        UsageError: there is one.
    """
    for word in arguments:
        if word == "--":
            return
        option = word.partition("=")[0]
        if option in tool.own_options:
            raise UsageError(
                f"{tool.name} {option} would lead it elsewhere: `run` sets what it stands for. "
                "Leave it out, or start the tool without `run`",
                "aircher-cli run --help",
            )
    if tool.name == "codex":
        _refuse_codex_settings(arguments)


def _refuse_codex_settings(arguments: Sequence[str]) -> None:
    """Refuse what Codex takes as `-c NAME=VALUE`, likewise."""
    for before, word in zip(("", *arguments), arguments, strict=False):
        name = word.partition("=")[0]
        if before in ("-c", "--config") and name.startswith("model_provider"):
            raise UsageError(
                f"codex -c {name} would lead it elsewhere: `run` sets it. Leave it out",
                "aircher-cli run --help",
            )


def client_name(found: Found, words: Sequence[str]) -> str:
    """Return the name of the tool in usage, limits and events."""
    if found.tool.programs:
        return found.tool.name
    name = _NO_NAME.sub("-", os.path.basename(words[0])).strip("-._")  # noqa: PTH119 -- a text
    return name[:MAX_NAME] or "tool"
