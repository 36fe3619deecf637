"""The pages of `aircher-cli`: one of the program, and one of each command or group of commands."""

from importlib import import_module

from aircher_cli.help import EXAMPLES, EXIT_CODES
from aircher_cli.parser import EXAMPLES as EXAMPLES_TITLE
from aircher_cli.parser import PROGRAM, Parser
from aircher_cli.registry import COMMANDS, GROUPS, commands_of
from manpages import markdown, roff
from manpages.environment import environment_section, files_section
from manpages.options import option_sections, synopsis
from manpages.roff import Page, Reference

SUMMARY = "ask language models through one daemon that holds your keys"

DESCRIPTION = """\
Asks language models, and controls aircherd(1), the daemon of each user that holds the API keys and
calls the providers. If a provider rejects the key or does not respond, the next one answers, and a
notice says so. The daemon is started when none is running.

Answers go to standard output, everything else to standard error. A lasting problem of the daemon,
such as an invalid configuration, is printed by every command on standard error."""

PAGES = f"""\
Each command and each group of commands has a page of its own: {Reference("aircher-cli-ask")} is \
that of {roff.bold("ask")}, and {Reference("aircher-cli-auth")} that of {roff.bold("auth login")} \
and the other commands about keys."""

DAEMON = Reference("aircherd")
CONFIGURATION = Reference("aircher-config", 5)


def page_name(word: str) -> str:
    """Return the name of the page of a command or a group."""
    return f"{PROGRAM}-{word}"


def program_page() -> Page:
    """Return the page of the program: all commands with their pages, exit codes, files."""
    parts = [
        roff.name_section(PROGRAM, SUMMARY),
        roff.heading("synopsis"),
        f"{roff.bold(PROGRAM)} {roff.italic('COMMAND')} [...]\n",
        f".br\n{roff.bold(PROGRAM)} {roff.italic('COMMAND')} {roff.bold('--help')}\n",
        f".br\n{roff.bold(PROGRAM)} {roff.bold('--version')}\n",
        roff.heading("description"),
        *(roff.paragraph(roff.escape(text)) for text in DESCRIPTION.split("\n\n")),
        roff.heading("commands"),
        roff.lead(PAGES),
        *(
            roff.item(roff.bold(name), roff.escape(summary))
            for name, (_, summary) in COMMANDS.items()
        ),
        roff.heading("examples"),
        _examples(EXAMPLES),
        exit_status(),
        environment_section(),
        files_section(),
        roff.see_also(*map(Reference, map(page_name, _first_words())), DAEMON, CONFIGURATION),
    ]
    return Page(PROGRAM, 1, "".join(parts))


def command_pages() -> list[Page]:
    """Return a page for each command, and one for each group of commands."""
    return [_group_page(word) if word in GROUPS else _command_page(word) for word in _first_words()]


def parser_of(command: str) -> Parser:
    """Return the parser of a command."""
    module = import_module(f"aircher_cli.commands.{COMMANDS[command][0]}")
    parser: Parser = module.build_parser()
    return parser


def _first_words() -> list[str]:
    return list(dict.fromkeys(name.split()[0] for name in COMMANDS))


def _group_page(group: str) -> Page:
    parsers = {command: parser_of(command) for command in commands_of(group)}
    first = GROUPS[group].rstrip(".").split(". ")[0]
    name = page_name(group)
    parts = [
        roff.name_section(name, f"{first[0].lower()}{first[1:]}"),
        roff.heading("synopsis"),
        *map(synopsis, parsers.values()),
        roff.heading("description"),
        roff.lead(roff.escape(GROUPS[group])),
        *(_part(command, parser) for command, parser in parsers.items()),
        _ending(group),
    ]
    return Page(name, 1, "".join(parts))


def _part(command: str, parser: Parser) -> str:
    """Return the description of one command of a group."""
    return "".join(
        [
            roff.heading(command),
            roff.lead(markdown.inline(parser.description or "")),
            option_sections(parser, level=""),
            _examples(parser.epilog) if parser.epilog else "",
        ]
    )


def _command_page(command: str) -> Page:
    parser = parser_of(command)
    parts = [
        roff.name_section(page_name(command), COMMANDS[command][1]),
        roff.heading("synopsis"),
        synopsis(parser),
        roff.heading("description"),
        roff.lead(markdown.inline(parser.description or "")),
        option_sections(parser, level="SH"),
        roff.heading("examples") + _examples(parser.epilog) if parser.epilog else "",
        _ending(command),
    ]
    return Page(page_name(command), 1, "".join(parts))


def _ending(word: str) -> str:
    status = f"As that of {Reference(PROGRAM)}."
    return roff.heading("exit status") + roff.lead(status) + roff.see_also(*_related(word))


def _related(word: str) -> list[Reference]:
    pages = [Reference(PROGRAM)]
    if word in {"config", "providers", "limits", "migrate", "route", "doctor"}:
        pages.append(CONFIGURATION)
    if word in {"daemon", "events", "status", "doctor"}:
        pages.append(DAEMON)
    return pages


def _examples(text: str) -> str:
    """Return the command lines of a help text."""
    lines = text.removeprefix(EXAMPLES_TITLE).splitlines()
    return roff.example("\n".join(line.strip() for line in lines))


def exit_status() -> str:
    """Return the exit codes of the program."""
    items = (roff.item(roff.bold(code), roff.escape(about)) for code, about in EXIT_CODES.items())
    return roff.heading("exit status") + "".join(items)
