"""The examples in docs/routing.md are valid: configurations and commands."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from aircher_cli.registry import COMMANDS, find_command
from aircherd.config.load import parse_config

PAGE = (Path(__file__).parents[3] / "docs" / "routing.md").read_text()
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
TYPED = re.findall(r"(?:`|\$ )aircher-cli ([^`\n]+)", PAGE)
LINES = sorted({line.partition(">")[0].strip() for line in TYPED})


@pytest.mark.parametrize("text", BLOCKS)
def test_every_configuration_is_valid(text: str) -> None:
    """On its own."""
    parse_config(text, file="config.toml")


def test_all_configurations_together_are_valid() -> None:
    """They do not contradict each other, except for repeated entries."""
    top, *sections = BLOCKS
    seen: set[str] = set()
    parts = [part for text in sections for part in re.split(r"\n(?=\[)", text)]
    kept = [p for p in parts if p.startswith("[[") or not (p in seen or seen.add(p))]  # type: ignore[func-returns-value]
    parse_config("\n".join([top, *kept]), file="config.toml")


@pytest.mark.parametrize("line", LINES)
def test_every_command_is_valid(line: str) -> None:
    """The parser of the command accepts it."""
    found = find_command(shlex.split(line))
    assert found is not None, line
    name, arguments = found
    import_module(f"aircher_cli.commands.{COMMANDS[name][0]}").build_parser().parse_args(arguments)


def test_the_examples_are_found() -> None:
    """The page has the expected format."""
    assert len(BLOCKS) >= 5
    assert len(LINES) >= 10
