"""A session of `chat`: each input is a question, or a command that begins with a slash."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from aircher_cli.commands.ask.command import chat_or_sign_in, is_about_keys
from aircher_cli.commands.ask.media_files import save_media
from aircher_cli.commands.ask.prompt import read_prompt
from aircher_cli.commands.ask.reply import ReplyPrinter, has_rare_parts, route_note, usage_line
from aircher_cli.commands.chat.model_choice import can_pick, pick_model
from aircher_cli.commands.chat.transcript import Transcript
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.failures import error_lines
from aircher_cli.values import Map, as_map, records, text
from aircher_client import Client, ClientError, DaemonError
from aircher_wire import codes, methods

TIMEOUT_SECONDS = 5.0
"""Seconds for calls other than chats."""

HELP = """\
/model [NAME]   choose another model from a list, or by its name (also Ctrl-K)
/system [TEXT]  show or set the system prompt; /system - removes it
/file PATH      attach text, an image, a PDF or sound to the next question
/clear          forget the conversation
/save FILE      save it: JSON for --messages, or Markdown (.md)
/usage          show tokens and cost of the last answer
/help           show this help
/exit           exit (also Ctrl-D)
Enter sends, Alt-Enter starts a new line, Ctrl-C stops an answer."""


class LineReader(Protocol):
    """Reads lines of input; see `keyboard.Keyboard`."""

    def read(self) -> str | None:
        """Return what was typed; None at the end. May raise KeyboardInterrupt."""


class ChatSession:
    """A conversation with its settings: model, system prompt, attached files."""

    def __init__(self, context: Context, client: Client, options: argparse.Namespace) -> None:
        self._console = context.console
        self._context = context
        self._client = client
        self._model: str | None = options.model
        self._task: str | None = options.task
        self._system: str | None = options.system
        self._reasoning: str | None = options.reasoning
        self._transcript = Transcript(_saved_messages(context, options.messages))
        self._files: list[str] = []
        self._last: Map = {}
        self._is_done = False
        self._models: list[str] | None = None

    def run(self, keyboard: LineReader) -> None:
        """Handle lines from `keyboard` until there are no more."""
        self._console.line(f"{self._model_in_use()}; /help for help", "dim")
        while not self._is_done:
            try:
                typed = keyboard.read()
            except KeyboardInterrupt:
                continue  # as in a shell: the line is dropped
            if typed is None:
                break
            self._handle_line(typed.strip())

    def check(self) -> None:
        """Check that the model and the task exist, before the user types a question.

        The first call also brings the notices of the daemon, which belong at the start.

        Raises:
            DaemonError: one of them is unknown, or the configuration is invalid; or no provider is
                signed in, and the user did not want to sign in.
        """
        while (error := self._find_missing_key()) is not None:
            from aircher_cli.signing_in.offer import offer  # noqa: PLC0415 -- rarely needed

            change = offer(self._context, self._client, error)
            if change is None:
                raise error
            self._model = text(change.get("model")) or self._model

    def _find_missing_key(self) -> DaemonError | None:
        """Return the error that each question would end with, if only keys are missing."""
        from aircher_cli.signing_in.notes import explain  # noqa: PLC0415 -- only for a chat

        try:
            plan = explain(self._client, self._fields(self._model))
        except DaemonError:
            if self._model is not None or self._task is not None:
                raise
            return None  # without a usable default; a question says why
        error = DaemonError(codes.NOT_AUTHENTICATED, "no provider is signed in", plan)
        return error if is_about_keys(error) else None

    def _explain(self, model: str | None) -> None:
        self._client.call(methods.ROUTE_EXPLAIN, self._fields(model), timeout=TIMEOUT_SECONDS)

    def _fields(self, model: str | None) -> Map:
        return _without_none({"model": model, "task": self._task})

    def prompt(self) -> str:
        """Return the text before the cursor."""
        return "> "

    def completions(self, typed: str) -> list[str]:
        """Return completions of `typed`."""
        if not typed.startswith("/") or "\n" in typed:
            return []
        command, space, rest = typed.partition(" ")
        if not space:
            return [name for name in COMMANDS if name.startswith(command)]
        if command == "/model":
            return [name for name in self._model_names() if rest in name]
        return []

    # ---------------------------------------------------------- a turn

    def _handle_line(self, typed: str) -> None:
        try:
            if typed.startswith("/"):
                self._command(typed)
            elif typed:
                self._ask(typed)
        except (ClientError, CommandFailed, UsageError) as error:
            # An error does not end the conversation.
            for line in error_lines(error, self._context.environ):
                self._console.note(line)

    def _ask(self, typed: str) -> None:
        content = read_prompt(self._context, [typed], self._files, reads_input=False)
        asked = self._transcript.ask(content)
        printer = ReplyPrinter(
            self._console, quiet=False, verbose=False, with_reasoning=self._console.err_is_terminal
        )
        try:
            request = self._request(asked)
            result = chat_or_sign_in(self._context, self._client, request, printer)
            self._model = text(request.get("model")) or None
        except KeyboardInterrupt:
            self._console.finish_line()
            self._console.note(
                "stopped; the question and its answer are not part of the conversation"
            )
            return
        except ClientError:
            self._console.finish_line()
            raise
        printer.finish(result, show_text=True)
        if has_rare_parts(result):
            save_media(self._console, result, None)
        if note := route_note(result, self._model):
            self._console.note(note)
        message = as_map(result.get("message"))
        if message.get("content"):  # an empty message cannot be sent back
            self._transcript.keep(asked, message)
        self._files = []
        self._last = result

    def _request(self, messages: list[Map]) -> Map:
        fields: Map = {
            "model": self._model,
            "task": self._task,
            "system": self._system,
            "reasoning": self._reasoning,
        }
        return {"messages": messages, **_without_none(fields)}

    def _model_in_use(self) -> str:
        if self._model is not None:
            return self._model
        return f"the model of {self._task}" if self._task else "the default model"

    # ---------------------------------------------------------- commands

    def _command(self, typed: str) -> None:
        name, _, rest = typed.partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            raise CommandFailed(f"unknown command {name}: see /help")
        command(self, rest.strip())

    def _help(self, _rest: str) -> None:
        self._console.line(HELP)

    def _exit(self, _rest: str) -> None:
        self._is_done = True

    def _clear(self, _rest: str) -> None:
        self._transcript.clear()
        self._files = []
        self._console.line("conversation cleared", "dim")

    def _choose_model(self, rest: str) -> None:
        if rest:
            self._explain(rest)
            self._model = rest
            self._console.line(f"model: {rest}", "dim")
            return
        if can_pick(self._context):
            self.pick_model()
        else:
            self._list_models()

    def pick_model(self) -> None:
        """Let the user choose a model on the whole screen, or list them if it cannot be drawn."""
        if not can_pick(self._context):
            self._list_models()
            return
        chosen = pick_model(self._context, self._model_in_use())
        self._models = None  # the user may have signed in meanwhile
        if chosen is not None:
            self._model = chosen
            self._console.line(f"model: {chosen}", "dim")

    def _list_models(self) -> None:
        for name in self._model_names():
            self._console.line(name, "bold" if name == self._model else "")
        self._console.line(f"current model: {self._model_in_use()}; switch with /model NAME", "dim")

    def _set_system(self, rest: str) -> None:
        if rest == "-":
            # An empty one takes precedence over that of the task.
            self._system = "" if self._task else None
        elif rest:
            self._system = rest
        of_task = f"that of {self._task}" if self._task and self._system is None else "none"
        self._console.line(f"system prompt: {self._system or of_task}", "dim")

    def _add_file(self, rest: str) -> None:
        if not rest:
            raise CommandFailed("/file needs a path: /file PATH")
        read_prompt(
            self._context, ["x"], [rest], reads_input=False
        )  # report errors now rather than with the question
        self._files.append(rest)
        self._console.line(f"{rest} is attached to the next question", "dim")

    def _save(self, rest: str) -> None:
        if not rest:
            raise CommandFailed("/save needs a file: /save FILE")
        self._transcript.save(Path(rest).expanduser())
        count = len(self._transcript.messages)
        self._console.line(f"saved {count} messages to {rest}", "dim")

    def _show_usage(self, _rest: str) -> None:
        self._console.line(
            usage_line(self._last) if self._last else "there is no answer yet", "dim"
        )

    def _model_names(self) -> list[str]:
        """Return the available models; the daemon is asked once."""
        if self._models is None:
            result = as_map(self._client.call(methods.MODELS_LIST, timeout=TIMEOUT_SECONDS))
            self._models = [f"{r['provider']}/{r['model']}" for r in records(result.get("models"))]
        return self._models

    def __repr__(self) -> str:
        return f"<ChatSession with {self._model or 'the default'}, {self._transcript!r}>"


COMMANDS: dict[str, Callable[[ChatSession, str], None]] = {
    "/help": ChatSession._help,  # noqa: SLF001 - the class's own table
    "/model": ChatSession._choose_model,  # noqa: SLF001
    "/system": ChatSession._set_system,  # noqa: SLF001
    "/file": ChatSession._add_file,  # noqa: SLF001
    "/clear": ChatSession._clear,  # noqa: SLF001
    "/save": ChatSession._save,  # noqa: SLF001
    "/usage": ChatSession._show_usage,  # noqa: SLF001
    "/exit": ChatSession._exit,  # noqa: SLF001
    "/quit": ChatSession._exit,  # noqa: SLF001
}


def _without_none(fields: Map) -> Map:
    return {name: value for name, value in fields.items() if value is not None}


def _saved_messages(context: Context, file: str | None) -> list[Map]:
    if file is None:
        return []
    from aircher_cli.commands.inputs.json_input import read_json  # noqa: PLC0415 -- only for --messages
    from aircher_cli.commands.inputs.messages_input import parse_messages  # noqa: PLC0415 -- only for --messages

    return parse_messages(read_json(context, file, "--messages"))
