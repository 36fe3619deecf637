"""`aircher-cli models pick` and `aircher-cli models`: choose the default model from a live list."""

import argparse

from aircher_cli.commands.models import list as listing
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, UsageError
from aircher_cli.parser import PROGRAM, Parser, add_json, make_parser
from aircher_cli.render.formatting import short_path
from aircher_cli.render.layout import paragraph
from aircher_cli.values import text

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.picker.run import Choice

EXAMPLES = """
aircher-cli models
aircher-cli models pick --plain
model=$(aircher-cli models pick)
aircher-cli models pick --json | jq -r .model
"""

DESCRIPTION = """\
Choose the default model from a list that follows the daemon: what is signed in, limited or cooling
down, prices, and what is left. Typing filters; Ctrl-G shows all keys. The choice is written to your
configuration file. The exit code is 1 if you leave without a choice. "aircher-cli models" does the
same; without a terminal, it prints the list."""

OR_LIST = "--or-list"
"""Given by `aircher-cli models`, which prints the list where nothing can be chosen."""


def build_parser() -> Parser:
    """Return the parser of `models pick`."""
    parser = make_parser("models pick", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "--plain", action="store_true", help="a numbered list, for screen readers for example"
    )
    parser.add_argument(
        "--all", action="store_true", help="all known models, none of them folded away"
    )
    parser.add_argument(OR_LIST, action="store_true", help=argparse.SUPPRESS)
    add_json(parser, "print the choice as JSON")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Let the user choose; return 1 if no model was chosen.

    Raises:
        UsageError: there is no terminal.
        KeyboardInterrupt: Ctrl-C.
    """
    if options.or_list and (options.json or not context.console.is_terminal):
        return _print_list(context, options)
    if options.plain:
        return _pick_from_list(context, options)
    from aircher_cli.picker.run import pick_on_screen, way_to_pick  # noqa: PLC0415 -- not for the list

    way = way_to_pick(context)
    if way == "plain":
        return _pick_from_list(context, options)
    if way == "none":
        if options.or_list:
            return _print_list(context, options)
        raise UsageError("models pick needs a terminal", hint=f"{PROGRAM} models use MODEL")
    choice = pick_on_screen(context, chooses_default=True, all_models=options.all)
    if choice is None:
        return _end_without_choice(context, options)
    _print_choice(context, choice, as_json=options.json)
    return OK


def _pick_from_list(context: Context, options: argparse.Namespace) -> int:
    """Let the user choose by a number; the list itself says what was done."""
    from aircher_cli.picker.plain import run_plain  # noqa: PLC0415 -- rarely used

    is_read = options.json or not context.console.is_terminal
    name = run_plain(context, all_models=options.all, output_is_choice=is_read)
    if name is None:
        return _end_without_choice(context, options)
    if options.json:
        context.console.json({"model": name})
    elif not context.console.is_terminal:
        context.console.line(name)
    return OK


def _end_without_choice(context: Context, options: argparse.Namespace) -> int:
    if options.json:
        context.console.json({"model": None})
    return OK if options.or_list else FAILED


def _print_list(context: Context, options: argparse.Namespace) -> int:
    words = [*(["--all"] if options.all else []), *(["--json"] if options.json else [])]
    return listing.run(context, listing.build_parser().parse(words))


def _print_choice(context: Context, choice: "Choice", *, as_json: bool) -> None:
    """Print the name, or what was done if people read it."""
    data = choice.outcome.data if choice.outcome else {}
    if as_json:
        context.console.json({"model": choice.name, **data})
        return
    file = short_path(text(data.get("file")), context.environ.get("HOME", ""))
    message = f"✓ {choice.name} is now the default, in {file}"
    if context.console.is_terminal:
        for line in paragraph(message, context.console.width, hang="  ", style="good"):
            context.console.styled(line)
    else:
        context.console.line(choice.name)
        context.console.note(message)
    if choice.note:
        context.console.note(choice.note)
