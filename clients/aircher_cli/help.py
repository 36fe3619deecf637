"""Help without a command: how to start, the overview, the overview of a group, the version."""

from importlib import import_module
from textwrap import fill

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, USAGE, UsageError
from aircher_cli.parser import PROGRAM, may_be_key
from aircher_cli.registry import COMMANDS, GROUPS, commands_of, find_command, suggest
from aircher_cli.render.layout import command_lines
from aircher_wire.version import __version__

EXAMPLES = """\
examples:
  aircher-cli demo
  aircher-cli auth login anthropic
  aircher-cli ask "why is the sky blue?"
  git diff | aircher-cli ask "explain this"
"""

START = {
    f"{PROGRAM} models": "sign in, and choose a model",
    f'{PROGRAM} ask "hello"': "ask it",
    f"{PROGRAM} chat": "have a conversation with it",
    f"{PROGRAM} demo": "watch it work, without a key or a network",
}
"""What a new user needs: all commands are more than a screen."""

LATER = {
    f"{PROGRAM} status": "the state of providers, limits and spending",
    f"{PROGRAM} doctor": "what is wrong, and what to do about it",
    f"{PROGRAM} --help": "all commands",
}

GROUP_EXAMPLES = {
    "chats": """\
examples:
  aircher-cli chats
  aircher-cli chats show tea
  aircher-cli chats search "green tea"
""",
    "auth": """\
examples:
  aircher-cli auth login anthropic
  aircher-cli auth import
  aircher-cli auth status
""",
    "models": """\
examples:
  aircher-cli models
  aircher-cli models list
  aircher-cli models use anthropic/claude-sonnet-5
""",
    "providers": """\
examples:
  aircher-cli providers list
  aircher-cli providers add work --kind openai --base-url https://llm.example.com/v1
""",
    "token": """\
examples:
  aircher-cli token create zed --usd 5/day
  aircher-cli token list
  aircher-cli token revoke zed
""",
    "fleet": """\
examples:
  aircher-cli fleet list
  aircher-cli fleet forget old-laptop
""",
    "cooldowns": """\
examples:
  aircher-cli cooldowns list
  aircher-cli cooldowns clear openai
""",
    "config": """\
examples:
  aircher-cli config show
  aircher-cli config set fallback.max_attempts 6
  aircher-cli config edit
""",
    "daemon": """\
examples:
  aircher-cli daemon status
  aircher-cli daemon restart
  aircher-cli daemon install
""",
}

EXIT_CODES = {
    "0": "success",
    "1": "the request itself failed: a bad request, an incomplete JSON answer, ...",
    "2": "the command line is wrong",
    "3": "the daemon cannot be reached",
    "4": "no provider could answer, and signing in would help",
    "5": "no provider could answer, for other or mixed reasons, or an answer broke off",
    "130": "interrupted",
    "141": "the reader closed the output",
}


def run_without_command(context: Context, words: list[str]) -> int:
    """Handle arguments that name no command; return the exit code.

    Raises:
        UsageError: the command does not exist.
    """
    if not words:
        context.console.write(start(context.console.width))
        return OK
    first = words[0]
    if first in {"-h", "--help"} or (first == "help" and len(words) == 1):
        context.console.write(overview(context.console.width))
        return OK
    if first in {"-V", "--version"}:
        context.console.line(f"{PROGRAM} {__version__}")
        return OK
    if first == "help":
        return _help_on(context, words[1:])
    if first in GROUPS:
        return _group(context, first, words[1:])
    raise UsageError(
        f"unknown command {_quoted(first)}{suggest(first, _first_words())}",
        hint=f"{PROGRAM} --help",
    )


def _help_on(context: Context, words: list[str]) -> int:
    found = find_command([*words, "--help"])  # not the default command of a group
    if found is None:
        return run_without_command(context, [*words, "--help"])
    name, _ = found
    parser = import_module(f"aircher_cli.commands.{COMMANDS[name][0]}").build_parser()
    context.console.write(parser.format_help())
    return OK


def _group(context: Context, group: str, rest: list[str]) -> int:
    width = context.console.width
    if not rest:
        context.console.note(group_overview(group, width).rstrip())
        return USAGE
    if rest[0] in {"-h", "--help"}:
        context.console.write(group_overview(group, width))
        return OK
    known = [name.split()[1] for name in commands_of(group)]
    raise UsageError(
        f"unknown command {group} {_quoted(rest[0])}{suggest(rest[0], known)}",
        hint=f"{PROGRAM} {group} --help",
    )


def _quoted(word: str) -> str:
    """Quote a word that was meant as a command; one that may be a key is not repeated."""
    return (
        f'"{word}"'
        if len(word) <= 20 and not may_be_key(word)
        else "(not repeated, it may be a key)"
    )


def _first_words() -> list[str]:
    return list(dict.fromkeys(name.split()[0] for name in COMMANDS))


def start(width: int) -> str:
    """Return what the program says alone: the few commands to begin with."""
    return "\n".join(
        [_about(width), _listing("to start", START, width), _listing("then", LATER, width)]
    )


def _about(width: int) -> str:
    return _wrapped("Ask language models through one daemon that holds your keys.", width) + "\n"


def overview(width: int) -> str:
    """Return the program's help."""
    commands = {name: about for name, (_, about) in COMMANDS.items()}
    return "\n".join(
        [
            f"usage: {PROGRAM} COMMAND [...]\n",
            _about(width),
            _listing("commands", commands, width),
            _examples(EXAMPLES, width),
            _listing("exit codes", EXIT_CODES, width),
            f"{PROGRAM} COMMAND --help says more.\n",
        ]
    )


def group_overview(group: str, width: int) -> str:
    """Return the help of a group of commands."""
    commands = {name: COMMANDS[name][1] for name in commands_of(group)}
    return "\n".join(
        [
            f"usage: {PROGRAM} {group} COMMAND [...]\n",
            _wrapped(GROUPS[group], width) + "\n",
            _listing("commands", commands, width),
            _examples(GROUP_EXAMPLES[group], width),
            f"{PROGRAM} {group} COMMAND --help says more.\n",
        ]
    )


def _examples(text: str, width: int) -> str:
    lines = [each for line in text.splitlines() for each in command_lines(line, width)]
    return "\n".join([*lines, ""])


def _listing(title: str, entries: dict[str, str], width: int) -> str:
    column = max(len(name) for name in entries) + 4
    lines = [_wrapped(about, width, f"  {name:<{column - 2}}") for name, about in entries.items()]
    return "\n".join([f"{title}:", *lines, ""])


def _wrapped(text: str, width: int, head: str = "") -> str:
    room = min(90, width) - 1
    return fill(text, room, initial_indent=head, subsequent_indent=" " * len(head))
