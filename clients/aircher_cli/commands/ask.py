"""`aircher-cli ask`: a prompt in, the answer out as it comes. It has to start fast."""

import argparse

from aircher_cli.commands.prompt import read_prompt
from aircher_cli.commands.reply import ReplyPrinter, reply_record, usage_line, way_note
from aircher_cli.context import Context
from aircher_cli.exits import OK, CommandFailed, UsageError, exit_code
from aircher_cli.parser import Parser, add_json, make_parser, non_negative, positive, positive_int
from aircher_client import Client, DaemonError

EXAMPLES = """
aircher-cli ask "why is the sky blue?"
git diff | aircher-cli ask "write a commit message for this"
aircher-cli ask -m openai/gpt-5.5 -s "answer in one word" "capital of France?"
aircher-cli ask -f notes.md -f todo.md "what did I forget?"
aircher-cli ask --json "hello" | jq -r .text
"""

DESCRIPTION = """\
Ask a model. The prompt comes from the arguments, from standard input, or from both: first the
arguments, then a blank line, then standard input. Where the first provider cannot answer the next
one does, and a line on standard error says so."""


def build_parser() -> Parser:
    """Return the parser of `ask`."""
    parser = make_parser("ask", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("prompt", nargs="*", metavar="PROMPT", help="what to ask")
    add("-m", "--model", metavar="MODEL", help="provider/model, or an alias of yours")
    add("-s", "--system", metavar="TEXT", help="the system prompt")
    file_help = "add a text file; - is standard input"
    add("-f", "--file", action="append", default=[], metavar="FILE", help=file_help)
    add("--max-tokens", type=positive_int, metavar="N", help="longest answer")
    add("--temperature", type=non_negative, metavar="T", help="0 is steady, 1 is lively")
    add("--stop", action="append", default=[], metavar="TEXT", help="end the answer before TEXT")
    add("--provider", action="append", default=[], metavar="NAME", help="ask only this provider")
    add("--no-fallback", action="store_true", help="ask nobody but the first choice")
    add("--timeout", type=positive, metavar="SECONDS", help="for everything, fallbacks included")
    add("--no-stream", action="store_true", help="show the answer when it is complete")
    add("-u", "--usage", action="store_true", help="tokens and cost, on standard error")
    add("-v", "--verbose", action="store_true", help="who is tried, on standard error")
    add_json(parser, "one JSON object: text, provider, model, usage, ...")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Ask, and print the answer; return the exit code.

    Raises:
        UsageError: there is nothing to ask.
        DaemonError: nobody could answer, or the answer broke off.
        DaemonUnreachable: there is no daemon.
    """
    prompt = read_prompt(context, options.prompt, options.file)
    if not prompt.strip():
        raise UsageError("nothing to ask: give a prompt, or pipe one in", "aircher-cli ask --help")
    request = build_request(options, prompt)
    printer = ReplyPrinter(context.console, quiet=options.json, verbose=options.verbose)
    with context.connect() as client:
        try:
            result = client.chat(request, printer.on_delta)
        except DaemonError as error:
            if not options.json:
                _show_failure(context, client, printer, error, options)
            raise
        except KeyboardInterrupt:
            context.console.end_line()
            raise
    _show_result(context, printer, result, options)
    return OK


def build_request(options: argparse.Namespace, prompt: str) -> dict[str, object]:
    """Return the chat request; what was not asked for is left out."""
    request: dict[str, object] = {"messages": [{"role": "user", "content": prompt}]}
    for name in ("model", "system", "max_tokens", "temperature", "timeout"):
        if (value := getattr(options, name)) is not None:
            request[name] = value
    if options.stop:
        request["stop"] = options.stop
    if options.no_stream:
        request["stream"] = False
    route: dict[str, object] = {}
    if options.provider:
        route["providers"] = options.provider
    if options.no_fallback:
        route["no_fallback"] = True
    if route:
        request["route"] = route
    return request


def _show_result(
    context: Context, printer: ReplyPrinter, result: dict[str, object], options: argparse.Namespace
) -> None:
    if options.json:
        context.console.json(reply_record(result))
        printer.finish(result, show_text=False)
    else:
        printer.finish(result, show_text=True)
        if not options.verbose and (note := way_note(result, options.model)):
            context.console.note(note)
    if options.usage:
        context.console.note(usage_line(result))


def _show_failure(
    context: Context,
    client: Client,
    printer: ReplyPrinter,
    error: DaemonError,
    options: argparse.Namespace,
) -> None:
    """Show what there is of the answer; tell a newcomer what to do.

    Raises:
        CommandFailed: with a newcomer's first steps, instead of the daemon's error.
    """
    from aircher_cli.commands.ask_failed import (  # noqa: PLC0415 -- costs only who failed
        newcomer_note,
        rest_of_text,
    )

    printer.write(rest_of_text(error, printer.shown))
    context.console.finish_line()
    if note := newcomer_note(context, client, error, options.model):
        raise CommandFailed(note, exit_code=exit_code(error)) from None
