"""Builds the chat request of `ask` from its options; options that are not set are left out.

The modules for tools, schemas and conversations are imported only if they are used.
"""

import argparse
import time

from aircher_cli.commands.ask.prompt import read_prompt
from aircher_cli.commands.inputs.file_input import STDIN, refuse_repeated_stdin
from aircher_cli.context import Context
from aircher_cli.exit_codes import UsageError
from aircher_cli.values import Map

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from aircher_cli.commands.inputs.json_input import JsonInput
    from aircher_client.conversations import SavedConversation

HELP_COMMAND = "aircher-cli ask --help"

MIN_WAIT_SECONDS = 0.1
"""Reading for less does not count for `--timeout`, and a request has this much time at least."""

PLAIN_FIELDS = (
    "model",
    "task",
    "system",
    "reasoning",
    "max_tokens",
    "temperature",
    "top_p",
    "timeout",
    "wait",
    "conversation",
)
"""Options that become fields of the request with the same name."""


class Asked:
    """A request with what it was made from; `earlier` is the conversation that it continues."""

    __slots__ = ("context", "earlier", "options", "request")

    def __init__(
        self,
        context: Context,
        options: argparse.Namespace,
        earlier: "SavedConversation | None",
        request: Map,
    ) -> None:
        self.context = context
        self.options = options
        self.earlier = earlier
        self.request = request

    @property
    def is_whole_conversation(self) -> bool:
        """Whether `--messages` has all of a conversation, whose name is only for the provider."""
        return self.earlier is None and self.options.conversation is not None

    @property
    def system(self) -> str | None:
        """The system prompt, which `--cache` makes a message."""
        if self.options.system is not None:
            return str(self.options.system)
        if self.earlier is None or self.options.task is not None:
            return None
        return self.earlier.system

    def __repr__(self) -> str:
        return f"<Asked with {self.earlier!r}>"


def read_request(
    context: Context,
    options: argparse.Namespace,
    conversation: "SavedConversation | None" = None,
) -> Map:
    """Return the chat request, including what is read from files and standard input.

    It begins with the messages of a `conversation`, and has its settings unless the options say
    otherwise.

    Raises:
        UsageError: there is no prompt, or options contradict each other.
        CommandFailed: a file cannot be read or is invalid.
    """
    readers = {
        "-f": options.file.count(STDIN),
        "--messages": int(options.messages == STDIN),
        "--tools": int(options.tools == STDIN),
        "--schema": int(options.schema == STDIN),
    }
    refuse_repeated_stdin(readers)
    started = time.monotonic()
    if options.timeout is not None:
        context.read_until = started + options.timeout
    if conversation is None:
        messages = _conversation(context, options)
    else:
        messages = conversation.marked_messages
    shape = {**_tools(context, options), **_format(context, options)}
    reads_input = not any(readers.values())
    content = read_prompt(
        context,
        options.prompt,
        options.file,
        reads_input=reads_input,
        has_messages=bool(messages) and conversation is None,
        cache=options.cache,
    )
    question = [{"role": "user", "content": content}] if content else []
    if not (question or (messages and conversation is None)):
        raise UsageError("there is no prompt: pass one as an argument, or pipe it in", HELP_COMMAND)
    request: Map = {"messages": [*messages, *question], **shape, **plain_fields(options)}
    waited = time.monotonic() - started
    if options.timeout is not None and waited >= MIN_WAIT_SECONDS:
        request["timeout"] = round(max(options.timeout - waited, MIN_WAIT_SECONDS), 3)
    if conversation is not None:
        from aircher_cli.commands.ask.continuing import add_settings, say_what_is_missing  # noqa: PLC0415 -- only if used

        add_settings(request, conversation)
        say_what_is_missing(context, conversation)
    if options.cache is None:
        return request
    if options.cache is True and options.prompt[:1] == ["1h"]:
        raise UsageError('write --cache=1h; "1h" on its own is a part of the prompt', HELP_COMMAND)
    from aircher_cli.commands.ask.cache_marks import mark_for_cache  # noqa: PLC0415 -- only for --cache

    return mark_for_cache(request, messages, options.cache, has_files=bool(options.file))


def plain_fields(options: argparse.Namespace) -> Map:
    """Return the fields that need no file."""
    fields: Map = {
        name: value for name in PLAIN_FIELDS if (value := getattr(options, name)) is not None
    }
    if options.modality:
        fields["modalities"] = list(dict.fromkeys(options.modality))
    if options.stop:
        fields["stop"] = options.stop
    if options.no_stream:
        fields["stream"] = False
    route: Map = {}
    if options.provider:
        route["providers"] = options.provider
    if options.strategy:
        route["strategy"] = options.strategy
    if options.no_fallback:
        route["no_fallback"] = True
    if options.label:
        route["key"] = options.label
    if route:
        fields["route"] = route
    return fields


def _conversation(context: Context, options: argparse.Namespace) -> list[Map]:
    if options.messages is None:
        return []
    from aircher_cli.commands.inputs.messages_input import parse_messages  # noqa: PLC0415 -- only if used

    return parse_messages(_json(context, options.messages, "--messages"))


def _tools(context: Context, options: argparse.Namespace) -> Map:
    hosted: list[Map] = [{"type": name} for name in dict.fromkeys(options.tool)]
    if options.tools is None and not hosted:
        if options.tool_choice is not None:
            raise UsageError("--tool-choice needs --tools FILE", HELP_COMMAND)
        return {}
    from aircher_cli.commands.inputs.tools_input import parse_tool_choice, parse_tools  # noqa: PLC0415 -- only if used

    listed = parse_tools(_json(context, options.tools, "--tools")) if options.tools else []
    tools = [*listed, *(tool for tool in hosted if tool not in listed)]
    if options.tool_choice is None:
        return {"tools": tools}
    return {"tools": tools, "tool_choice": parse_tool_choice(options.tool_choice, tools)}


def _format(context: Context, options: argparse.Namespace) -> Map:
    if options.schema is None:
        if options.no_strict:
            raise UsageError("--no-strict needs --schema FILE", HELP_COMMAND)
        return {"response_format": {"type": "json_object"}} if options.json_object else {}
    if options.json_object:
        raise UsageError("--schema and --json-object cannot be combined", HELP_COMMAND)
    from aircher_cli.commands.inputs.schema_input import parse_schema  # noqa: PLC0415 -- only if used

    schema = parse_schema(_json(context, options.schema, "--schema"))
    strictness = {"strict": False} if options.no_strict else {}
    return {"response_format": {"type": "json_schema", "schema": schema, **strictness}}


def _json(context: Context, word: str, option: str) -> "JsonInput":
    from aircher_cli.commands.inputs.json_input import read_json  # noqa: PLC0415 -- not for a plain `ask`

    return read_json(context, word, option)
