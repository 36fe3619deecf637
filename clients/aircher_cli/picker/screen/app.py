"""The picker as a Textual app: connects keys, `PickerState`, `Commands` and the screen."""

import signal
import threading
from collections.abc import Callable, Mapping

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen

from aircher_cli.picker.live.actions import Actions
from aircher_cli.picker.live.outcome import Outcome
from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.canvas import Canvas
from aircher_cli.picker.screen.commands import Commands, Save
from aircher_cli.picker.screen.explaining import Explainer
from aircher_cli.picker.screen.frame import Zone
from aircher_cli.picker.screen.keys import EDITS, KEYS, MOVES, is_typed
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.screen.terminal import PickerDriver, exit_on_signals, kept_terminal
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in.first_steps import needs_first_steps

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.picker.screen.dialogs.first_run import FirstRun

TICK_SECONDS = 1.0
DOUBLE = 2
"""Clicks that choose."""

ACTIONS = {press: key.action for key in KEYS for press in key.presses}
"""Key -> action."""


class ViewArrived(Message):
    """There is a new view of the daemon."""


class Finished(Message):
    """Work in the background has ended with an outcome, or with an error."""

    def __init__(
        self,
        what: str,
        outcome: Outcome | None,
        then: Callable[[Outcome], None],
        error: BaseException | None = None,
    ) -> None:
        super().__init__()
        self.what = what
        self.outcome = outcome
        self.then = then
        self.error = error


class PickerScreen(Screen[None], inherit_bindings=False):
    """The screen of the list; dialogs are above it, and then it gets no keys."""

    def __init__(self, app: "PickerApp") -> None:
        super().__init__()
        self._picker = app

    def compose(self) -> ComposeResult:
        """Return what is on the screen."""
        yield self._picker.canvas

    def _forward_event(self, event: events.Event) -> None:
        """Handle a key or a pasted text at once, before the app looks where the next one goes.

        In the queue of this screen, what follows Ctrl-L would be behind it when the dialog opens,
        and a key of a provider would be lost or, worse, be in the filter.
        """
        if isinstance(event, events.Key):
            self._picker.press(event)
        elif isinstance(event, events.Paste):
            self._picker.paste(event.text)
        else:
            super()._forward_event(event)


class PickerApp(App[Choice], inherit_bindings=False):
    """The picker. `crash` is the error that ended it, if one did."""

    TITLE = "aircher-cli models"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS = [  # noqa: RUF012 - Textual's own name and form
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]
    theme: Reactive[str] = Reactive("ansi-dark")
    """Colours of the terminal's own theme, which may be light."""

    def __init__(
        self,
        state: PickerState,
        actions: Actions,
        environ: Mapping[str, str],
        save: Save,
    ) -> None:
        super().__init__(driver_class=PickerDriver, ansi_color=True)
        self.animation_level = "none"
        self.state = state
        self.actions = actions
        self.crash: BaseException | None = None
        self.canvas = Canvas(state, self._clicked)
        self._environ = environ
        self._lock = threading.Lock()
        self._arrived: DaemonView | None = None
        self._busy: set[str] = set()
        self._first_run: FirstRun | None = None
        self._is_decided = False  # whether a first run is needed
        self.explainer = Explainer(self)
        self.commands = Commands(self, save)

    @property
    def has_mouse(self) -> bool:
        """Whether to ask for the mouse; GNU screen keeps Esc back from programs that use it."""
        return "STY" not in self._environ

    # ---------------------------------------------------------- what Textual calls

    def get_default_screen(self) -> Screen[None]:
        """Return the screen of the list."""
        return PickerScreen(self)

    def on_mount(self) -> None:
        """Begin: show what the daemon has said so far."""
        if not self.is_headless:
            exit_on_signals(self)
        self.app_resume_signal.subscribe(self, self._resumed)
        self.set_interval(TICK_SECONDS, self._tick)
        self.on_view_arrived()

    def on_view_arrived(self) -> None:
        """Show the latest view of the daemon."""
        with self._lock:
            view, self._arrived = self._arrived, None
        if view is not None:
            self.state.set_view(view)
            self._guide_first_run(view)
            self.redraw()

    def on_finished(self, event: Finished) -> None:
        """Go on with the result of work in the background; its error ends the picker."""
        self._busy.discard(event.what)
        if event.error is not None:
            raise event.error
        if event.outcome is not None:
            event.then(event.outcome)
        self.redraw()

    def on_resize(self) -> None:
        """Draw everything again; at the same size too, if it was smaller and lost lines."""
        self._repaint()

    def _resumed(self, _: object) -> None:
        """Draw everything again after a suspension: the terminal shows the shell's output."""
        self._repaint()

    def _repaint(self) -> None:
        self.screen.refresh(layout=True)
        self.canvas.refresh()

    def _handle_exception(self, error: Exception) -> None:
        """End on an error, without the traceback that Textual prints: it could have secrets."""
        if self.crash is None:
            self.crash = error
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def panic(self, *renderables: object) -> None:
        """End without the renderables: they are tracebacks."""
        del renderables
        self._return_code = 1
        self._close_messages_no_wait()

    def action_interrupt(self) -> None:
        """Leave at once."""
        self.exit(None, 128 + signal.SIGINT)

    # ---------------------------------------------------------- from other threads

    def receive(self, view: DaemonView) -> None:
        """Show a view of the daemon; any thread may call this, before the start too."""
        with self._lock:
            is_first = self._arrived is None
            self._arrived = view
        if is_first and self.is_running:
            self.post_message(ViewArrived())

    def fail(self, error: BaseException) -> None:
        """End on the error of a thread; any thread may call this."""
        self.post_message(Finished("thread", None, lambda _: None, error))

    def run_in_background(
        self, what: str, work: Callable[[], Outcome], then: Callable[[Outcome], None]
    ) -> None:
        """Run `work` in a thread and `then` in the app; nothing if the same is under way.

        The thread is not waited for at the end: each call of `Actions` has a deadline of its own.
        """
        if what in self._busy:
            return
        self._busy.add(what)

        def run() -> None:
            try:
                self.post_message(Finished(what, work(), then))
            except Exception as error:  # noqa: BLE001 -- it ends the app, as any other error does
                self.post_message(Finished(what, None, then, error))

        threading.Thread(target=run, name=f"picker-{what}", daemon=True).start()

    def is_busy(self, what: str) -> bool:
        """Whether this work is under way in the background."""
        return what in self._busy

    # ---------------------------------------------------------- keys and clicks

    def press(self, event: events.Key) -> None:
        """Do what a key stands for; a character goes to the filter."""
        if method := ACTIONS.get(event.key):
            self.do(method)
        elif move := MOVES.get(event.key):
            getattr(self.state, move)()
        elif edit := EDITS.get(event.key):
            self._leave_overlay()
            getattr(self.state, edit)()
        elif is_typed(event):
            self._leave_overlay()
            self.state.type_text(event.character or "")
        else:
            return
        event.stop()
        self.redraw()

    def paste(self, text: str) -> None:
        """Put the first line of a pasted text into the filter."""
        self._leave_overlay()
        self.state.type_text(next(iter(text.strip().splitlines()), ""))
        self.redraw()

    def do(self, action: str) -> None:
        """Do what a key or a part of the foot stands for."""
        if action != "back" or not self.state.overlay:
            self.state.message = ("", "")
        getattr(self.commands, action)()
        self.redraw()

    def _clicked(self, zone: Zone, count: int) -> None:
        if zone.action != "item":
            self.do(zone.action)
            return
        is_same = zone.index == self.state.selected
        self.state.select(zone.index)
        item = self.state.item
        if (item and item.kind == "fold") or (count == DOUBLE and is_same):
            self.do("choose")
        self.redraw()

    def _leave_overlay(self) -> None:
        self.state.overlay = ""

    # ---------------------------------------------------------- the first run

    def _guide_first_run(self, view: DaemonView) -> None:
        """Show what to do first if nothing can answer; once, when that is known."""
        if self._first_run is not None:
            self._first_run.show(view)
        if self._is_decided or not (view.has_models and view.keys):
            return
        self._is_decided = True
        if needs_first_steps(view):
            from aircher_cli.picker.screen.dialogs.first_run import FirstRun  # noqa: PLC0415 -- rare

            self._first_run = FirstRun(view, self.actions, self._environ)
            self.push_screen(self._first_run, self._end_first_run)

    def _end_first_run(self, selected: str | None) -> None:
        self._first_run = None
        self.state.message = ("", "")  # about rows that the user could not see
        if selected is None:
            self.exit(None)
        elif selected:
            self.state.select_name(selected)
        self.redraw()

    # ---------------------------------------------------------- drawing

    def redraw(self) -> None:
        """Draw what changed, and ask the daemon about the row if it is another one."""
        if self.canvas.is_mounted:
            self.canvas.redraw()
            self.explainer.explain_soon()

    def _tick(self) -> None:
        """Let countdowns go on."""
        if self.state.has_countdown():
            self.state.rebuild()
        self.redraw()


def run_app(app: PickerApp) -> tuple[Choice | None, int]:
    """Run the picker; return what was chosen and the exit code.

    Raises:
        Exception: what ended the picker if it failed.
    """
    with kept_terminal():
        choice = app.run(mouse=app.has_mouse)
    if app.crash is not None:
        raise app.crash
    return choice, app.return_code or 0
