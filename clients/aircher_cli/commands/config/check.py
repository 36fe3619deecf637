"""`aircher-cli config check`: checks a configuration without using it."""

import argparse
from pathlib import Path

from aircher_cli.commands.config.path import config_file
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.config.problems import problem_lines, warning_notes
from aircher_cli.render.formatting import count, short_path
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
    """Print the problems, and return 0 if there are none."""
    if options.file is None:
        return _check_own(context, as_json=options.json)
    return _check(context, options.file, as_json=options.json)


def _check_own(context: Context, *, as_json: bool) -> int:
    """Let the daemon check its file: it knows whether there was one before."""
    name = config_file(context)
    with context.connect() as client:
        result = client.call(methods.CONFIG_CHECK, {})
    if result.get("file") != name:
        # The daemon was started with another home.
        return _check(context, name, as_json=as_json)
    shown = short_path(name, context.environ.get("HOME", ""))
    if not as_json and result.get("ok") and not result.get("exists"):
        context.console.line(f"{shown} does not exist; the built-in defaults are used")
        return OK
    return _show(context, result, shown, as_json=as_json)


def _check(context: Context, name: str, *, as_json: bool) -> int:
    shown = "standard input" if name == "-" else name
    # Relative paths in it are relative to the file, and the daemon runs in another directory.
    sent = shown if name == "-" else str(Path(name).absolute())
    try:
        text = read_config(context, name)
    except OSError as error:
        return _show(context, _unreadable(shown, error), shown, as_json=as_json)
    with context.connect() as client:
        result = client.call(methods.CONFIG_CHECK, {"text": text, "file": sent})
    for problem in (*records(result.get("problems")), *records(result.get("unknown"))):
        if problem.get("file") == sent:
            problem["file"] = shown  # as the user named it
    return _show(context, result, shown, as_json=as_json)


def read_config(context: Context, name: str) -> str:
    """Return the text of a file, or of standard input for `-`.

    Bytes that are not UTF-8 become lone surrogates, which the daemon reports with their line.

    Raises:
        OSError: it cannot be read.
    """
    if name == "-":
        return context.read_input()
    return Path(name).read_text(encoding="utf-8", errors="surrogateescape")


def _unreadable(shown: str, error: OSError) -> dict[str, object]:
    """Return what the daemon would answer about a file that cannot be read."""
    if isinstance(error, IsADirectoryError):
        message, hint = "is not a file", "a directory, device or pipe cannot be a config"
    else:
        message, hint = f"cannot be read: {error.strerror}", "check the file and its directory"
    problem = {"file": shown, "line": 0, "path": "", "message": message, "hint": hint}
    return {"ok": False, "message": f"{shown}: {message} ({hint})", "problems": [problem]}


def _show(context: Context, result: dict[str, object], shown: str, *, as_json: bool) -> int:
    problems = records(result.get("problems"))
    code = OK if result.get("ok") else FAILED
    if as_json:
        context.console.json(result)
        return code
    for line in problem_lines(problems):
        context.console.line(line)
    for note in [*unknown_name_notes(result), *warning_notes(result)]:
        context.console.note(note)
    if code == OK:
        context.console.line(f"✓ {shown} is valid", "good")
    else:
        context.console.note(f"{count(len(problems), 'problem')} in {shown}")
    return code
