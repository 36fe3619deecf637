"""A session of `chat`: each input is a message, or a command that begins with a slash."""

import argparse
from typing import NamedTuple, Protocol

from aircher_cli.commands.ask.command import is_about_keys
from aircher_cli.commands.ask.media_files import save_media
from aircher_cli.commands.ask.prompt import read_prompt
from aircher_cli.commands.ask.reply import has_rare_parts, route_note, target_name
from aircher_cli.commands.chat.asking import CONNECTED_AGAIN, Reply, ask
from aircher_cli.commands.chat.keeping import Keeper, describe_route, open_keeper
from aircher_cli.commands.chat.model_choice import can_pick, pick_model
from aircher_cli.commands.chat.printer import ChatPrinter
from aircher_cli.commands.chat.slash_commands import COMMANDS, run_command
from aircher_cli.commands.chat.tally import Tally, conversation_size
from aircher_cli.commands.chat.transcript import (
    Transcript,
    Turn,
    split_system,
    with_question_text,
)
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.failures import error_lines
from aircher_cli.render.formatting import count
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, as_map, number, records, text
from aircher_client import Client, ClientError, DaemonError
from aircher_client.conversations import KeepSettings, Settings, keep_settings, with_project
from aircher_client.conversations.records import STOPPED, with_label_of
from aircher_client.project import find_choice
from aircher_wire import codes, methods

TIMEOUT_SECONDS = 5.0
"""Seconds for calls other than chats."""

WAIT_ADVICE = "send it again then: /retry"
RETRY_ADVICE = "to send it again: /retry"


class LineReader(Protocol):
    """Reads lines of input; see `keyboard.Keyboard`."""

    def read(self, draft: str = "") -> str | None:
        """Return what was typed, beginning with `draft`; None at the end.

        May raise KeyboardInterrupt.
        """


class Question(NamedTuple):
    """The messages of a question, and the turns before it."""

    asked: list[Map]
    earlier: list[Turn]


class ChatSession:
    """A conversation with its settings: model, system prompt, attached files.

    `files` go with the next message. `is_done` ends the session.
    """

    def __init__(self, context: Context, client: Client, options: argparse.Namespace) -> None:
        self.console = context.console
        self.context = context
        self.system: str | None = options.system
        self.files: list[str] = []
        self.is_done = False
        self.transcript = Transcript()
        self._client = client
        self._model: str | None = options.model
        self._task: str | None = options.task
        self._reasoning: str | None = options.reasoning
        self._route: Map = {"key": options.label} if options.label else {}  # which may be asked
        self._keeper: Keeper | None = None  # None if nothing is kept
        self._paths: list[str] = []  # the files in the last question
        self._renders = not options.raw
        self._tally = Tally()
        self._answering = ""  # who gave the last answer
        self._first_choice = ""  # who would answer now
        self._unanswered: Question | None = None  # the last question, if it got no answer
        self._draft: str | None = None  # the text to edit in the next line
        self._models: list[str] | None = None
        self._client.on_reconnect = lambda: self.console.note(CONNECTED_AGAIN)
        self._load(options)

    def run(self, keyboard: LineReader) -> None:
        """Handle lines from `keyboard` until there are no more."""
        self.say(f"{self._model_in_use()}; /help for help")
        while not self.is_done:
            draft, self._draft = self._draft, None
            try:
                typed = keyboard.read(draft or "")
            except KeyboardInterrupt:
                continue  # as in a shell: the line is dropped
            if typed is None:
                break
            self._handle_line(typed.strip(), is_edit=draft is not None)

    def check(self) -> None:
        """Check that the model and the task exist, before the user types a question.

        The first call also brings the notices of the daemon, which belong at the start.

        Raises:
            DaemonError: one of them is unknown, or the configuration is invalid; or no provider is
                signed in, and the user did not want to sign in.
        """
        while (error := self._find_missing_key()) is not None:
            from aircher_cli.signing_in.offer import offer  # noqa: PLC0415 -- rarely needed

            change = offer(self.context, self._client, error)
            if change is None:
                raise error
            self._model = text(change.get("model")) or self._model

    def _find_missing_key(self) -> DaemonError | None:
        """Return the error that each question would end with, if only keys are missing."""
        from aircher_cli.signing_in.notes import explain  # noqa: PLC0415 -- only for a chat

        try:
            plan = explain(self._client, self._fields(self._model))
        except DaemonError:
            if (self._model, self._task, self._route) != (None, None, {}):
                raise
            return None  # without a usable default; a question says why
        self._note_plan(plan)
        error = DaemonError(codes.NOT_AUTHENTICATED, "no provider is signed in", plan)
        return error if is_about_keys(error) else None

    def _note_plan(self, plan: Map) -> None:
        candidates = records(plan.get("candidates"))
        self._first_choice = target_name(candidates[0]) if candidates else ""

    def _fields(self, model: str | None) -> Map:
        return _without_none({"model": model, "task": self._task, "route": self._route or None})

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
        if command in {"/model", "/retry"}:
            return [name for name in self._model_names() if rest in name]
        return []

    def say(self, line: str) -> None:
        """Print a line of our own, dimmed and wrapped at words."""
        for each in line.splitlines():
            for pieces in paragraph(each, self.console.width, hang="  ", style="dim"):
                self.console.styled(pieces)

    # ---------------------------------------------------------- a turn

    def _handle_line(self, typed: str, *, is_edit: bool) -> None:
        if typed:
            self._read_what_others_added()
        try:
            if is_edit:
                self._send_edited(typed)
            elif typed.startswith("/"):
                run_command(self, typed)
            elif typed:
                self._ask(typed)
        except (ClientError, CommandFailed, UsageError) as error:
            self._show_error(error)

    def _read_what_others_added(self) -> None:
        """Load the turns of a conversation that another terminal has gone on with."""
        turns = None if self._keeper is None else self._keeper.refresh()
        if turns is None:
            return
        self.transcript.turns = turns
        self._take_key()
        if self._unanswered is not None:
            self._unanswered = self._unanswered._replace(earlier=turns)

    def _take_key(self) -> None:
        """Use the key that another terminal has chosen: it was said to that account."""
        kept = Settings() if self._keeper is None else self._keeper.settings
        key = text(as_map(kept.route).get("key"))
        if key and "key" not in self._route:
            self._route = {**self._route, "key": key}
            self.say(f"from now on only keys named {key} are used, as chosen there")

    def _show_error(self, error: Exception, *, is_of_answer: bool = False) -> None:
        """Print an error, which does not end the conversation."""
        lines = error_lines(error, self.context.environ, wait_advice=WAIT_ADVICE)
        if is_of_answer and not any("/retry" in line for line in lines):
            lines.append(RETRY_ADVICE)
        for line in lines:
            self.console.note(line)

    def _ask(self, typed: str) -> None:
        content = read_prompt(self.context, [typed], self.files, reads_input=False)
        self._paths = [name for name in self.files if "://" not in name]
        self._send(Question(self.transcript.question(content), self.transcript.turns))

    def _send(self, question: Question, model: str | None = None) -> None:
        """Send a question and keep its answer; `model` is for this time only."""
        self._unanswered = question
        chosen = model or self._model
        printer = ChatPrinter(self.console, before=self._answering, renders=self._renders)
        messages = [message for turn in question.earlier for message in turn.messages()]
        request = self._request([*messages, *question.asked], chosen)
        try:
            reply = ask(self.context, self._client, request, printer)
        except (ClientError, CommandFailed) as error:
            self._show_error(error, is_of_answer=True)
            return
        finally:
            self._answering = printer.answers
        if text(request.get("model")) != text(chosen):  # chosen instead of signing in
            self._model = text(request.get("model")) or None
        self._keep(question, reply)
        self._show_notes(reply)

    def _keep(self, question: Question, reply: Reply) -> None:
        """Store a question with its answer, if there is one."""
        self._tally.add(reply.result)
        if reply.message is None:
            return
        self.transcript.turns = list(question.earlier)
        self.transcript.keep(Turn(question.asked, reply.message, reply.cut_off))
        self._unanswered = None
        self.files = []
        if self._keeper is not None:
            turns = self._keeper.keep(
                self.transcript.turns,
                self._settings(),
                answered_by=target_name(reply.result) or self._answering,
                paths=self._paths,
            )
            self.transcript.turns = turns or self.transcript.turns
            if turns:
                self._take_key()

    def _show_notes(self, reply: Reply) -> None:
        """Show what else there is to say about an answer."""
        if reply.error is not None:
            self._show_error(reply.error, is_of_answer=True)
        elif reply.cut_off == STOPPED:
            kept = "what it said is kept, marked as stopped"
            what = kept if reply.message is not None else "nothing was said"
            self.say(f"stopped: {what}; /retry sends your message again")
        if has_rare_parts(reply.result):
            save_media(self.console, reply.result, None)
        if note := route_note(reply.result, None):
            self.console.note(note)

    def _request(self, messages: list[Map], model: str | None) -> Map:
        fields: Map = {
            "model": model,
            "task": self._task,
            "system": self.system,
            "reasoning": self._reasoning,
            "route": self._route or None,
        }
        if self._keeper is not None and self._keeper.is_named:
            fields["conversation"] = self._keeper.name  # its cache is where it answered last
        return {"messages": messages, **_without_none(fields)}

    # ---------------------------------------------------------- the last message

    def last_question(self) -> list[Map]:
        """Return the messages of the last question, answered or not.

        Raises:
            CommandFailed: there is none.
        """
        return self._last_question().asked

    def _last_question(self) -> Question:
        transcript = self.transcript
        if self._unanswered is not None:
            return self._unanswered
        if transcript.open_messages:
            return Question(transcript.open_messages, transcript.turns)
        if not transcript.turns or not transcript.turns[-1].asked:
            raise CommandFailed("there is no message yet")
        return Question(transcript.turns[-1].asked, transcript.turns[:-1])

    def ask_again(self, asked: list[Map], *, model: str | None = None) -> None:
        """Send the last question again, or another one in its place.

        Its answer, if there is one, is forgotten only when there is a new one.
        """
        chosen = with_label_of(model, self._model) if model else None
        self._send(self._last_question()._replace(asked=asked), chosen)

    def edit_next(self, draft: str) -> None:
        """Let the user edit a text in the next line; it then replaces the last message."""
        self._draft = draft
        self.say("change the message and press Enter; Ctrl-C leaves it as it is")

    def _send_edited(self, typed: str) -> None:
        if not typed:
            self.say("the message is empty: nothing was sent")
            return
        *others, last = self.last_question()
        content = with_question_text(last.get("content"), typed)
        self.ask_again([*others, {**last, "content": content}])

    # ---------------------------------------------------------- what commands do

    def clear(self) -> None:
        """Forget the conversation; its settings stay."""
        if self._keeper is not None:
            self._keeper.clear()
        self.transcript.clear()
        self.files, self._unanswered = [], None

    def check_model(self, name: str) -> None:
        """Check that a model exists.

        Raises:
            DaemonError: it does not.
        """
        self._client.call(methods.ROUTE_EXPLAIN, self._fields(name), timeout=TIMEOUT_SECONDS)

    def use_model(self, name: str) -> None:
        """Ask another model from now on.

        Raises:
            DaemonError: it does not exist.
        """
        name = with_label_of(name, self._model)
        plan = self._client.call(methods.ROUTE_EXPLAIN, self._fields(name), timeout=TIMEOUT_SECONDS)
        self._model = name
        self._note_plan(as_map(plan))
        self._keep_settings()
        self.say(f"model: {self._model_in_use()}")

    def pick_model(self) -> None:
        """Let the user choose a model on the whole screen, or list them if it cannot be drawn."""
        if not can_pick(self.context):
            self._list_models()
            return
        key = str(self._route.get("key") or "")
        in_use = self._model_in_use()
        chosen = pick_model(self.context, in_use, task=self._task or "", key=key)
        self._models = None  # the user may have signed in meanwhile
        if chosen is not None:
            self._model, self._first_choice = chosen, ""
            self._keep_settings()
            self.say(f"model: {chosen}")

    def _list_models(self) -> None:
        for name in self._model_names():
            self.console.line(name, "bold" if name == self._model else "")
        self.say(f"current model: {self._model_in_use()}; switch with /model NAME")

    def _model_in_use(self) -> str:
        """Return the model that was chosen, and who answers for it now."""
        name = self._model or (f"the model of {self._task}" if self._task else "the default model")
        is_known = self._first_choice and self._first_choice != name
        return f"{name} ({self._first_choice})" if is_known else name

    def set_system(self, prompt: str) -> None:
        """Set the system prompt; an empty one takes precedence over that of the task."""
        self.system = prompt or ("" if self._task else None)
        self._keep_settings()

    def _settings(self) -> Settings:
        route = self._route or None
        chosen = Settings(model=self._model, task=self._task, system=self.system, route=route)
        return with_project(chosen, self._client.server)

    def _keep_settings(self) -> None:
        if self._keeper is not None:
            self._keeper.change(self._settings())

    def describe_system(self) -> str:
        """Return the system prompt, or where it comes from."""
        of_task = f"that of {self._task}" if self._task and self.system is None else "none"
        return self.system or of_task

    def token_lines(self) -> list[str]:
        """Return the tokens of the conversation, the last answer and this chat."""
        messages = self.transcript.messages
        tokens, window = self._measure(messages) if messages else (None, None)
        return self._tally.lines(conversation_size(len(messages), tokens, window))

    def _measure(self, messages: list[Map]) -> tuple[float | None, float | None]:
        """Return about how many tokens messages are, and how many the model takes, if known."""
        request = self._request(messages, self._model)
        plan = as_map(self._client.call(methods.ROUTE_EXPLAIN, request, timeout=TIMEOUT_SECONDS))
        tokens = number(as_map(plan.get("needs")).get("input_tokens"))
        self._note_plan(plan)
        model = self._first_choice or self._tally.model
        if not model:
            return tokens, None
        listed = as_map(
            self._client.call(methods.MODELS_LIST, {"model": model}, timeout=TIMEOUT_SECONDS)
        )
        rows = records(listed.get("models"))
        return tokens, number(rows[0].get("window")) if rows else None

    def _model_names(self) -> list[str]:
        """Return the available models; the daemon is asked once."""
        if self._models is None:
            result = as_map(self._client.call(methods.MODELS_LIST, timeout=TIMEOUT_SECONDS))
            self._models = [f"{r['provider']}/{r['model']}" for r in records(result.get("models"))]
        return self._models

    # ---------------------------------------------------------- what is loaded

    def _load(self, options: argparse.Namespace) -> None:
        """Load what the options name, and say how much it is."""
        if options.messages is not None:
            self._load_messages(options.messages)
        self._keeper = open_keeper(
            self.context,
            options.chat,
            continues=options.continues,
            may_keep=lambda: self._may_keep(options),
        )
        kept: Map = {}
        if self._keeper is not None and (options.chat is not None or options.continues):
            self._load_kept(self._keeper, options)
            kept = {} if self._keeper.is_new else self._keeper.settings.fields()
        if path := find_choice(self.context.environ):
            self._load_project_file(path, kept)

    def _may_keep(self, options: argparse.Namespace) -> KeepSettings:
        """Return whether the conversation is kept; the daemon has said so with its first answer."""
        settings = keep_settings(self._client.server, self.context.environ)
        settings.is_on = settings.is_on and not options.no_keep
        return settings

    def _load_kept(self, keeper: Keeper, options: argparse.Namespace) -> None:
        """Go on with a kept conversation and its settings; options take precedence.

        Another task takes the place of its model and system prompt, too.
        """
        if keeper.is_new:
            self.say(f"{keeper.name}: a new conversation")
            return
        self.transcript.turns = keeper.turns()
        kept = keeper.settings
        if options.task is None:
            self._task = kept.task
            self._model = with_label_of(self._model, kept.model) if self._model else kept.model
        can_restore = self.system is None and options.task is None
        restored = can_restore and kept.system is not None
        self.system = kept.system if restored else self.system
        self._route = {**as_map(kept.route), **self._route}
        size = count(len(self.transcript.messages), "message")
        only = f"; {describe_route(self._route)}" if self._route else ""
        prompt = " and the system prompt" if restored else ""
        self.say(f"{keeper.name}: loaded {size}{prompt}{only}")

    def _load_project_file(self, path: str, kept: Map) -> None:
        """Use what the repository's file sets, where neither options nor `kept` settings do."""
        from aircher_cli.project_choice import choose  # noqa: PLC0415 -- most have none

        label = self._route.get("key")
        chosen = argparse.Namespace(model=self._model, task=self._task, label=label)
        choose(self.context, chosen, path, kept)
        self._model, self._task = chosen.model, chosen.task
        if chosen.label:
            self._route = {**self._route, "key": chosen.label}

    def _load_messages(self, file: str) -> None:
        """Go on with the messages of a file, and with its system prompt."""
        system, messages = split_system(_saved_messages(self.context, file))
        self.transcript = Transcript.of_messages(messages)
        restored = system is not None and self.system is None
        self.system = system if restored else self.system
        prompt = " and the system prompt" if restored else ""
        self.say(f"loaded {count(len(messages), 'message')}{prompt} from {file}")

    def __repr__(self) -> str:
        return f"<ChatSession with {self._model or 'the default'}, {self.transcript!r}>"


def _without_none(fields: Map) -> Map:
    return {name: value for name, value in fields.items() if value is not None}


def _saved_messages(context: Context, file: str) -> list[Map]:
    from aircher_cli.commands.inputs.json_input import read_json  # noqa: PLC0415 -- only for --messages
    from aircher_cli.commands.inputs.messages_input import parse_messages  # noqa: PLC0415 -- only for --messages

    return parse_messages(read_json(context, file, "--messages"))
