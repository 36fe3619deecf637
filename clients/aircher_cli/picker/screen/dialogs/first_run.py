"""The screen for users who are not signed in anywhere: what to do, the quickest first.

It follows the daemon: Ollama that starts meanwhile appears, a key that is stored in another
terminal ends it. What is shown is decided by `view.sign_in.first_steps`.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Protocol

from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import OptionList, Static

from aircher_cli.commands.auth.import_keys import OUTCOMES, select_variables
from aircher_cli.commands.demo import MODULE
from aircher_cli.picker.screen.dialogs.background import run_in_background
from aircher_cli.picker.screen.dialogs.choice_list import ChoiceList
from aircher_cli.picker.screen.dialogs.closing import close
from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircher_cli.picker.screen.dialogs.sign_in import OutcomeLike, SignInActions, SignInDialog
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in.first_steps import (
    ANSWERING,
    Step,
    first_steps,
    is_invalid,
    local_models,
    lost_keys,
    needs_first_steps,
)
from aircher_cli.picker.view.sign_in.key_facts import sign_in_facts
from aircher_cli.picker.view.sign_in.old_files import old_files
from aircher_cli.values import Map, as_map, records, text

HEADING = "No provider is signed in yet"
INVALID_HEADING = "The configuration is invalid"
INVALID_INTRODUCTION = "No provider is asked until it is corrected:"
LOST_HEADING = "No provider is signed in any more"
INTRODUCTION = "A key of one provider, or a model on this machine, is enough to start:"
KEYS = "↑↓ choose · Enter do it · Esc quit"
BROWSE = Step(
    "demo", "Look at the list of models first", "Prices and windows are known without a key."
)
"""The last choice; leaves the screen, and the list stays."""

ROOMY = 20
"""Rows of a terminal with room for empty lines."""

TINY = 10
"""Rows below which there is only room for the steps and the keys."""

STARTING = "Starting the daemon…"

REFRESH_SECONDS = 3.0
"""How often local servers are looked for while this screen is shown."""


class FirstRunActions(SignInActions, Protocol):
    """The part of `live.actions.Actions` that this screen uses."""

    def import_keys(self, variables: Mapping[str, str]) -> OutcomeLike:
        """Check and store the keys of variables."""

    def unlock(self) -> OutcomeLike:
        """End the lock of all keys."""

    def refresh(self, provider: str | None = None) -> OutcomeLike:
        """Fetch a provider's list of models."""

    def start_daemon(self) -> OutcomeLike:
        """Start the daemon."""


class FirstRun(Screen[str | None]):
    """Shows the steps and does them.

    The owner calls `show` with each new view. Returns what to select in the list: a
    `provider/model`, or a provider; an empty string to look at the list as it is; None to quit.
    """

    DEFAULT_CSS = """
    FirstRun { padding: 0 1; overflow: hidden; }
    FirstRun #heading { text-style: bold; color: $text-accent; height: auto; }
    FirstRun #introduction { height: auto; margin-bottom: 1; }
    FirstRun #steps { height: 1fr; padding: 0; }
    FirstRun #steps, FirstRun #steps:focus { border: none; background: transparent; }
    FirstRun #detail {
        height: auto; max-height: 6; border-top: solid $surface-lighten-2; color: $text-muted;
    }
    FirstRun #status { height: auto; color: $text-warning; }
    FirstRun #keys { height: 1; color: $text-muted; }
    FirstRun.-short #introduction { margin-bottom: 0; }
    FirstRun.-tiny #heading, FirstRun.-tiny #introduction, FirstRun.-tiny #detail { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "quit_picker", "Quit"),
        Binding("ctrl+r", "start_daemon", "Start the daemon"),
    ]

    def __init__(
        self, view: DaemonView, actions: FirstRunActions, environ: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._view = view
        self._actions = actions
        self._environ = environ
        self._steps: tuple[Step, ...] = ()
        self._words = HEADING, INTRODUCTION
        self._selected = ""
        self._is_busy = False
        self._is_refreshing = False

    def __repr__(self) -> str:
        return f"<FirstRun with {len(self._steps)} steps>"  # not the environment, it has keys

    # ---------------------------------------------------------- the screen

    def compose(self) -> ComposeResult:
        """Build the heading, the steps, the detail of the chosen one, and the keys."""
        yield Static(HEADING, id="heading", markup=False)
        yield Static(INTRODUCTION, id="introduction", markup=False)
        yield ChoiceList(id="steps")
        yield Static(id="detail", markup=False)
        yield Static(id="status", markup=False)
        yield Static(KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        """Show the steps, and look for local servers from now on."""
        self._redraw()
        self.query_one(ChoiceList).focus()
        self.set_interval(REFRESH_SECONDS, self._look_for_local_servers)

    def on_resize(self, event: events.Resize) -> None:
        """Leave out what a low terminal has no room for."""
        self.set_class(event.size.height < ROOMY, "-short")
        self.set_class(event.size.height < TINY, "-tiny")

    def on_screen_resume(self) -> None:
        """Go on after a dialog, if it or something else has signed the user in."""
        self._leave_if_done()

    def show(self, view: DaemonView) -> None:
        """Show what the daemon says now; leave if a model can be used."""
        was, self._view = self._view.link, view
        if not self.is_attached:
            return
        if view.link != "connected":  # what the last view had stays
            self._show_status(_link_sentence(view))
            return
        if was != "connected":
            self._show_status("")
        self._redraw()
        self._leave_if_done()

    def _redraw(self) -> None:
        steps = (*first_steps(self._view, self._environ, old_files(self._environ)), BROWSE)
        words = _opening_words(self._view)
        if (steps, words) == (self._steps, self._words):
            return
        self._words = words
        for name, word in zip(("#heading", "#introduction"), words, strict=True):
            self.query_one(name, Static).update(word)
        self._steps = steps
        self.query_one(ChoiceList).show([step.title for step in steps])
        self._show_detail()

    def _highlighted(self) -> Step | None:
        index = self.query_one(ChoiceList).highlighted
        return self._steps[index] if index is not None and index < len(self._steps) else None

    def on_option_list_option_highlighted(self) -> None:
        """Explain the step under the cursor."""
        self._show_detail()

    def _show_detail(self) -> None:
        step = self._highlighted()
        self.query_one("#detail", Static).update(_detail(step) if step else "")

    def _show_status(self, sentence: str) -> None:
        self.query_one("#status", Static).update(sentence)

    # ---------------------------------------------------------- the end

    def _leave_if_done(self) -> None:
        if self.app.screen is not self or self._is_busy or needs_first_steps(self._view):
            return
        if self._view.has_models and self._view.keys:
            close(self, self._selected or _first_usable(self._view))

    def action_start_daemon(self) -> None:
        """Start the daemon if it was stopped; the connection is made by itself."""
        if self._view.link == "stopped" and not self._is_busy:
            self._start(STARTING)
            run_in_background(self.app, self._actions.start_daemon, self._daemon_started)

    def _daemon_started(self, outcome: OutcomeLike) -> None:
        self._stop()
        if self.is_attached and not outcome.ok:
            self._show_status(outcome.message)

    def action_quit_picker(self) -> None:
        """Leave the picker."""
        close(self, None)

    # ---------------------------------------------------------- the steps

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Do the step."""
        event.stop()
        step = self._steps[event.option_index]
        if self._is_busy or not self.is_active:
            return
        self._show_status("")
        if step is BROWSE:
            close(self, "")
        else:
            self._do(step)

    def _do(self, step: Step) -> None:
        if step.kind in {"sign_in", "fix"} and step.provider:
            self._sign_in(step.provider)
        elif step.kind in {"fix", "elsewhere"}:
            where = "In another terminal" if step.kind == "fix" else "On that machine"
            command = f"{where}: {step.command}"
            self.app.push_screen(ConfirmDialog(step.title, [step.detail, command]))
        elif step.kind == "unlock":
            self._start("Unlocking the keys…")
            run_in_background(self.app, self._actions.unlock, self._show_outcome)
        elif step.kind == "import":
            self._import(step)
        elif step.kind == "model":
            close(self, step.model)
        elif step.kind == "start_local":
            self._show_status("It appears here by itself as soon as Ollama answers with a model.")
        else:
            self._run_demo()

    def _sign_in(self, provider: str) -> None:
        def note_result(is_signed_in: bool | None) -> None:
            if is_signed_in:
                self._selected = provider

        dialog = SignInDialog(sign_in_facts(self._view, provider), self._actions)
        self.app.push_screen(dialog, note_result)

    def _import(self, step: Step) -> None:
        self._start(f"Checking {', '.join(step.variables)}…")
        work = _import_call(self._actions, step.variables, self._environ)
        run_in_background(self.app, work, self._show_imported)

    def _show_imported(self, outcome: OutcomeLike) -> None:
        rows = records(as_map(outcome.data).get("outcomes"))
        self._selected = next(
            (
                text(row.get("provider"))
                for row in rows
                if row.get("outcome") in ("stored", "already")
            ),
            self._selected,
        )
        lines = [_imported_line(row) for row in rows] or [outcome.message]
        self._stop()
        if self.is_attached:
            self.app.push_screen(ConfirmDialog("Keys of this shell", lines))

    def _show_outcome(self, outcome: OutcomeLike) -> None:
        self._stop()
        if self.is_attached:
            self._show_status(outcome.message)

    def _run_demo(self) -> None:
        try:
            with self.app.suspend():
                subprocess.run([sys.executable, "-m", MODULE], check=False)
                input("Press Enter to go back to aircher-cli models. ")
        except (SuspendNotSupported, EOFError, KeyboardInterrupt):
            self._show_status("Run aircher-cli demo in a terminal.")
        self.refresh(layout=True)

    def _start(self, sentence: str) -> None:
        self._is_busy = True
        self._show_status(sentence)

    def _stop(self) -> None:
        self._is_busy = False
        if self.is_attached:
            self._show_status("")

    # ---------------------------------------------------------- local servers

    def _look_for_local_servers(self) -> None:
        """Ask the daemon to look for local servers; what it finds arrives with the next view."""
        names = {text(row.get("provider")) for row in self._view.keys if _is_keyless(row)}
        if not names or self._is_refreshing or self._view.link != "connected":
            return
        self._is_refreshing = True
        actions = self._actions
        run_in_background(
            self.app, lambda: [actions.refresh(name) for name in sorted(names)], self._refreshed
        )

    def _refreshed(self, _outcomes: list[OutcomeLike]) -> None:
        self._is_refreshing = False


def _opening_words(view: DaemonView) -> tuple[str, str]:
    """Return the heading and the introduction: what is wrong before what to do."""
    if is_invalid(view):
        return INVALID_HEADING, INVALID_INTRODUCTION
    if lost := lost_keys(view.keys):
        return LOST_HEADING, f"{lost}:"
    return HEADING, INTRODUCTION


def _link_sentence(view: DaemonView) -> str:
    """Return why the daemon does not answer, and what to do."""
    why = view.link_problem.rstrip(".") or "the connection to the daemon was lost"
    more = "Ctrl-R starts the daemon" if view.link == "stopped" else "connecting again…"
    return f"{why}; {more}"


def _import_call(
    actions: FirstRunActions, names: Sequence[str], environ: Mapping[str, str]
) -> Callable[[], OutcomeLike]:
    """Return the call, which reads the keys when it runs: no variable of the screen has them."""
    return lambda: actions.import_keys(select_variables(list(names), dict(environ)))


def _is_keyless(row: Map) -> bool:
    return row.get("state") == "not_required"


def _detail(step: Step) -> str:
    command = f"Command: {step.command}" if step.command else ""
    return "\n".join(line for line in (step.detail, command) if line)


def _imported_line(row: Map) -> str:
    symbol, _, words = OUTCOMES.get(text(row.get("outcome")), ("?", "", text(row.get("outcome"))))
    message = text(row.get("message"))
    provider = f" ({row['provider']})" if row.get("provider") else ""
    return f"{symbol} {row.get('variable')}{provider}: {words}{f': {message}' if message else ''}"


def _first_usable(view: DaemonView) -> str:
    """Return what became usable: a provider with a key, or a local model."""
    names = [text(row.get("provider")) for row in view.keys if row.get("state") in ANSWERING]
    return next(iter([*names, *local_models(view)]), "")
