"""The picker as a numbered list: for screen readers, and for terminals that cannot draw.

It writes whole lines and reads whole lines, so it works on anything that can do that: a terminal
without a cursor, a pipe, a session that ends in the middle.
"""

import time
from collections.abc import Callable

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from aircher_cli.picker.folder import find_here
from aircher_cli.picker.live import answers
from aircher_cli.picker.live.actions import Actions
from aircher_cli.picker.plain_lines import (
    ALL,
    MAX_LISTED,
    MORE,
    PROMPT,
    keys_page,
    list_lines,
    opening_lines,
    state_lines,
)
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.here import Here, other_model
from aircher_cli.picker.view.listing.groups import build_groups
from aircher_cli.picker.view.listing.rows import Group, Row, all_rows
from aircher_cli.picker.view.preferences import load_preferences, save_preferences
from aircher_cli.picker.view.sane_values import is_name
from aircher_cli.picker.view.sign_in.first_steps import is_elsewhere
from aircher_cli.picker.view.sign_in.key_facts import wanted_label
from aircher_cli.picker.view.states.live_states import LiveStates
from aircher_cli.picker.view.states.table import State
from aircher_cli.render.formatting import short_path
from aircher_cli.render.layout import paragraph
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map, as_map, records, text
from aircher_client import Client, DaemonError
from aircher_wire import codes, methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from typing import TextIO

MAX_INPUT = 1000
"""Characters of an answer that count."""

NOWHERE = Here()

NEEDS_KEY = frozenset({Mark.NOT_CONFIGURED, Mark.REJECTED})
"""States in which a sign-in is offered."""


def run_plain(
    context: Context,
    *,
    chooses_default: bool = True,
    title: str = "Choose a model.",
    all_models: bool = False,
    output_is_choice: bool = False,
) -> str | None:
    """Let the user choose a model from a numbered list; return its name, None without a choice.

    Args:
        context: What is connected with the daemon, and has the terminal.
        chooses_default: Whether the choice becomes the default model.
        title: The first line.
        all_models: Whether nothing is folded at first.
        output_is_choice: Whether the list goes to standard error, since a program reads the output.

    Raises:
        DaemonUnreachable: no daemon runs, and none could be started.
    """
    picker = _PlainPicker(
        context, chooses_default=chooses_default, output_is_choice=output_is_choice
    )
    return picker.run(title, all_models=all_models)


def _speaker(console: Console, *, output_is_choice: bool) -> Callable[[str], None]:
    """Return what writes a sentence, wrapped between words on a terminal."""
    if output_is_choice:
        return console.note

    def say(text: str) -> None:
        for line in paragraph(text, console.width, hang="  "):
            console.styled(line)

    return say


class _PlainPicker:
    """One run. Each call of the daemon has a connection of its own: a user thinks for long."""

    def __init__(self, context: Context, *, chooses_default: bool, output_is_choice: bool) -> None:
        self._context = context
        self._chooses_default = chooses_default
        self._here = find_here(context)
        self._actions = Actions(context.connect)
        self._preferences = load_preferences(context.environ)
        self._view = DaemonView()
        self._groups: tuple[Group, ...] = ()
        self._start = 0
        self._say = _speaker(context.console, output_is_choice=output_is_choice)

    def run(self, title: str, *, all_models: bool) -> str | None:
        self._refresh()
        for line in opening_lines(self._view, title, self._context.environ):
            self._say(line)
        self._show("", all_models=all_models)
        while answer := self._ask(PROMPT):
            if (row := self._find(answer)) is None:
                continue
            if self._choose(row):
                return row.name
        return None

    # -------------------------------------------------------------- the list

    def _refresh(self) -> None:
        with self._context.connect() as client:
            self._view = fetch_view(client, self._here)

    def _show(self, query: str, *, all_models: bool) -> None:
        self._groups = build_groups(
            self._view, self._preferences, time.time(), all_models=all_models, query=query,
            sort=self._preferences.sort,
        )  # fmt: skip
        self._start = 0
        self._say_list()
        if not self._groups:
            # What was typed may be a key, so it is not repeated.
            self._say("Nothing matches." if query else "There are no models.")

    def _say_list(self) -> None:
        for line in list_lines(self._groups, self._start):
            self._say(line)

    def _go_on(self) -> None:
        if self._start + MAX_LISTED >= len(all_rows(self._groups)):
            self._say("That was the whole list.")
            return
        self._start += MAX_LISTED
        self._say_list()

    def _find(self, answer: str) -> Row | None:
        """Return the row that an answer names; otherwise show what it asks for."""
        if answer == ALL:
            self._show("", all_models=True)
            return None
        if answer == MORE:
            self._go_on()
            return None
        if answer.isdecimal() and answer.isascii():
            return self._numbered_row(int(answer))
        if (row := self._named(answer)) is not None:
            return row
        self._search(answer)
        return self._unlisted(answer) if not self._groups else None

    def _search(self, answer: str) -> None:
        """Show what matches; offer to sign in if it is a provider that needs that."""
        states = LiveStates(self._view, time.time())
        state = states.provider(answer) if answer in states.provider_names() else None
        if state is not None and state.mark in NEEDS_KEY:
            self._say_state(answer, state)
            self._sign_in(answer)
        self._show(answer, all_models=False)

    def _say_state(self, provider: str, state: State) -> None:
        for line in state_lines(provider, state, time.time()):
            self._say(line)

    def _unlisted(self, answer: str) -> Row | None:
        """Offer to use a `provider/model` that is on no list; its provider may know it."""
        states = LiveStates(self._view, time.time())
        provider, _, model = answer.partition("/")
        if not model or provider not in states.provider_names() or not is_name(answer):
            return None
        self._say(f"{provider} lists no such model; it may know it nevertheless.")
        if not self._is_yes(f"Use {answer}? Type y for yes, or Enter to go back:"):
            return None
        mark = states.provider(provider).mark
        return Row(answer, "model", provider, model, mark, chain=(answer,))

    def _numbered_row(self, number: int) -> Row | None:
        rows = all_rows(self._groups)
        if 1 <= number <= len(rows):
            return rows[number - 1]
        self._say(f"There is no number {number}; the last list has {len(rows)}.")
        return None

    def _named(self, name: str) -> Row | None:
        """Return the row of exactly this name, wherever it is."""
        found = build_groups(self._view, self._preferences, time.time(), query=name)
        return next((row for row in all_rows(found) if row.name == name), None)

    # -------------------------------------------------------------- the choice

    def _choose(self, row: Row) -> bool:
        """Do what choosing a row means; return whether it was chosen."""
        if not row.chats:
            self._say(f"{row.name} does not chat; choose another model.")
            return False
        self._refresh()  # much may have happened since the list was made
        state = LiveStates(self._view, time.time()).model(row.provider, row.model, row.label)
        if not state.mark.answers:
            self._say_state(row.provider, state)
        if state.mark in NEEDS_KEY and not self._sign_in(row.provider, row.label):
            return False
        if self._chooses_default and not self._use(row.name):
            return False
        before, self._preferences = self._preferences, self._preferences.with_recent(row.name)
        save_preferences(self._context.environ, self._preferences, before)
        return True

    def _use(self, name: str) -> bool:
        outcome = self._actions.choose_default(name)
        file = short_path(text(outcome.data.get("file")), self._context.environ.get("HOME", ""))
        self._say(_sentence(f"{outcome.message}, in {file}" if outcome.ok else outcome.message))
        if outcome.ok and (note := other_model(self._view.here, self._view.tasks, name)):
            self._say(note)
        return outcome.ok

    def _sign_in(self, provider: str, label: str = "") -> bool:
        """Offer to sign in, with the label of the key that is wanted; return whether it worked."""
        if self._context.has_input():
            # A key in a pipe would have to be in a file or in the history of a shell.
            return False
        if is_elsewhere(self._view):
            self._say("The daemon is on another machine, and takes no keys from this one.")
            return False
        if page := keys_page(self._view, provider):
            self._say(f"Keys are created at {page}")
        if not self._is_yes(f"Sign in to {provider} now? Type y for yes, or Enter to go back:"):
            return False
        key = self._read_key(provider)
        if not key:
            return False
        self._say("Checking the key.")
        label = label or self._view.here.key or wanted_label(self._view, provider)
        outcome = self._actions.sign_in(provider, key, label or None)
        self._say(_sentence(outcome.message))
        if outcome.ok:
            self._refresh()
        return outcome.ok

    def _read_key(self, provider: str) -> str:
        from aircher_cli.commands.auth.key_input import read_key  # noqa: PLC0415 -- rarely used

        try:
            return read_key(self._context, provider)
        except UsageError as error:
            self._say(f"{error}.")
            return ""

    # -------------------------------------------------------------- input

    def _is_yes(self, question: str) -> bool:
        return self._ask(question).lower() in {"y", "yes"}

    def _ask(self, question: str) -> str:
        """Ask a question; return the answer, empty at the end of the input."""
        self._say(question)
        if self._context.stdin is None:
            return ""
        try:
            return _read_line(self._context.stdin)
        except (OSError, ValueError) as error:  # ValueError: it was closed, or is not text
            raise CommandFailed(f"cannot read standard input: {error}") from None


def _sentence(message: str) -> str:
    """Return what became of an action with a full stop; names keep their case."""
    return f"{message.rstrip('.')}."


def _read_line(stream: "TextIO") -> str:
    """Return a line without surrounding white space; what is beyond `MAX_INPUT` is discarded."""
    line = part = stream.readline(MAX_INPUT)
    while part and not part.endswith("\n"):
        part = stream.readline(MAX_INPUT)
    return line.strip()


def fetch_view(client: Client, here: Here = NOWHERE) -> DaemonView:
    """Return the daemon's state as the list needs it; `here` is without what the daemon adds.

    Raises:
        DaemonError: the daemon cannot report it.
    """
    # Only this snapshot has the health of single models.
    found = _result(client, methods.EVENTS_SUBSCRIBE, {"topics": ["provider"]})
    health = records(as_map(found.get("snapshot")).get("provider"))
    view = DaemonView(link="connected", health=tuple(health), here=here.completed(client.server))
    view = answers.with_status(view, _result(client, methods.STATUS))
    view = answers.with_keys(view, _result(client, methods.AUTH_STATUS))
    view = answers.with_models(view, _result(client, methods.MODELS_LIST, {"all": True}))
    return answers.with_limits(view, _limits(client))


def _result(client: Client, method: str, params: Map | None = None) -> Map:
    return as_map(client.call(method, params))


def _limits(client: Client) -> Map:
    try:
        return _result(client, methods.LIMITS_STATUS)
    except DaemonError as error:
        if error.code != codes.CONFIG_INVALID:
            raise
        return {}  # the list says that the configuration is invalid
