"""The table of commands."""

import importlib

import pytest

from aircher_cli.registry import (
    COMMANDS,
    GROUPS,
    OWN_NOTICES,
    commands_of,
    find_command,
    suggest,
)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_a_description(name: str) -> None:
    """Each module of the table builds a parser with a description."""
    module = importlib.import_module(f"aircher_cli.commands.{COMMANDS[name][0]}")
    parser = module.build_parser()
    assert parser.prog == f"aircher-cli {name}"
    assert len(parser.description) > 40
    assert callable(module.run)


FOR_PEOPLE = {"demo", "chat", "completion"}
"""Commands that no script calls for their output."""


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in FOR_PEOPLE])
def test_every_command_has_examples_and_json(name: str) -> None:
    """Each command has examples, and `--json` for scripts."""
    module = importlib.import_module(f"aircher_cli.commands.{COMMANDS[name][0]}")
    text = module.build_parser().format_help()
    assert "examples:\n" in text
    assert f"  aircher-cli {name}" in text
    assert "--json" in text


def test_every_group_has_commands() -> None:
    """The first word of each two-word command is a group, and no group is empty."""
    assert set(GROUPS) == {name.split()[0] for name in COMMANDS if " " in name}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ask", "auth", "login"], ("ask", ["auth", "login"])),
        (["auth", "login", "openai"], ("auth login", ["openai"])),
        (["auth"], None),
        (["auth", "--help"], None),
        (["cooldowns"], ("cooldowns list", [])),
        (["cooldowns", "--json"], ("cooldowns list", ["--json"])),
        (["cooldowns", "clear", "x"], ("cooldowns clear", ["x"])),
        (["cooldowns", "-h"], None),
        (["cooldowns", "empty"], None),
        (["providers"], ("providers list", [])),
        (["--help"], None),
        ([], None),
    ],
)
def test_find_command(words: list[str], expected: object) -> None:
    """The longest matching name is the command; the rest are its arguments."""
    assert expected == find_command(words)


def test_suggest_a_close_name_only() -> None:
    """A similar name is suggested; without one there is no suggestion."""
    assert suggest("stauts", ["status", "ask"]) == " (did you mean status?)"
    assert suggest("xyzzy", ["status", "ask"]) == ""


def test_commands_of_a_group() -> None:
    """A group's commands are in the order of the table."""
    assert commands_of("cooldowns") == ["cooldowns list", "cooldowns clear"]


def test_only_commands_have_own_notices() -> None:
    """The table of notices that commands report themselves names existing commands."""
    assert set(OWN_NOTICES) <= set(COMMANDS)
