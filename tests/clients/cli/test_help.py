"""Help without a command."""

import shlex
from importlib import import_module

import pytest

from aircher_cli.help import group_overview, overview, start
from aircher_cli.registry import COMMANDS, GROUPS, find_command
from aircher_wire.version import __version__
from helpers.daemon.cli import run_cli


def test_alone_it_says_how_to_start() -> None:
    """It fits on a small screen, and each line is a command that exists."""
    outcome = run_cli({"COLUMNS": "80"}, stdin="")
    lines = outcome.out.splitlines()
    assert (outcome.code, len(lines) <= 15) == (0, True)
    commands = [line.split("  ")[1] for line in lines if line.startswith("  aircher-cli ")]
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command)[1:]
        assert words == ["--help"] or find_command(words)


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",)])
def test_help_lists_every_command(words: tuple[str, ...]) -> None:
    """The overview does."""
    outcome = run_cli({}, *words)
    assert outcome.code == 0
    assert [name for name in COMMANDS if name not in outcome.out] == []


@pytest.mark.parametrize("width", [30, 45, 80])
def test_overviews_fit(width: int) -> None:
    """No line that can wrap is wider than the terminal."""
    lines = (start(width) + overview(width) + group_overview("auth", width)).splitlines()
    breakable = [line for line in lines if not line.startswith(("  git", "usage", '      "'))]
    assert [line for line in breakable if len(line) >= width and "--help" not in line] == []


def test_version() -> None:
    """--version prints the name and the version."""
    assert run_cli({}, "--version").out == f"aircher-cli {__version__}\n"


@pytest.mark.parametrize("words", [("cooldowns", "--help"), ("help", "cooldowns")])
def test_help_on_a_group_with_a_default_command(words: tuple[str, ...]) -> None:
    """The help is that of the group, with all its commands."""
    assert "cooldowns clear" in run_cli({}, *words).out


@pytest.mark.parametrize("words", [("auth", "--help"), ("help", "auth")])
def test_help_on_a_group(words: tuple[str, ...]) -> None:
    """A group's help lists its commands and no others."""
    outcome = run_cli({}, *words)
    assert outcome.code == 0
    assert "auth import" in outcome.out
    assert "daemon stop" not in outcome.out


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_has_examples(group: str) -> None:
    """Each is a command of the group that its parser accepts."""
    lines = group_overview(group, 90).partition("examples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) >= 2
    for line in lines:
        found = find_command(shlex.split(line)[1:])
        assert found is not None
        name, arguments = found
        assert name.startswith(f"{group} ")
        import_module(f"aircher_cli.commands.{COMMANDS[name][0]}").build_parser().parse(arguments)


@pytest.mark.parametrize("words", [("ask", "--help"), ("help", "ask"), ("ask", "-h")])
def test_help_on_a_command(words: tuple[str, ...]) -> None:
    """A command's help has its description and its examples."""
    outcome = run_cli({}, *words)
    assert (outcome.code, outcome.out.count("examples:")) == (0, 1)


def test_a_group_alone_is_a_usage_error() -> None:
    """`auth` prints its commands to standard error."""
    outcome = run_cli({}, "auth")
    assert (outcome.code, outcome.out) == (2, "")
    assert "auth login" in outcome.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("stats",), 'aircher-cli: unknown command "stats" (did you mean status?)\n'),
        (("auth", "logn"), 'aircher-cli: unknown command auth "logn" (did you mean login?)\n'),
        (("help", "asq"), 'aircher-cli: unknown command "asq" (did you mean ask?)\n'),
        (("sk-ant-REDACTED",), "aircher-cli: unknown command (not"),
    ],
)
def test_unknown_command(words: tuple[str, ...], expected: str) -> None:
    """An unknown command is a usage error with a suggestion; what may be a key is not repeated."""
    outcome = run_cli({}, *words)
    assert outcome.code == 2
    assert outcome.err.startswith(expected)
