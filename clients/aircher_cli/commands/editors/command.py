"""`aircher-cli editors`: prints the settings with which an editor uses aircher."""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name, positive_int
from aircher_cli.registry import suggest
from aircher_cli.values import Map, text

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.commands.editors.models import Model
    from aircher_cli.commands.editors.settings.block import Block, Editor, Place
    from aircher_client import Client

EXAMPLES = """
aircher-cli editors
aircher-cli editors neovim
aircher-cli editors zed --port 8137
aircher-cli editors continue --models sonnet,fast
aircher-cli editors zed --agent claude --agent codex
"""

MAX_PORT = 65535
MANY = 30
"""Models that are more than a list in an editor is good for."""

DESCRIPTION = """\
Print the settings with which an editor or a plugin of one uses aircher: names of models, windows,
abilities, URL and token, from the live catalogue. Without a name, list them. Standard output has
the settings alone, ready to be pasted; where they belong, and what else is to be done, is on
standard error. Editors that come over TCP need a port and a token: the token is named after the
editor, created if there is none of that name, and shown once. None of your files is changed,
except that --port opens a port in the configuration of aircher."""


def build_parser() -> Parser:
    """Return the parser of `editors`."""
    parser = make_parser("editors", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("editor", nargs="?", type=non_empty_name, metavar="NAME", help="the editor or plugin")
    models_help = "only these models, the default first: names separated by commas"
    add("--models", type=non_empty_name, metavar="NAME,...", help=models_help)
    add("--all", action="store_true", help="also models that cannot be asked now")
    agent_help = "print the settings of this agent, started by `aircher-cli run`; repeat for more"
    add(
        "--agent",
        dest="agents",
        action="append",
        default=[],
        type=non_empty_name,
        metavar="AGENT",
        help=agent_help,
    )
    add("--port", type=port_number, metavar="N", help="open this port first, if none is open")
    tokens = parser.add_mutually_exclusive_group().add_argument
    tokens("--new-token", action="store_true", help="end the editor's token, and create a new one")
    tokens("--no-token", action="store_true", help="create no token")
    add_json(parser)
    return parser


def port_number(word: str) -> int:
    """Return the number of a port.

    Raises:
        ArgumentTypeError: it is none.
    """
    number = positive_int(word)
    if number > MAX_PORT:
        raise argparse.ArgumentTypeError(f"must be at most {MAX_PORT}")
    return number


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the settings, or the list.

    Raises:
        UsageError: an unknown editor, agent or model, or options that do not fit.
        CommandFailed: there is nothing to print.
        DaemonUnreachable, DaemonError: the daemon cannot be asked, or refuses.
    """
    from aircher_cli.commands.editors.settings.table import (  # noqa: PLC0415 -- not for help
        EDITORS,
        find_editor,
    )

    if options.editor is None:
        _check_alone(options)
        return _print_list(context, as_json=options.json)
    editor = find_editor(options.editor)
    if editor is None:
        raise UsageError(
            f"there is no editor {options.editor} here{suggest(options.editor, list(EDITORS))}",
            "aircher-cli editors",
        )
    _check_options(editor, options)
    place, notes = _place(context, editor, options)
    make = editor.make_agents if options.agents else editor.make
    assert make is not None  # `_place` has refused agents of an editor that starts none
    block = make(place)
    if options.json:
        context.console.json(record(editor, place, block, notes))
        return OK
    _print_block(context, block, (*notes, *_shown_once(place, block)))
    return OK


def _check_alone(options: argparse.Namespace) -> None:
    """Refuse options of one editor where none is named."""
    given = [name for name, value in _options(options) if value]
    if given:
        raise UsageError(f"{given[0]}: for which editor?", "aircher-cli editors NAME")


def _options(options: argparse.Namespace) -> list[tuple[str, object]]:
    return [
        ("--port", options.port),
        ("--new-token", options.new_token),
        ("--models", options.models),
        ("--all", options.all),
        ("--agent", options.agents),
        ("--no-token", options.no_token),
    ]


def _check_options(editor: "Editor", options: argparse.Namespace) -> None:
    """Refuse what would be ignored."""
    given = [name for name, value in _options(options) if value]
    if options.agents or editor.needs != "port":
        for name in given:
            if name in ("--port", "--new-token"):
                what = "an agent" if options.agents else editor.name
                raise UsageError(f"{name}: {what} needs no port and no token")
    if options.agents or editor.needs not in ("plugin", "program"):
        return
    if editor.needs == "plugin" and options.models:
        raise UsageError(f"--models: aircher's own plugin lets you choose in {editor.name}")
    if options.all or len(_names(options)) > 1:
        name = "--all" if options.all else "--models"
        raise UsageError(f"{name}: the settings of {editor.name} have no list of models")


def _print_list(context: Context, *, as_json: bool) -> int:
    from aircher_cli.commands.editors.settings.table import EDITORS  # noqa: PLC0415 -- likewise
    from aircher_cli.render.layout import Line, columns  # noqa: PLC0415 -- only for the list

    if as_json:
        rows = [
            {
                "editor": each.name,
                "how": each.how,
                "needs": each.needs,
                "agents": each.make_agents is not None,
            }
            for each in EDITORS.values()
        ]
        context.console.json({"editors": rows})
        return OK
    cells: list[Line] = [
        [("·", "dim"), (each.name, "bold"), (each.how, "")] for each in EDITORS.values()
    ]
    for lines in columns(cells, context.console.width, droppable=()):
        for line in lines:
            context.console.styled(line)
    context.console.note("settings of one: aircher-cli editors NAME")
    return OK


def _shown_once(place: "Place", block: "Block") -> tuple[str, ...]:
    """Return what to say of a token that was created now."""
    from aircher_cli.commands.editors.settings.block import TOKEN_HERE  # noqa: PLC0415 -- not for help

    if place.token in ("", TOKEN_HERE):
        return ()
    if place.token in block.text:
        return ("the token is in the settings, and is not shown again: let no one else read them",)
    return (f"the token, which is not shown again: {place.token}",)


def _print_block(context: Context, block: "Block", notes: tuple[str, ...]) -> None:
    context.console.write(f"{block.text}\n")
    for note in (f"for {block.file}", *block.hints, *notes):
        context.console.note(f"aircher-cli: {note}")


def record(editor: "Editor", place: "Place", block: "Block", notes: tuple[str, ...]) -> Map:
    """Return the settings for programs; the token is in them if it was created now.

    `hints` are the same each time, `notes` are about what was found now.
    """
    from aircher_cli.commands.editors.settings.block import TOKEN_HERE  # noqa: PLC0415 -- for --json

    comes_in: Map = {"url": place.url, "socket": place.socket}
    token = place.token if place.token != TOKEN_HERE else ""
    return {
        "editor": editor.name,
        "file": block.file,
        "language": block.language,
        "settings": block.text,
        "hints": list(block.hints),
        "notes": list(notes),
        "models": [model._asdict() for model in place.models],
        "agents": {server.title: list(server.words) for server in place.servers},
        **{name: value for name, value in comes_in.items() if value},
        **({"token": token} if token else {}),
    }


# ------------------------------------------------------------------ what the settings are made of


def _place(
    context: Context, editor: "Editor", options: argparse.Namespace
) -> "tuple[Place, tuple[str, ...]]":
    """Return what the settings are made of, and what is to be said beside them."""
    from aircher_cli.commands.editors.models import Model  # noqa: PLC0415 -- not for help
    from aircher_cli.commands.editors.settings.block import Place  # noqa: PLC0415 -- likewise
    from aircher_cli.commands.editors.settings.table import FOLDERS  # noqa: PLC0415 -- likewise
    from aircher_cli.commands.editors.shipped import shipped_folder  # noqa: PLC0415 -- likewise

    bare = Place("", "", "", (), program=own_program(context.environ))
    if options.agents:
        return _with_agents(context, editor, options, bare)
    if editor.name in FOLDERS:
        return bare._replace(folder=shipped_folder(FOLDERS[editor.name])), ()
    if editor.needs == "program":
        return bare._replace(models=tuple(Model(name, name) for name in _names(options))), ()
    with context.connect() as client:
        return _asked(client, editor, options, bare)


def _with_agents(
    context: Context, editor: "Editor", options: argparse.Namespace, bare: "Place"
) -> "tuple[Place, tuple[str, ...]]":
    from aircher_cli.commands.editors.agents import (  # noqa: PLC0415 -- only for agents
        AGENTS,
        install_command,
    )
    from aircher_cli.commands.editors.settings.block import Server  # noqa: PLC0415 -- likewise
    from aircher_cli.commands.editors.settings.table import EDITORS  # noqa: PLC0415 -- likewise

    if editor.make_agents is None:
        do = ", ".join(each.name for each in EDITORS.values() if each.make_agents)
        raise UsageError(f"{editor.name} starts no agents; these do: {do}")
    for name in options.agents:
        if name not in AGENTS:
            known = ", ".join(AGENTS)
            raise UsageError(f"--agent: must be one of {known}{suggest(name, list(AGENTS))}")
    chosen = [AGENTS[name] for name in dict.fromkeys(options.agents)]
    model = next(iter(_names(options)), "")
    servers = tuple(
        Server(each.name, each.title, tuple(each.command(bare.program, model, context.environ)))
        for each in chosen
    )
    notes = tuple(
        f"{each.words[0]} is not in PATH: {install_command(each.words[0])}"
        for each in chosen
        if not each.is_installed(context.environ)
    )
    return bare._replace(servers=servers), notes


def _names(options: argparse.Namespace) -> list[str]:
    """Return the names of `--models`."""
    names = [name.strip() for name in (options.models or "").split(",")]
    return list(dict.fromkeys(name for name in names if name))


def _asked(
    client: "Client", editor: "Editor", options: argparse.Namespace, bare: "Place"
) -> "tuple[Place, tuple[str, ...]]":
    """Return what the daemon knows: models, and where the editor comes in."""
    from aircher_cli.commands.editors.access import open_access  # noqa: PLC0415 -- not for help
    from aircher_cli.commands.editors.models import models_for_editor  # noqa: PLC0415 -- likewise
    from aircher_wire import methods  # noqa: PLC0415 -- likewise

    models = models_for_editor(
        client.call(methods.MODELS_LIST, {"all": True}), _names(options), every=options.all
    )
    if not models:
        raise no_models(client)
    listed: Map = client.call(methods.TOKEN_LIST)
    place = bare._replace(models=tuple(models), socket=text(listed.get("socket")))
    notes = (*_many(models), *(_assumed(models) if editor.has_windows else ()))
    if editor.needs != "port":
        return place, notes
    access = open_access(
        client,
        listed,
        editor.name,
        port=options.port,
        is_new=options.new_token,
        is_left=options.no_token,
    )
    found = place._replace(url=access.url, token=access.shown_token)
    return found, (*access.notes, *notes)


def no_models(client: "Client") -> Exception:
    """Return why there is no model to print: no key serves one, or nothing chats."""
    from aircher_cli.signing_in.notes import sign_in_error  # noqa: PLC0415 -- only after this

    return sign_in_error(client) or CommandFailed(
        "no model can be asked now: see aircher-cli status; or print all with --all",
        code="no_models",
    )


def _many(models: "list[Model]") -> tuple[str, ...]:
    if len(models) <= MANY:
        return ()
    return (f"these are {len(models)} models; for fewer: --models NAME,NAME",)


def _assumed(models: "list[Model]") -> tuple[str, ...]:
    unknown = [model.name for model in models if not model.is_window_known]
    if not unknown:
        return ()
    shown = ", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else "")
    note = (
        f"the windows of {shown} are not known: 128,000 tokens are assumed. [catalog] in the "
        "configuration can say better"
    )
    return (note,)


def own_program(environ: Mapping[str, str]) -> str:
    """Return the path of `aircher-cli`: editors may have another PATH."""
    started = sys.argv[0]
    beside = os.path.join(os.path.dirname(sys.executable), "aircher-cli")  # noqa: PTH118, PTH120 -- texts
    if os.path.basename(started) == "aircher-cli" and os.path.isfile(started):  # noqa: PTH119, PTH113 -- likewise
        return os.path.abspath(started)  # noqa: PTH100 -- a link stays one
    if os.path.isfile(beside):  # noqa: PTH113 -- a text
        return beside
    return shutil.which("aircher-cli", path=environ.get("PATH")) or "aircher-cli"
