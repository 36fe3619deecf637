"""`aircher-cli ask`: sends a prompt and streams the answer. It must start fast."""

import argparse
import time

from aircher_cli.commands.ask.reply import (
    ReplyPrinter,
    broken_json,
    has_rare_parts,
    reply_record,
    reply_text,
    route_note,
    tool_calls,
    usage_line,
)
from aircher_cli.commands.ask.request import Asked, read_request
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, NO_PROVIDER, NOT_SIGNED_IN, OK, CommandFailed, exit_code
from aircher_cli.parser import (
    Parser,
    add_json,
    add_key,
    add_task,
    fraction,
    make_parser,
    non_empty_name,
    non_empty_text,
    non_negative,
    positive,
    positive_int,
)
from aircher_cli.values import Map, as_map
from aircher_client import Client, ConnectionLost, DaemonError
from aircher_client.project import find_choice
from aircher_wire import codes

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from aircher_client.conversations import SavedConversation

EXAMPLES = """
aircher-cli ask "why is the sky blue?"
git diff | aircher-cli ask "write a commit message for this"
aircher-cli ask -m openai/gpt-5.5 -s "answer in one word" "capital of France?"
git diff | aircher-cli ask -t review
aircher-cli ask -f notes.md -f photo.jpg "what did I forget?"
aircher-cli ask -f paper.pdf "what is new in it?"
aircher-cli ask --schema person.json -f letter.txt "who wrote this?" | jq -r .name
aircher-cli ask --json --tools tools.json "what time is it?" | jq -r '.tool_calls[]?.name'
aircher-cli ask --tool web_search "what happened today?"
aircher-cli ask -m gemini/gemini-2.5-flash-image --modality image "draw a cat"
aircher-cli ask --key work "summarize this" < notes.md
aircher-cli ask --wait 60 --strategy cheapest "any ideas?"
aircher-cli ask --json "hello" | jq -r .text
aircher-cli ask -c "and at sunset?"
aircher-cli ask --conversation tea "how long does green tea take?"
"""

DESCRIPTION = """\
Ask a model. The prompt is made of the arguments, the files and standard input, in this order,
separated by blank lines. If the first provider cannot answer, the next one is asked, and a line on
standard error says so. Sources of the answer are listed on standard error. Images and sound that
the model makes are written to new files in the current directory. Each tool call of the model is
printed as a line of JSON, {"tool_call": {id, name, arguments}}. Questions and answers are kept
on this machine, for -c and --conversation."""

JSON_FILE_HELP = "FILE may be - for standard input, or JSON text."

STRATEGIES = ("priority", "cheapest", "fastest")

MODALITIES = ("text", "image", "audio")

HOSTED_TOOLS = ("web_search", "code_execution")
"""Tools of the providers that need no settings."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def build_parser() -> Parser:
    """Return the parser of `ask`."""
    parser = make_parser("ask", DESCRIPTION, EXAMPLES)
    parser.usage = "aircher-cli ask [options] [PROMPT ...]"
    add = parser.add_argument
    add("prompt", nargs="*", metavar="PROMPT", help="the prompt")
    add(
        "-m",
        "--model",
        type=non_empty_name,
        metavar="MODEL",
        help="provider/model or an alias",
    )
    add_task(parser)
    add("-s", "--system", metavar="TEXT", help="the system prompt")
    file_help = (
        "add a file: text, an image, a PDF or sound (- is standard input), or the URL of an image "
        "or a PDF (if its path has no suffix, add #image or #pdf); repeatable"
    )
    add(
        "-f",
        "--file",
        action="append",
        default=[],
        type=non_empty_name,
        metavar="FILE",
        help=file_help,
    )
    add_json(parser, "print one JSON object: text, message, provider, model, usage, ...")
    _add_conversation_options(parser)
    _add_answer_options(parser)
    _add_json_options(parser)
    _add_routing_options(parser)
    return parser


def _add_conversation_options(parser: Parser) -> None:
    """Add the options for going on with what was said before."""
    add = parser.add_argument_group("conversations").add_argument
    continue_help = "continue the last conversation of this terminal, else the last of all"
    add("-c", "--continue", action="store_true", dest="continues", help=continue_help)
    named_help = "continue the conversation of this name, or begin it"
    add("--conversation", type=non_empty_name, metavar="NAME", help=named_help)
    add("--no-keep", action="store_true", help="do not keep this question and its answer")


def _add_answer_options(parser: Parser) -> None:
    """Add the options for generating and showing the answer."""
    add = parser.add_argument_group("the answer").add_argument
    effort_help = f"reasoning effort: {', '.join(EFFORTS)}"
    add("--reasoning", choices=EFFORTS, metavar="EFFORT", help=effort_help)
    add(
        "--max-tokens",
        type=positive_int,
        metavar="N",
        help="maximum length of the answer in tokens",
    )
    add(
        "--temperature",
        type=non_negative,
        metavar="T",
        help="randomness: 0 is the lowest, 1 is common",
    )
    add(
        "--top-p",
        type=fraction,
        metavar="P",
        help="sample from the most likely tokens only; at most 1",
    )
    stop_help = "stop the answer before TEXT; repeatable"
    add("--stop", action="append", default=[], type=non_empty_text, metavar="TEXT", help=stop_help)
    modality_help = f"request this in the answer: {', '.join(MODALITIES)}; repeatable"
    add(
        "--modality",
        action="append",
        default=[],
        choices=MODALITIES,
        metavar="KIND",
        help=modality_help,
    )
    output_help = "write images and sound to this new file, or into this directory"
    add("-o", "--output", type=non_empty_name, metavar="PATH", help=output_help)
    cache_help = "let the provider cache what precedes the question: -s, --tools, --messages, -f"
    add("--cache", action="store_const", const=True, help=cache_help)
    # argparse compares the whole argument first, so that this is an option of its own.
    hour_help = "the same for an hour, if the provider can"
    add("--cache=1h", action="store_const", const="1h", dest="cache", help=hour_help)
    add("--no-stream", action="store_true", help="print the answer once it is complete")
    raw_help = "print the answer as it comes, as in pipes: not wrapped, no Markdown"
    add("--raw", action="store_true", help=raw_help)
    shown_help = "print the reasoning to standard error (default: only on a terminal)"
    add("--show-reasoning", action=argparse.BooleanOptionalAction, help=shown_help)


def _add_json_options(parser: Parser) -> None:
    """Add the options that take JSON or request it."""
    add = parser.add_argument_group("JSON and tools", JSON_FILE_HELP).add_argument
    add(
        "--schema",
        type=non_empty_name,
        metavar="FILE",
        help="answer with JSON that matches this JSON Schema",
    )
    add("--no-strict", action="store_true", help="do not enforce the schema")
    add("--json-object", action="store_true", help="answer with any JSON object")
    tools_help = (
        "tools that the model may call: a list of {name, description, parameters}, or of tools of "
        "the provider"
    )
    add("--tools", type=non_empty_name, metavar="FILE", help=tools_help)
    hosted_help = f"let the model use a tool of the provider: {', '.join(HOSTED_TOOLS)}; repeatable"
    add(
        "--tool",
        action="append",
        default=[],
        choices=HOSTED_TOOLS,
        metavar="NAME",
        help=hosted_help,
    )
    choice_help = "auto, none, required, or the name of a tool"
    add("--tool-choice", type=non_empty_name, metavar="CHOICE", help=choice_help)
    messages_help = "the conversation so far, including tool results: a list of messages"
    add("--messages", type=non_empty_name, metavar="FILE", help=messages_help)


def _add_routing_options(parser: Parser) -> None:
    """Add the options for choosing providers, and for reporting attempts and usage."""
    group = parser.add_argument_group("providers")
    add = group.add_argument
    only_help = "ask only this provider; repeatable"
    add(
        "--provider",
        action="append",
        default=[],
        type=non_empty_name,
        metavar="NAME",
        help=only_help,
    )
    add_key(group)
    no_fallback_help = "ask only the first available provider; fail if it fails"
    add("--no-fallback", action="store_true", help=no_fallback_help)
    strategy_help = f"order of the providers: {', '.join(STRATEGIES)}"
    add("--strategy", choices=STRATEGIES, metavar="STRATEGY", help=strategy_help)
    wait_help = "if no provider is available now, wait this long for one"
    add("--wait", type=non_negative, metavar="SECONDS", help=wait_help)
    add(
        "--timeout",
        type=positive,
        metavar="SECONDS",
        help="time limit, including fallbacks and waiting",
    )
    verbose_help = "print each attempt, and what only the provider understands, to standard error"
    add("-u", "--usage", action="store_true", help="print tokens and cost to standard error")
    add("-v", "--verbose", action="store_true", help=verbose_help)


def run(context: Context, options: argparse.Namespace) -> int:
    """Ask, and print the answer; return the exit code.

    Raises:
        UsageError: the prompt is empty.
        CommandFailed: a file cannot be used.
        DaemonError: no provider could answer, or the answer broke off.
        DaemonUnreachable: the daemon cannot be reached.
    """
    if options.output:
        from aircher_cli.commands.ask.media_files import check_output  # noqa: PLC0415 -- only for -o

        check_output(options.output)
    earlier = _earlier(context, options)
    if path := find_choice(context.environ):
        from aircher_cli.project_choice import choose  # noqa: PLC0415 -- most have none

        choose(context, options, path, {} if earlier is None else earlier.settings.fields())
    request = read_request(context, options, earlier)
    asked = Asked(context, options, earlier, request)
    printer = ReplyPrinter(
        context.console,
        quiet=options.json,
        verbose=options.verbose,
        with_reasoning=_shows_reasoning(context, options),
        renders=_renders(context, options),
    )
    with context.connect() as client:
        try:
            if options.json:
                result = chat_to_end(client, request, printer)
            else:
                result = chat_or_sign_in(context, client, request, printer)
                options.model = request.get("model")
        except ConnectionLost:
            printer.end_text()
            context.console.finish_line()
            if printer.has_begun:
                _keep_part(client, asked, printer, "broken off")
                raise _broken_off("the daemon ended", "daemon_unreachable") from None
            raise
        except DaemonError as error:
            if not options.json:
                _show_failure(context, client, printer, error, options)
                _keep_part(client, asked, printer, "broken off")
            if earlier is not None:
                from aircher_cli.commands.ask.continuing import explain_key  # noqa: PLC0415 -- only if used

                error = explain_key(error, earlier, options.label)
            raise _with_advice(client, printer, error, options) from None
        except KeyboardInterrupt:
            printer.end_text()
            context.console.end_line()
            _keep_part(client, asked, printer, "stopped")
            raise
    is_saved = _show_result(context, printer, result, options)
    if _may_keep(client, asked):
        from aircher_cli.commands.ask.keeping import keep_result  # noqa: PLC0415 -- the answer comes first

        keep_result(client, asked, result)
    if wrong := _wrong_json(result, request):
        context.console.note(wrong)
        return FAILED
    return OK if is_saved else FAILED


def _wrong_json(result: Map, request: Map) -> str:
    """Return a note if the answer is not the JSON that was asked for; else an empty string."""
    wanted = as_map(request.get("response_format"))
    if broken := broken_json(result, wants_json=bool(wanted)):
        return broken
    if not wanted or tool_calls(result):
        return ""
    from aircher_cli.commands.ask.schema_match import answer_problem  # noqa: PLC0415 -- only for JSON

    problem = answer_problem(reply_text(result), wanted)
    return problem and f"aircher-cli: {problem}"


def _earlier(context: Context, options: argparse.Namespace) -> "SavedConversation | None":
    """Return the conversation that is continued, None without one. Raises as `open_earlier`."""
    if not options.continues and options.conversation is None:
        return None
    from aircher_cli.commands.ask.continuing import open_earlier  # noqa: PLC0415 -- only if used

    return open_earlier(context, options)


def _may_keep(client: Client, asked: Asked) -> bool:
    """Tell whether the answer is kept, perhaps: if surely not, nothing is imported for it."""
    is_off = asked.context.environ.get("AIRCHER_KEEP") == "0"
    given = as_map(client.server.get("conversations"))
    return not (asked.options.no_keep or is_off or given.get("keep") is False)


def _keep_part(client: Client, asked: Asked, printer: ReplyPrinter, why: str) -> None:
    """Keep the part of an answer that was shown, marked with why it is no more."""
    if printer.shown.strip() and _may_keep(client, asked):
        from aircher_cli.commands.ask.keeping import keep_part  # noqa: PLC0415 -- the answer comes first

        keep_part(client, asked, printer.shown, why)


def chat_or_sign_in(context: Context, client: Client, request: Map, printer: ReplyPrinter) -> Map:
    """Return the result of a chat; offer to sign in where that is missing, and send it again.

    The user may choose another model instead, which changes the `model` of `request`.

    Raises:
        DaemonError, DaemonUnreachable: as `Client.chat`.
    """
    while True:
        try:
            return chat_to_end(client, request, printer)
        except DaemonError as error:
            if not is_about_keys(error):
                raise
            from aircher_cli.signing_in.offer import offer  # noqa: PLC0415 -- only after a failure

            change = offer(context, client, error)
            if change is None:
                raise
        request.update(change)


def is_about_keys(error: DaemonError) -> bool:
    """Tell whether only keys are missing or unusable, and the error says what to do."""
    return "sign_in" in error.data and exit_code(error) == NOT_SIGNED_IN


def chat_to_end(client: Client, request: Map, printer: ReplyPrinter) -> Map:
    """Return the result of a chat; a turn that the provider pauses is continued.

    Raises:
        DaemonError, DaemonUnreachable: as `Client.chat`.
    """
    started = time.monotonic()
    result = client.chat(request, printer.on_delta)
    if result.get("finish") != "pause":
        return result
    from aircher_cli.commands.ask.paused_turns import continue_turn  # noqa: PLC0415 -- rarely needed

    return continue_turn(client, request, result, printer.on_delta, started=started)


def _shows_reasoning(context: Context, options: argparse.Namespace) -> bool:
    """Tell whether reasoning is shown: as the options say, else only on a terminal."""
    if options.show_reasoning is not None:
        return bool(options.show_reasoning)
    return context.console.err_is_terminal and not options.json


def _renders(context: Context, options: argparse.Namespace) -> bool:
    """Tell whether the answer is wrapped and formatted: text, for a person."""
    is_text = not (options.raw or options.schema or options.json_object)
    return is_text and context.console.is_terminal


def _show_result(
    context: Context, printer: ReplyPrinter, result: Map, options: argparse.Namespace
) -> bool:
    """Show the answer; return whether its images and sound are saved as requested."""
    files: list[Map] = []
    is_saved = True
    if not options.json:
        printer.finish(result, show_text=True)
    if options.output or (has_rare_parts(result) and not options.json):
        from aircher_cli.commands.ask.media_files import save_media  # noqa: PLC0415 -- rarely needed

        files, is_saved = save_media(context.console, result, options.output)
    if options.json:
        record = reply_record(result)
        context.console.json({**record, "files": files} if options.output else record)
        printer.finish(result, show_text=False)
    elif not options.verbose and (note := route_note(result, options.model)):
        context.console.note(note)
    if options.usage:
        context.console.note(usage_line(result))
    return is_saved


def _with_advice(
    client: Client, printer: ReplyPrinter, error: DaemonError, options: argparse.Namespace
) -> DaemonError | CommandFailed:
    """Return the error with suggestions, without the attempts if they were shown already."""
    from aircher_cli.commands.ask.failure_help import (  # noqa: PLC0415 -- only after a failure
        with_file_name,
        with_model_suggestion,
        with_models_hint,
    )
    from aircher_cli.failures import retry_lines  # noqa: PLC0415 -- likewise

    if error.code == codes.SHUTTING_DOWN and printer.has_begun:
        return _broken_off(why_gone(error), error.code)
    error = with_file_name(with_model_suggestion(client, error), options.messages)
    if options.messages is None and not options.json:
        error = with_models_hint(error, options.file)
    if printer.has_shown_attempts and not options.json and not is_about_keys(error):
        message = "\n".join([error.message, *retry_lines(error.data, time.time())])
        return CommandFailed(message, exit_code=exit_code(error), code=error.code)
    return error


def why_gone(error: DaemonError) -> str:
    """Return why a daemon that was used is gone: the end of a forward says it itself."""
    is_forward = error.message.startswith("the forward ")
    return error.message if is_forward else "the daemon was stopped"


def _broken_off(why: str, code: str) -> CommandFailed:
    """Return the failure of an answer that had begun."""
    message = f"the answer broke off, because {why}: ask again"
    return CommandFailed(message, exit_code=NO_PROVIDER, code=code)


def _show_failure(
    context: Context,
    client: Client,
    printer: ReplyPrinter,
    error: DaemonError,
    options: argparse.Namespace,
) -> None:
    """Show the rest of a partial answer.

    Raises:
        CommandFailed: how to choose a model, instead of the daemon's error, if that is missing.
    """
    from aircher_cli.commands.ask.failure_help import (  # noqa: PLC0415 -- only after a failure
        other_model_help,
        unshown_text,
    )

    printer.write(unshown_text(error, printer.shown))
    printer.end_text()
    context.console.finish_line()
    if has_rare_parts(error.data):  # images that came before the answer broke off
        from aircher_cli.commands.ask.media_files import save_media  # noqa: PLC0415 -- rarely needed

        save_media(context.console, error.data, options.output)
    if note := other_model_help(client, error, options.model or options.task):
        raise CommandFailed(note, exit_code=exit_code(error)) from None
