"""`aircher-cli config check`: checks a configuration without using it."""

import argparse
from pathlib import Path

from aircher_cli.commands.config.path import config_file
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.config.problems import problem_lines
from aircher_cli.render.formatting import count
from aircher_cli.render.limits import unknown_name_notes
from aircher_cli.values import records
from aircher_wire import methods

EXAMPLES = """
aircher-cli config check
aircher-cli config check draft.toml && mv draft.toml "$(aircher-cli config path)"
"""


def build_parser() -> Parser:
    """Return the parser of `config check`."""
    parser = make_parser(
        "config check",
        "Check a configuration: yours, a FILE, or - for standard input. Each problem is printed "
        "as file:line: what is wrong (what to do). The exit code is 1 if there are problems.",
        EXAMPLES,
    )
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="the file to check instead of yours"
    )
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the problems, and return 0 if there are none.

    Raises:
        CommandFailed: the file cannot be read.
    """
    name = options.file or config_file(context)
    if options.file is None and not Path(name).exists():
        return _no_file(context, name, as_json=options.json)
    if options.file is None and not Path(name).is_file():
        # A file named by the user may be a pipe; at the configuration's path, a pipe would hang.
        raise CommandFailed(f"cannot read {name}: it is not a regular file")
    text = read_config(context, name)
    shown = "standard input" if name == "-" else name
    # Relative paths in it are relative to the file, and the daemon runs in another directory.
    sent = shown if name == "-" else str(Path(name).absolute())
    with context.connect() as client:
        result = client.call(methods.CONFIG_CHECK, {"text": text, "file": sent})
    return _show(context, result, shown, sent, as_json=options.json)


def read_config(context: Context, name: str) -> str:
    """Return the text of a file, or of standard input for `-`.

    Raises:
        CommandFailed: it cannot be read, or is not UTF-8.
    """
    if name == "-":
        return context.read_input()
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CommandFailed(f"{name}:{line}: TOML must be UTF-8, and this is not") from None


def _no_file(context: Context, name: str, *, as_json: bool) -> int:
    if as_json:
        context.console.json({"ok": True, "problems": [], "file": name, "exists": False})
    else:
        context.console.line(f"{name} does not exist; the built-in defaults are used")
    return OK


def _show(
    context: Context, result: dict[str, object], shown: str, sent: str, *, as_json: bool
) -> int:
    problems = records(result.get("problems"))
    for problem in (*problems, *records(result.get("unknown"))):
        if problem.get("file") == sent:
            problem["file"] = shown  # as the user named it
    code = OK if result.get("ok") else FAILED
    if as_json:
        context.console.json(result)
        return code
    for line in problem_lines(problems):
        context.console.line(line)
    for note in unknown_name_notes(result):
        context.console.note(note)
    if code == OK:
        context.console.line(f"✓ {shown} is valid", "good")
    else:
        context.console.note(f"{count(len(problems), 'problem')} in {shown}")
    return code
