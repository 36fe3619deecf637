"""`aircher-cli run`: starts a tool that uses aircher."""

import argparse
from collections.abc import Sequence

from aircher_cli.commands.run.choice import choose, client_name
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.values import Map, as_map, records, text, texts
from aircher_client import DaemonError
from aircher_wire import codes, methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.commands.run.tools.recipe import Door
    from aircher_cli.commands.run.tools.table import Found
    from aircher_client import Client

EXAMPLES = """
aircher-cli run -- claude
aircher-cli run -m sonnet -- codex exec "fix the tests"
aircher-cli run -- python my_script.py
aircher-cli run --list
aircher-cli run --print-env -- gemini
"""

DESCRIPTION = """\
Start a tool that uses aircher: with the variables, arguments or temporary files that it takes, and
a token that ends with it. Your own files are not changed, and keys in this shell's variables are
hidden from it. A tool that is not in the list gets the variables of all vendors' SDKs. The exit
code is the tool's."""


class _RunParser(Parser):
    """All that follows the name of the tool belongs to the tool, also without `--`."""

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse. Raises as `Parser.parse`."""
        return super().parse(with_dashes(words))


VALUED = ("-m", "--model", "--project", "--as")


def with_dashes(words: Sequence[str]) -> list[str]:
    """Return the arguments with `--` before the name of the tool."""
    at = 0
    while at < len(words):
        if words[at] == "--":
            return list(words)
        if not words[at].startswith("-"):
            return [*words[:at], "--", *words[at:]]
        at += 2 if words[at] in VALUED else 1
    return list(words)


def build_parser() -> Parser:
    """Return the parser of `run`."""
    parser = make_parser("run", DESCRIPTION, EXAMPLES, kind=_RunParser)
    add = parser.add_argument
    model_help = (
        "answer all of its requests with this model, whatever name it has for it; without this, "
        "your default model is set where the tool has a setting for it"
    )
    add("-m", "--model", type=non_empty_name, metavar="MODEL", help=model_help)
    add("--project", type=non_empty_name, metavar="PROJECT", help="the project of its requests")
    add("--keep-keys", action="store_true", help="let it see the keys in this shell's variables")
    as_help = "what the program is, if its name does not say so: one of --list"
    add("--as", dest="wished", type=non_empty_name, metavar="TOOL", help=as_help)
    add("--list", action="store_true", help="list the tools that are known")
    print_help = "print what would be set, for use without `run`"
    add("--print-env", action="store_true", help=print_help)
    add_json(parser, "print JSON, with --list or --print-env")
    add("tool", nargs="*", metavar="TOOL", help="the tool, and its own arguments")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Run the tool and return its exit code.

    Raises:
        UsageError: there is no tool, or an option would lead it elsewhere.
        DaemonUnreachable, DaemonError: it cannot get a token.
        CommandFailed: it cannot be started.
    """
    if options.list:
        from aircher_cli.commands.run.printing import print_list  # noqa: PLC0415 -- not to run

        return print_list(context, as_json=options.json)
    if not options.tool:
        raise UsageError("which tool? Write it after --", "aircher-cli run --help")
    if options.json and not options.print_env:
        raise UsageError("--json is for --list and --print-env", "aircher-cli run --help")
    words = list(options.tool)
    found = choose(words, options.wished)
    if options.print_env:
        from aircher_cli.commands.run.printing import print_environment  # noqa: PLC0415 -- likewise

        return print_environment(context, options, found)
    return _run(context, options, found, words)


def _run(context: Context, options: argparse.Namespace, found: "Found", words: list[str]) -> int:
    from aircher_cli.commands.run.child import run_tool  # noqa: PLC0415 -- only to run one
    from aircher_cli.commands.run.door import OpenDoor  # noqa: PLC0415 -- likewise
    from aircher_cli.commands.run.environment import tool_environment  # noqa: PLC0415 -- likewise
    from aircher_cli.commands.run.folder import Folder  # noqa: PLC0415 -- likewise
    from aircher_client.project import find_project  # noqa: PLC0415 -- likewise

    project = options.project or find_project(context.environ)
    params: Map = {
        "name": client_name(found, words),
        **({"project": project} if project else {}),
        **({"model": options.model} if options.model else {}),
    }
    opened = OpenDoor(context, params)
    folder = Folder(context.environ)
    try:
        is_said = offer_to_sign_in(context, opened.client, options.model, found, words)
        door = describe_door(
            opened.client, options.model, opened.url, opened.token, str(folder.path)
        )
        setup = found.tool.set_up(door, context.environ)
        environ = tool_environment(
            context.environ,
            found.tool,
            setup,
            opened.key_variables,
            keeps_keys=options.keep_keys,
            is_wished=door.is_wished,
        )
        try:
            folder.put(setup.files)
        except OSError as error:
            raise CommandFailed(f"cannot write {folder.path}: {error.strerror}") from None
        if not (door.model or is_said):
            context.console.note("aircher-cli: no model is chosen yet: run aircher-cli models")
        at = found.at + 1
        return run_tool([*words[:at], *setup.arguments, *words[at:]], environ, opened)
    finally:
        folder.remove()
        opened.close()


def offer_to_sign_in(
    context: Context, client: "Client", wished: str | None, found: "Found", words: list[str]
) -> bool:
    """Offer to sign in where no key serves the requests of a tool; without a person, say so.

    Return whether something was said.

    Raises:
        CommandFailed: the user has left.
        DaemonError: there is no model of the name that the user wished for.
    """
    request: Map = {} if wished is None else {"model": wished}
    try:
        # Most users have a key: nothing else is imported then.
        if as_map(client.call(methods.ROUTE_EXPLAIN, request)).get("candidates"):
            return False
        from aircher_cli.signing_in.notes import explain  # noqa: PLC0415 -- rarely needed

        plan = explain(client, request)
    except DaemonError as error:
        if "sign_in" not in error.data:
            if wished is not None:
                raise
            if error.code != codes.CONFIG_INVALID:  # a notice has said that
                context.console.note(f"aircher-cli: {error.message}")
            return True
        plan = error.data
    if "sign_in" not in plan:
        return False
    from aircher_cli.signing_in.offer import offer_before  # noqa: PLC0415 -- rarely needed

    offer_before(context, client, plan, f"start {client_name(found, words)} without a key")
    return True


def describe_door(
    client: "Client", wished: str | None, url: str, token: str, folder: str
) -> "Door":
    """Return where aircher is for a tool, with the model that it should use.

    Raises:
        DaemonError: there is no model of the name that the user wished for.
    """
    from aircher_cli.commands.run.tools.recipe import Door  # noqa: PLC0415 -- not for `--list`

    if wished is not None:
        plan = client.call(methods.ROUTE_EXPLAIN, {"model": wished})
        first = next(iter(records(as_map(plan).get("candidates"))), {})
        provider = text(first.get("provider"))
        return Door(url, token, wished, is_wished=True, provider=provider, folder=folder)
    default = as_map(as_map(client.call(methods.STATUS, {"keyring": False})).get("default"))
    candidates = texts(default.get("candidates"))
    model = text(default.get("model")) or next(iter(candidates), "")
    provider = next(iter(candidates), "").partition("/")[0]
    return Door(url, token, model, provider=provider, folder=folder)
