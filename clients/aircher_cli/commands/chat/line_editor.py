"""Input for `chat` with prompt_toolkit: editing, multiple lines, history and completion.

The history is kept in the data directory, readable by its owner only.
"""

import errno
import os
import signal
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from aircher_cli.terminal_modes import FATAL
from aircher_wire import address
from aircher_wire.directories import make_private_directory

HISTORY_FILE = "chat_history"


class PromptSource(Protocol):
    """Supplies the prompt and the completions."""

    def prompt(self) -> str:
        """Return the text before the cursor."""

    def completions(self, typed: str) -> list[str]:
        """Return completions of `typed` that replace its last word."""

    def pick_model(self) -> None:
        """Let the user choose a model on the whole screen."""


class _PickRequest(NamedTuple):
    """What the prompt returns for Ctrl-K, with the text that was typed so far."""

    typed: Document


Typed = str | _PickRequest


class Keyboard:
    """Reads input from the terminal."""

    def __init__(self, session: "PromptSession[Typed]", source: PromptSource) -> None:
        self._session = session
        self._source = source

    def read(self, draft: str = "") -> str | None:
        """Return what was typed, beginning with `draft`; None after Ctrl-D.

        Ctrl-K chooses a model and keeps the text.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        typed: Typed = draft
        while True:
            try:
                typed = self._prompt(typed.typed if isinstance(typed, _PickRequest) else typed)
            except EOFError:
                return None
            if not isinstance(typed, _PickRequest):
                return typed
            self._source.pick_model()

    def _prompt(self, default: str | Document) -> Typed:
        # After Ctrl-K the lines of the prompt are erased: it is drawn again with the same text.
        self._session.app.erase_when_done = False
        with _restored_before_a_signal_ends(self._session.app):
            return self._session.prompt(
                self._source.prompt(),
                default=default,  # a Document has the cursor too
            )


class _Ended(Exception):
    """A signal that ends the program arrived."""


@contextmanager
def _restored_before_a_signal_ends(app: "Application[Any]") -> Iterator[None]:
    """Let a fatal signal end the prompt first: it has switched echo and line editing off."""
    arrived: list[int] = []

    def leave() -> None:
        if app.is_running and not app.is_done:
            app.exit(exception=_Ended)

    def handle(number: int, _frame: FrameType | None) -> None:
        if app.loop is None:  # the prompt has not begun, or has ended
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        arrived.append(number)
        app.loop.call_soon_threadsafe(leave)

    before = {number: signal.getsignal(number) for number in FATAL}
    for number, old in before.items():
        if old is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, handle)
    try:
        yield
    except _Ended:
        pass  # the signal ends the program below
    finally:
        for number, old in before.items():
            signal.signal(number, old if old is not None else signal.SIG_DFL)
        if arrived:
            os.kill(os.getpid(), arrived[0])


@contextmanager
def open_keyboard(
    environ: Mapping[str, str], source: PromptSource, *, keep: bool
) -> Iterator[Keyboard]:
    """Return a keyboard; with `keep`, its history is saved for later chats."""
    session: PromptSession[Typed] = PromptSession(
        history=_history(environ) if keep else InMemoryHistory(),
        completer=_ChatCompleter(source),
        complete_while_typing=False,
        multiline=True,
        key_bindings=_bindings(),
        prompt_continuation="... ",
    )
    yield Keyboard(session, source)


def _history(environ: Mapping[str, str]) -> History:
    """Return the history on disk, or one in memory if the file cannot be used."""
    file = Path(address.data_directory(environ)) / HISTORY_FILE
    try:
        make_private_directory(file.parent)
        _make_private(file)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))


def _make_private(file: Path) -> None:
    """Create the file if it is missing, and make it private to its owner.

    Raises:
        OSError: it is a link, not a regular file, or another user's.
    """
    # Created with its mode, so that others can never read it. Non-blocking: opening a pipe would
    # wait for its other end.
    flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(file, flags, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileExistsError(errno.EEXIST, "it is not a regular file", str(file))
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter")
    def _send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @bindings.add("c-k")
    def _pick(event: KeyPressEvent) -> None:
        event.app.erase_when_done = True
        event.app.exit(result=_PickRequest(event.current_buffer.document))

    return bindings


class _ChatCompleter(Completer):
    """Completes commands, and names of models after /model."""

    def __init__(self, source: PromptSource) -> None:
        self._source = source

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        del event
        typed = document.text_before_cursor
        word = typed.rsplit(" ", 1)[-1]
        for found in self._source.completions(typed):
            yield Completion(found, start_position=-len(word))
