"""Opens the picker: on the whole screen, or as a numbered list where no screen can be drawn.

Textual, and all else that the feed does not need, is imported after the threads that fetch from the
daemon have started: both take time, and so they overlap.
"""

import gc
import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from aircher_cli.console import is_terminal
from aircher_cli.context import Context
from aircher_cli.picker.folder import find_here
from aircher_cli.picker.live.feed import LiveFeed
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.here import other_model

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aircher_cli.picker.live.outcome import Outcome
    from aircher_cli.picker.screen.app import PickerApp
    from aircher_cli.picker.view.here import Here
    from aircher_cli.values import Map

Way = Literal["screen", "plain", "none"]

SYMBOLS = "✓○⚠✗⌂●★▸…│┃─"
"""What the screen draws; a terminal that cannot show them gets the numbered list."""


@dataclass(frozen=True)
class Choice:
    """What the user chose, and what was done about it; no outcome if nothing was to be done.

    `note` says what requests from here ask instead of the default, if they do.
    """

    name: str
    outcome: "Outcome | None" = None
    note: str = ""


class Inbox:
    """Keeps the latest view until there is a screen for it; `put` may be called by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: DaemonView | None = None
        self._receive: Callable[[DaemonView], object] | None = None

    def put(self, view: DaemonView) -> None:
        """Pass on a view, or keep it."""
        with self._lock:
            receive = self._receive
            self._latest = view
        if receive is not None:
            receive(view)

    def forward(self, receive: "Callable[[DaemonView], object]") -> None:
        """Pass on the latest view, and all later ones."""
        with self._lock:
            self._receive = receive
            latest = self._latest
        if latest is not None:
            receive(latest)


def run_picker(
    context: Context,
    *,
    chooses_default: bool,
    title: str = "",
    in_use: str = "",
    here: "Here | None" = None,
) -> str | None:
    """Let the user choose a model on the whole screen; return its name, None without a choice.

    Args:
        context: The terminal must be able to draw: see `way_to_pick`.
        chooses_default: Whether the choice becomes the default model.
        title: What is shown instead of an empty filter.
        in_use: The model that is selected at first; empty for the default.
        here: What the requests use; by default what an allowed `.aircher` file says.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        SystemExit: a signal ended the picker; the code is that of shells.
    """
    choice = pick_on_screen(
        context, chooses_default=chooses_default, title=title, in_use=in_use, here=here
    )
    return choice.name if choice else None


def pick_on_screen(
    context: Context,
    *,
    chooses_default: bool,
    title: str = "",
    in_use: str = "",
    all_models: bool = False,
    here: "Here | None" = None,
) -> Choice | None:
    """Do what `run_picker` does, and return what was done about the choice too."""
    inbox = Inbox()
    here = find_here(context) if here is None else here
    with LiveFeed(context.connect, inbox.put, here=here):
        app, run_app = _make_app(
            context,
            chooses_default=chooses_default,
            title=title,
            in_use=in_use,
            all_models=all_models,
            request=here.request(),
        )
        inbox.forward(app.receive)
        with _passing_on_errors(app.fail):
            choice, code = run_app(app)
    if code == 128 + signal.SIGINT:
        raise KeyboardInterrupt
    if code:
        raise SystemExit(code)
    if choice is None or not chooses_default:
        return choice
    view = app.state.view
    return replace(choice, note=other_model(view.here, view.tasks, choice.name))


@contextmanager
def _passing_on_errors(fail: "Callable[[BaseException], object]") -> "Iterator[None]":
    """Hand over what ends a thread: without the feed, the list would be out of date unnoticed."""
    before = threading.excepthook
    threading.excepthook = lambda found: fail(found.exc_value or RuntimeError(str(found.exc_type)))
    try:
        yield
    finally:
        threading.excepthook = before


def _make_app(
    context: Context,
    *,
    chooses_default: bool,
    title: str,
    in_use: str,
    all_models: bool,
    request: "Map",
) -> "tuple[PickerApp, Callable[[PickerApp], tuple[Choice | None, int]]]":
    """Import all that draws; return the app and what runs it."""
    _unset_developer_settings()
    gc.disable()  # the imports make many objects, and none of them becomes garbage
    try:
        from aircher_cli.picker.live.actions import Actions  # noqa: PLC0415 -- see above
        from aircher_cli.picker.screen.app import PickerApp, run_app  # noqa: PLC0415
        from aircher_cli.picker.screen.state import PickerState  # noqa: PLC0415
        from aircher_cli.picker.view.preferences import (  # noqa: PLC0415
            load_preferences,
            save_preferences,
        )
    finally:
        gc.enable()
    preferences = load_preferences(context.environ)
    state = PickerState(preferences, chooses_default=chooses_default, title=title, in_use=in_use)
    state.all_models = all_models
    actions = Actions(context.connect, partial(_start_daemon, context), request)
    save = partial(save_preferences, context.environ)
    return PickerApp(state, actions, context.environ, save), run_app


def _unset_developer_settings() -> None:
    """Remove what Textual reads from the environment: it is meant for those who develop with it.

    TEXTUAL_DEBUG writes all that is typed into a file, keys included. An invalid value of others
    ends the program. An empty NO_COLOR means colours (https://no-color.org), but not to Textual.
    """
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]
    if not os.environ.get("NO_COLOR", "unset"):
        del os.environ["NO_COLOR"]


def _start_daemon(context: Context) -> None:
    from aircher_cli.picker.live.starting import start_quietly  # noqa: PLC0415 -- rarely used

    start_quietly(context)


def way_to_pick(context: Context) -> Way:
    """Return how the user can choose: on the screen, from a numbered list, or not at all.

    The screen needs a terminal to read from, and one to draw on: standard error, if the output is
    redirected as in `model=$(aircher-cli models pick)`.
    """
    if not is_terminal(context.stdin):
        return "none"
    if not (context.console.is_terminal or context.console.err_is_terminal):
        return "none"
    return "screen" if can_draw(context.environ) else "plain"


def can_draw(environ: "Mapping[str, str]") -> bool:
    """Tell whether the terminal moves its cursor and shows our symbols."""
    if environ.get("TERM", "") in {"", "dumb", "unknown"} or _locale(environ) in {"C", "POSIX"}:
        return False
    stream = next((each for each in (sys.__stdout__, sys.__stderr__) if is_terminal(each)), None)
    try:
        SYMBOLS.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _locale(environ: "Mapping[str, str]") -> str:
    """Return the locale that the user chose, empty without one: Python writes UTF-8 in "C" too."""
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    return next(filter(None, (environ.get(name) for name in names)), "")
