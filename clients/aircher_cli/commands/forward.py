"""`aircher-cli forward`: lets another machine use the daemon of this one, over ssh."""

import argparse
from collections.abc import Sequence

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name

EXAMPLES = """
aircher-cli forward buildbox
aircher-cli forward --keep me@buildbox -- -p 2222
aircher-cli forward --as /home/me/private/aircher.sock buildbox
aircher-cli forward --as laptop buildbox
aircher-cli forward --print buildbox
"""

DESCRIPTION = """\
Let aircher-cli and editors on HOST use the daemon of this machine, over ssh, until Ctrl-C: keys
stay here. On HOST aircher must be installed, and needs no configuration. What runs there may ask
models and look at the state, and nothing else; it is called CLIENT@HOST in usage, limits and
[clients]. Options of ssh follow --."""


class _ForwardParser(Parser):
    """What follows `--` is ssh's, and stays as it is."""

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse. Raises as `Parser.parse`."""
        at = words.index("--") if "--" in words else len(words)
        options = super().parse(words[:at])
        options.ssh_options = list(words[at + 1 :])
        return options


def build_parser() -> Parser:
    """Return the parser of `forward`."""
    parser = make_parser("forward", DESCRIPTION, EXAMPLES, kind=_ForwardParser)
    add = parser.add_argument
    add("host", nargs="?", metavar="HOST", help="where to, as ssh knows it")
    add("--keep", action="store_true", help="connect again whenever the connection ends")
    as_help = (
        "the socket on HOST; clients there need AIRCHER_SOCKET=PATH then. A NAME is for the daemon "
        "there: its provider NAME of kind socket looks for it"
    )
    add("--as", dest="wished", type=non_empty_name, metavar="PATH", help=as_help)
    name_help = "what clients' names end with; without it HOST as it is given"
    add("--name", type=non_empty_name, metavar="NAME", help=name_help)
    command_help = "how aircher-cli is started on HOST, if a shell does not find it there"
    add("--command", type=non_empty_name, metavar="COMMAND", help=command_help)
    print_help = "print lines for ~/.ssh/config that do it without this program"
    add("--print", dest="prints", action="store_true", help=print_help)
    add_json(parser, "print a line of JSON when it is ready, and when the connection is lost")
    add("--remote", action="store_true", help=argparse.SUPPRESS)  # the end on HOST
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Forward until it ends; return the exit code.

    Raises:
        UsageError: there is no host.
        CommandFailed: it could not begin, or has ended although no signal came.
        DaemonUnreachable: no daemon runs here, and none could be started.
    """
    if options.remote:
        from aircher_cli.forwarding.remote import serve  # noqa: PLC0415 -- only on HOST

        return serve(context.environ)
    if options.host is None:
        raise UsageError("which host? Name it as ssh knows it", "aircher-cli forward --help")
    if options.prints:
        from aircher_cli.forwarding.printing import ssh_lines  # noqa: PLC0415 -- not to forward

        lines = ssh_lines(context.environ, options.host, options.wished)
        if options.json:
            context.console.json({"lines": lines})
        else:
            context.console.write("\n".join((*lines, "")))
        return OK
    from aircher_cli.forwarding.forwarder import Forwarder, Wishes  # noqa: PLC0415 -- likewise

    wishes = Wishes(
        host=options.host,
        ssh_options=options.ssh_options,
        is_kept=options.keep,
        socket=options.wished,
        name=options.name,
        command=options.command,
        as_json=options.json,
    )
    return Forwarder(context, wishes).run()
