"""All tools, and which one a command line starts."""

from collections.abc import Sequence
from typing import NamedTuple

from aircher_cli.commands.run.tools.agents import AGENTS
from aircher_cli.commands.run.tools.by_variables import BY_VARIABLES, OTHER
from aircher_cli.commands.run.tools.recipe import Tool
from aircher_cli.commands.run.tools.with_files import WITH_FILES

TOOLS: tuple[Tool, ...] = (*AGENTS, *WITH_FILES, *BY_VARIABLES)

BY_PROGRAM: dict[str, Tool] = {program: tool for tool in TOOLS for program in tool.programs}

LAUNCHERS = {
    "npx": (),
    "bunx": (),
    "uvx": (),
    "pnpx": (),
    "pnpm": ("dlx", "exec"),
    "yarn": ("dlx", "exec"),
    "npm": ("exec",),
    "bun": ("x",),
    "uv": ("tool", "run"),
    "pipx": ("run",),
    "env": (),
}
"""Programs that start one that they are given, and their words before it."""


class Found(NamedTuple):
    """A tool, and the index of the word in the command line that names it."""

    tool: Tool
    at: int


def find_tool(words: Sequence[str]) -> Found:
    """Return the tool that a command line starts; `OTHER` if it is not in the table."""
    name = _program(words[0])
    if name in BY_PROGRAM:
        return Found(BY_PROGRAM[name], 0)
    if name in LAUNCHERS:
        for at, word in enumerate(words[1:], 1):
            if tool := BY_PROGRAM.get(_package(word)):
                return Found(tool, at)
            if not word.startswith("-") and word not in LAUNCHERS[name] and "=" not in word:
                break
    return Found(OTHER, 0)


def _program(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2]


def _package(word: str) -> str:
    """Return the name of a package without its version: `@openai/codex@latest`, `aider==1`."""
    name = word.partition("==")[0]
    head, at, _ = name.rpartition("@")
    name = head if at and head else name
    return name if name in BY_PROGRAM else _program(name)
