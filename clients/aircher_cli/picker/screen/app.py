"""The picker as a Textual app: connects keys, `PickerState`, `Actions`, dialogs and the screen."""

import signal
import threading
from collections.abc import Callable, Mapping

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer

from aircher_cli.picker.live.actions import Actions
from aircher_cli.picker.live.outcome import Outcome
from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.canvas import Canvas
from aircher_cli.picker.screen.frame import Zone
from aircher_cli.picker.screen.items import Item
from aircher_cli.picker.screen.keys import EDITS, KEYS, MOVES
from aircher_cli.picker.screen.state import Overlay, PickerState
from aircher_cli.picker.screen.terminal import PickerDriver, exit_on_signals, kept_terminal
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.listing.rows import Row
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.picker.view.sign_in.first_steps import needs_first_steps
from aircher_cli.picker.view.sign_in.key_facts import (
    sign_in_facts,
    sign_out_choices,
    sign_out_note,
)
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map, as_map

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.picker.screen.dialogs.first_run import FirstRun

EXPLAIN_AFTER_SECONDS = 0.12
"""Seconds that a row must be selected before the daemon is asked about it."""
EXPLAIN_AGAIN_SECONDS = 1.0
"""Seconds before it is asked again, if something changed."""
MAX_EXPLAINED = 50
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

    def on_key(self, event: events.Key) -> None:
        """Pass on a key."""
        self._picker.press(event)

    def on_paste(self, event: events.Paste) -> None:
        """Pass on a pasted text."""
        self._picker.paste(event.text)


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
        save: Callable[[Preferences, Preferences], object],
    ) -> None:
        super().__init__(driver_class=PickerDriver, ansi_color=True)
        self.animation_level = "none"
        self.state = state
        self.actions = actions
        self.crash: BaseException | None = None
        self.canvas = Canvas(state, self._clicked)
        self._environ = environ
        self._save = save
        self._lock = threading.Lock()
        self._arrived: DaemonView | None = None
        self._busy: set[str] = set()
        self._explain_timer: Timer | None = None
        self._first_run: FirstRun | None = None
        self._is_decided = False  # whether a first run is needed
        self._explained: tuple[str, int] = ("", -1)

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
        elif event.character and event.is_printable:
            self._leave_overlay()
            self.state.type_text(event.character)
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
        getattr(self, f"do_{action}")()
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

    # ---------------------------------------------------------- commands without the daemon

    def do_back(self) -> None:
        """Leave the help or details, else clear the filter, else leave."""
        if self.state.overlay:
            self._leave_overlay()
        elif self.state.query:
            self.state.clear_query()
        else:
            self.exit(None)

    def do_help(self) -> None:
        """Show all keys, or the list again."""
        self._toggle_overlay("help")

    def do_details(self) -> None:
        """Show everything about the row, or the list again."""
        self._toggle_overlay("details")

    def _toggle_overlay(self, name: Overlay) -> None:
        self.state.overlay = "" if self.state.overlay == name else name
        self.state.overlay_top = 0

    def do_toggle_all(self) -> None:
        """Show all models, or fold what is rarely wanted."""
        self.state.toggle_all()

    def do_sort(self) -> None:
        """Sort by the next criterion, and remember it."""
        self.state.next_sort()
        self._keep(self.state.preferences.with_sort(self.state.sort))

    def do_favourite(self) -> None:
        """Make the row a favourite, or no longer."""
        if row := self.state.row:
            verb = "no longer a favourite" if row.is_favourite else "now a favourite"
            self._keep(self.state.preferences.toggle_favourite(row.name))
            self.state.rebuild()
            self.state.message = (f"{row.name} is {verb}", "")

    def _keep(self, preferences: Preferences) -> None:
        before, self.state.preferences = self.state.preferences, preferences
        self._save(preferences, before)

    def do_copy(self) -> None:
        """Copy the name of the row by OSC 52, which terminals may refuse without saying so."""
        if row := self.state.row:
            self.copy_to_clipboard(row.name)
            self.state.message = (f"sent {row.name} to the terminal's clipboard (OSC 52)", "")

    # ---------------------------------------------------------- commands of the daemon

    def do_choose(self) -> None:
        """Choose the row, or open the group."""
        if self.state.overlay == "help":
            self._leave_overlay()
            return
        item = self.state.item
        if item is None:
            return
        if item.row is None:
            self._open_group(item)
        elif not item.row.chats:
            self.state.message = (f"{item.row.name} does not chat; choose another model", "warn")
        elif item.row.mark is Mark.NOT_CONFIGURED:
            self._sign_in_first(item.row)
        else:
            self._choose(item.row.name)

    def _open_group(self, item: Item) -> None:
        """Show or fold the models of a group, or do what a provider without a model needs."""
        provider = item.group.provider
        if item.count or not provider:
            self.state.open_group(item)
        elif item.mark is Mark.NOT_CONFIGURED:
            self._ask_for_key(provider, lambda _: None)
        else:
            self.state.message = (f"no model of {provider} is known yet", "warn")

    def _choose(self, name: str) -> None:
        if not self.state.chooses_default:
            self._keep(self.state.preferences.with_recent(name))
            self.exit(Choice(name))
            return
        self.state.message = (f"making {name} the default ...", "dim")
        self.run_in_background(
            "choose",
            lambda: self.actions.choose_default(name),
            lambda outcome: self._chosen(name, outcome),
        )

    def _chosen(self, name: str, outcome: Outcome) -> None:
        if outcome.ok:
            self._keep(self.state.preferences.with_recent(name))
            self.exit(Choice(name, outcome))
        else:
            self._report(outcome)

    def do_sign_in(self) -> None:
        """Sign in to the provider."""
        if provider := self._provider_of_row("sign in to"):
            self._ask_for_key(provider, lambda _: None)

    def _sign_in_first(self, row: Row) -> None:
        """Sign in to the provider of a row that was chosen, and choose it then."""

        def go_on(is_signed_in: bool | None) -> None:
            if is_signed_in:
                self._choose(row.name)
            else:
                why = f"you are not signed in to {row.provider}"
                self.state.message = (f"{row.name} was not chosen: {why}", "warn")

        self._ask_for_key(row.provider, go_on)

    def _ask_for_key(self, provider: str, then: Callable[[bool | None], None]) -> None:
        # Widgets of Textual that the list does without would make every start slower.
        from aircher_cli.picker.screen.dialogs.sign_in import SignInDialog  # noqa: PLC0415

        def close(is_signed_in: bool | None) -> None:
            then(is_signed_in)
            self.redraw()

        self.push_screen(
            SignInDialog(sign_in_facts(self.state.view, provider), self.actions), close
        )

    def do_sign_out(self) -> None:
        """Sign out of the provider, after a question."""
        if not (provider := self._provider_of_row("sign out of")):
            return
        choices = sign_out_choices(self.state.view, provider)
        note = sign_out_note(self.state.view, provider)
        if not choices:
            self.state.message = (note, "warn")
            return
        from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog  # noqa: PLC0415

        def sign_out(index: int | None) -> None:
            if index is not None:
                label = choices[index].label
                self.run_in_background(
                    "sign out", lambda: self.actions.sign_out(provider, label), self._report
                )

        titles = [choice.title for choice in choices]
        dialog = ConfirmDialog(f"Sign out of {provider}", [note], titles, is_risky=True)
        self.push_screen(dialog, sign_out)

    def do_test(self) -> None:
        """Check the keys of the provider now."""
        if provider := self._provider_of_row("test"):
            self.state.message = (f"testing the keys of {provider} ...", "dim")
            self.run_in_background("test", lambda: self.actions.test(provider), self._report)

    def do_clear_cooldowns(self) -> None:
        """End the cooldowns of the provider now."""
        if provider := self._provider_of_row("end cooldowns of"):
            self.run_in_background(
                "clear", lambda: self.actions.clear_cooldowns(provider), self._report
            )

    def do_refresh(self) -> None:
        """Fetch the lists of models again; start the daemon first if it was stopped."""
        if self.state.view.link == "stopped":
            self.state.message = ("starting the daemon ...", "dim")
            self.run_in_background("start", self.actions.start_daemon, self._report)
            return
        self.state.message = ("fetching the lists of models ...", "dim")
        self.run_in_background("refresh", self.actions.refresh, self._report)

    def _provider_of_row(self, verb: str) -> str:
        if not self.state.provider:
            self.state.message = (f"select a model of the provider to {verb}", "warn")
        return self.state.provider

    def _report(self, outcome: Outcome) -> None:
        self.state.message = (outcome.message, "good" if outcome.ok else "bad")
        self._explained = ("", -1)

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
            self._explain_soon()

    def _tick(self) -> None:
        """Let countdowns go on."""
        if self.state.has_countdown():
            self.state.rebuild()
        self.redraw()

    def _explain_soon(self) -> None:
        row, is_connected = self.state.row, self.state.view.link == "connected"
        if row is None or not is_connected or self._explain_timer is not None:
            return
        if self._explained != (row.name, self.state.revision):
            is_known = self._explained[0] == row.name
            wait = EXPLAIN_AGAIN_SECONDS if is_known else EXPLAIN_AFTER_SECONDS
            self._explain_timer = self.set_timer(wait, self._explain)

    def _explain(self) -> None:
        self._explain_timer = None
        row = self.state.row
        if row is None or "explain" in self._busy:
            return
        name = row.name
        self._explained = (name, self.state.revision)
        self.run_in_background(
            "explain",
            lambda: self.actions.explain(name),
            lambda outcome: self._take_explained(name, outcome),
        )

    def _take_explained(self, name: str, outcome: Outcome) -> None:
        if len(self.state.explained) >= MAX_EXPLAINED:
            self.state.explained.clear()
        found: Map = as_map(outcome.data) if outcome.ok else {"error": outcome.message}
        self.state.explained[name] = found
        self._explain_soon()


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
