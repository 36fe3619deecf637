"""Keeps a conversation in the user's state directory, where `ask -c` and other chats find it.

Whatever goes wrong here is one line: the answer is on the screen, and the conversation goes on.
Another terminal may have the same conversation open. What it adds is read before each message.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aircher_cli.commands.chat.transcript import Turn
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.render.formatting import join_names
from aircher_cli.values import Map, text, texts
from aircher_client.conversations import (
    ConversationError,
    ConversationStore,
    KeepSettings,
    SavedConversation,
    Settings,
    this_terminal,
)
from aircher_client.conversations.texts import title


class Keeper:
    """The kept form of one conversation.

    Args:
        context: The console and the environment.
        store: Where conversations are.
        saved: This one.
        is_named: Whether the user gave it a name.
        may_keep: Returns whether conversations are kept; known after the first call.
    """

    def __init__(
        self,
        context: Context,
        store: ConversationStore,
        saved: SavedConversation,
        *,
        is_named: bool,
        may_keep: Callable[[], KeepSettings],
    ) -> None:
        self._console = context.console
        self._store = store
        self._saved = saved
        self._is_named = is_named
        self._may_keep = may_keep
        self._known: list[Turn] = []  # what the file has, as far as is known
        self._has_failed = False

    @property
    def name(self) -> str:
        """The name of the conversation."""
        return self._saved.name

    @property
    def is_named(self) -> bool:
        """Whether the user has asked for this one."""
        return self._is_named

    @property
    def is_new(self) -> bool:
        """Whether nothing of it is kept yet."""
        return self._saved.is_new

    @property
    def settings(self) -> Settings:
        """What the user chose last."""
        return self._saved.settings

    def turns(self) -> list[Turn]:
        """Return the kept turns, as they are sent; files are read again."""
        messages = iter(self._saved.messages)
        self._known = [
            Turn([next(messages) for _ in turn.asked], next(messages), turn.cut_off)
            for turn in self._saved.turns
        ]
        for name in dict.fromkeys(self._saved.missing):
            self._note(f"{name} has changed or is gone since it was attached, and is left out")
        self._note_all()
        return list(self._known)

    def refresh(self) -> list[Turn] | None:
        """Return the turns if another program has changed them, else None."""
        if self._saved.is_new:
            return None
        with self._noting_failure():
            if added := self._saved.refresh():
                self._note_added(added)
                return self.turns()
        return None

    def keep(
        self, turns: list[Turn], settings: Settings, *, answered_by: str, paths: list[str]
    ) -> list[Turn] | None:
        """Keep all turns, of which the last one is new; what was taken back is dropped.

        Returns the turns if another program has added some meanwhile: the new one is after them.
        """
        kept = self._may_keep()
        if not kept.is_on:
            self._known = list(turns)
            return None
        with self._noting_failure():
            if not self._saved.is_new and self._saved.refresh():
                self._append(turns[-1], settings, answered_by, paths)
                self._note_added(1)
                return self.turns()
            same = _common(self._known, turns)
            self._saved.drop(len(self._known) - same)
            for turn in turns[same:]:
                self._append(turn, settings, answered_by if turn is turns[-1] else "", paths)
            self._known = list(turns)
            self._store.set_last(this_terminal(), self._saved)
            self._store.prune(kept.days)
        self._note_all()
        return None

    def change(self, settings: Settings) -> None:
        """Keep other settings."""
        if self._may_keep().is_on:
            with self._noting_failure():
                self._saved.change(settings)

    def clear(self) -> None:
        """Begin again: one with a name is emptied, any other is left as it is for a new one."""
        if not self._is_named:
            self._saved = self._store.new()
        elif self._may_keep().is_on:
            with self._noting_failure():
                self._saved.drop(len(self._saved.turns))
        self._known = []

    def _append(self, turn: Turn, settings: Settings, answered_by: str, paths: list[str]) -> None:
        self._saved.append(
            turn.asked,
            turn.reply,
            settings=settings,
            answered_by=answered_by,
            cut_off=turn.cut_off,
            paths=paths,
        )

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Say once why the conversation is not kept."""
        try:
            yield
        except ConversationError as error:
            if not self._has_failed:
                self._has_failed = True
                self._note(f"this conversation is not kept: {error}")

    def _note_added(self, turns: int) -> None:
        what = "goes on" if turns > 0 else "was changed"
        self._note(f"{self.name} {what} in another terminal, and its messages were loaded")

    def _note_all(self) -> None:
        for note in self._saved.notes:
            self._note(note)
        self._saved.notes.clear()

    def _note(self, message: str) -> None:
        self._console.note(f"aircher-cli: {message}")

    def __repr__(self) -> str:
        return f"<Keeper of {self.name}, {len(self._known)} turns>"


def open_keeper(
    context: Context,
    name: str | None,
    *,
    continues: bool,
    may_keep: Callable[[], KeepSettings],
) -> Keeper | None:
    """Return the conversation `name`, the last one, or a new one.

    Without a place for it, a new one is not kept: then this is None.

    Raises:
        CommandFailed: there is no last one, or it cannot be read.
    """
    try:
        store = ConversationStore.of(context.environ)
        if continues:
            saved = store.last(this_terminal())
            if saved is None:
                raise CommandFailed("there is no conversation to continue: start one without -c")
            if not store.is_last_of(this_terminal(), saved):
                context.console.note(
                    f'aircher-cli: continues {saved.name}, "{title(saved.turns)}", the last '
                    "conversation of another terminal"
                )
        else:
            saved = store.new() if name is None else store.open(name)
    except ConversationError as error:
        if name is None and not continues:
            context.console.note(f"aircher-cli: this conversation is not kept: {error}")
            return None
        raise CommandFailed(str(error)) from None
    is_named = name is not None or continues
    return Keeper(context, store, saved, is_named=is_named, may_keep=may_keep)


def _common(first: list[Turn], second: list[Turn]) -> int:
    """Return with how many equal turns two conversations begin."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one is not other and one != other:
            break
        count += 1
    return count


def describe_route(route: Map) -> str:
    """Return which providers and keys a conversation is restricted to, for the user."""
    known = {"providers": "providers", "key": "key", "strategy": "strategy"}
    named = [
        f"{what} {join_names(texts(value)) or text(value)}"
        for name, what in known.items()
        if (value := route.get(name))
    ]
    return ", ".join([*named, *(["no fallback"] if route.get("no_fallback") else [])])
