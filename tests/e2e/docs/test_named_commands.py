"""The commands and options that pages name within their text exist."""

import re
import shlex
from functools import cache

import pytest

from aircher_cli.exit_codes import HelpRequested
from aircher_cli.registry import COMMANDS, GROUPS, find_command
from aircherd.__main__ import command_line_parser
from helpers.docs.blocks import pages, read
from manpages.program import parser_of

FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
AFTERWARDS = re.compile(r"\s(?:[|<>#]|&&|\.\.\.).*")
"""What the shell does with a command, not the command itself."""

UNWRITTEN = {"CHANGELOG.md", "decisions.md"}
"""Pages about the past, which name what is no longer there."""

OF_OTHERS = {
    ("performance.md", "--against"): "of tests/bench",
    ("providers.md", "--enable-auto-tool-choice"): "of vLLM",
    ("providers.md", "--jinja"): "of llama.cpp",
    ("providers.md", "--tool-call-parser"): "of vLLM",
    ("sign-in/compatible-servers.md", "--enable-auto-tool-choice"): "of vLLM",
    ("sign-in/compatible-servers.md", "--jinja"): "of llama.cpp",
    ("providers.md", "-requests"): "the end of a header's name",
    ("providers.md", "-tokens"): "the end of a header's name",
    ("tools.md", "--skip-trust"): "of Gemini CLI",
}
"""(page, option) -> what it is, if it is no option of aircher."""


def spans(page: str) -> list[str]:
    """Return the code within the text of a page, each on one line."""
    return [" ".join(span.split()) for span in SPAN.findall(FENCED.sub("", read(page)))]


@cache
def options_of(command: str) -> frozenset[str]:
    """Return the options of a command."""
    return frozenset(
        name for action in parser_of(command)._actions for name in action.option_strings
    )


@cache
def all_options() -> frozenset[str]:
    """Return the options of every command, and those of the daemon."""
    own = {name for action in command_line_parser()._actions for name in action.option_strings}
    return frozenset(own).union({"-V", "--version"}, *map(options_of, COMMANDS))


def named_commands(page: str) -> list[str]:
    """Return the calls of `aircher-cli` in the text of a page, without what the shell does."""
    calls = [span for span in spans(page) if re.search(r"(^|\s)aircher-cli\s", span)]
    return sorted({AFTERWARDS.sub("", call[call.index("aircher-cli") :]) for call in calls})


NAMED = [(page, call) for page in pages() if page not in UNWRITTEN for call in named_commands(page)]


@pytest.mark.parametrize(("page", "call"), NAMED)
def test_a_command_in_the_text_exists(page: str, call: str) -> None:
    """Its parser accepts it; without arguments it may be the name of a command or a group."""
    words = shlex.split(call)[1:]
    if not words or words[0].isupper() or words[0] in {"--help", "--version"}:
        return
    found = find_command(words)
    if found is None:
        assert words[0] in GROUPS, call
        assert not words[1:] or words[1:] == ["--help"] or words[1].isupper(), call
        return
    name, arguments = found
    if arguments:
        try:
            parser_of(name).parse(arguments)
        except HelpRequested:
            return


@pytest.mark.parametrize("page", [page for page in pages() if page not in UNWRITTEN])
def test_an_option_in_the_text_exists(page: str) -> None:
    """After the name of a command it is one of that command; alone, of any."""
    unknown = [
        (span, option)
        for span in spans(page)
        for option in unknown_options(span)
        if (page, option) not in OF_OTHERS
    ]
    assert unknown == []


def unknown_options(span: str) -> set[str]:
    """Return the options in a piece of code that its command, or any command, does not have."""
    words = span.split()
    options = {word.split("=")[0] for word in words if re.fullmatch(r"--?[a-z][\w=-]*", word)}
    if found := find_command(words):
        return options - options_of(found[0]) - {"--help"}
    return options - all_options() if span.startswith("-") else set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_page_about_the_command_line(command: str) -> None:
    """With its summary, in the table of all commands."""
    assert f"| `{command}` | {COMMANDS[command][1]} |" in read("cli.md")
