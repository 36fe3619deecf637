"""The dialog that signs in to a provider: an unseen key, a live check, and its result in place."""

import time
from collections.abc import Callable
from typing import ClassVar, Protocol

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalGroup
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from aircher_cli.parser import may_be_key
from aircher_cli.picker.screen.dialogs.background import run_in_background
from aircher_cli.picker.screen.dialogs.closing import close
from aircher_cli.picker.screen.dialogs.key_field import KeyField
from aircher_cli.picker.screen.dialogs.style import DIALOG_CSS, WIDTH
from aircher_cli.picker.view.sign_in.key_facts import DEFAULT_LABEL, SignInFacts, other_vendor
from aircher_cli.values import as_map, text

KEYS = "Enter check and store · Tab label · Esc cancel"
KEYS_AFTER = "Enter or Esc close"
KEYS_WHILE_CHECKING = "Esc leave; the check goes on"
ROOMY = 20
"""Rows of a terminal that has room for the notes and a result."""
MAX_LABEL = 128
"""Characters, as in the daemon."""
EMPTY = "There is no key yet: paste it, then press Enter."
OTHER_VENDOR = (
    "That looks like a key of {vendor}. Enter again sends it to {provider} all the same, Ctrl-U "
    "removes it."
)
LABEL_IS_KEY = "That label may be a key. A label is a name such as work; it is shown."


class OutcomeLike(Protocol):
    """What became of a call; see `live.actions.Outcome`."""

    @property
    def ok(self) -> bool:
        """Whether it worked."""

    @property
    def message(self) -> str:
        """What happened, safe to show."""

    @property
    def data(self) -> object:
        """The daemon's answer."""


class SignInActions(Protocol):
    """The part of `live.actions.Actions` that signs in."""

    def sign_in(self, provider: str, key: str, label: str | None = None) -> OutcomeLike:
        """Check a key and store it; waits for the daemon."""


class SignInDialog(ModalScreen[bool]):
    """Asks for a key of the provider of `facts`, and returns whether the user is signed in.

    Esc leaves at once, also while the daemon checks the key. The check goes on then: if the key
    works it is stored, the list learns it by the daemon's events, and a notification says so.
    """

    DEFAULT_CSS = (
        DIALOG_CSS.format(name="SignInDialog")
        + """
    SignInDialog .row { height: auto; margin-top: 1; }
    SignInDialog .name { width: 7; }
    SignInDialog KeyField { width: 1fr; }
    SignInDialog Input { width: 1fr; height: 1; border: none; padding: 0; }
    SignInDialog #label-row { display: none; margin-top: 0; }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", priority=True),
        Binding("tab,shift+tab", "label", "Label", priority=True),
        Binding("enter", "close_when_done", show=False),
    ]

    def __init__(self, facts: SignInFacts, actions: SignInActions) -> None:
        super().__init__()
        self._facts = facts
        self._actions = actions
        self._is_signed_in = False
        self._accepted_vendors = {""}
        self._checking_since: float | None = None
        self._field = KeyField(id="key")
        self._is_open = False
        self._early_enter = False
        self._early_note = ""

    # ---------------------------------------------------------- the box

    def compose(self) -> ComposeResult:
        """Build the box: what is the case, the field, the result, the keys."""
        facts = self._facts
        with VerticalGroup(id="box") as box:
            box.border_title = f"Sign in to {facts.provider}"
            if facts.keys_page and not facts.blocked:
                yield Static(self._page_line(), markup=False, classes="line note")
            for note in facts.notes:
                yield Static(note, markup=False, classes="line note")
            if not facts.blocked:
                yield from self._fields()
            yield Static(facts.blocked, id="result", markup=False, classes="line gap")
            keys = KEYS_AFTER if facts.blocked else KEYS
            yield Static(keys, id="keys", markup=False, classes="keys")

    def _page_line(self) -> str:
        """Return where keys are created; the address is not broken where it fits on a line."""
        page, room = self._facts.keys_page, min(self.app.size.width, WIDTH) - 4
        if len(page) > room:
            page = page.removeprefix("https://")
        line = f"Keys are created at {page}"
        return line if len(line) <= room else line.replace(" at ", " at\n", 1)

    def _fields(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Static("Key", classes="name")
            yield self._field
        with Horizontal(classes="row", id="label-row"):
            yield Static("Label", classes="name")
            label = self._facts.label or DEFAULT_LABEL
            yield Input(value=label, id="label", compact=True, max_length=MAX_LABEL)

    def on_mount(self) -> None:
        """Let the user paste at once."""
        if self not in self.app.screen_stack:
            return  # an Esc right behind what opened it has closed it
        self._is_open = True
        if self._facts.blocked:
            self._show(self._facts.blocked, "warn")
            return
        self.query_one("#result").display = False
        if self._facts.label not in {"", DEFAULT_LABEL}:
            self.query_one("#label-row").display = True
        self.set_focus(self._field)  # at once: `focus` waits until what was typed is handled
        self.set_interval(0.25, self._show_progress)
        self._show(self._early_note)
        if self._early_enter:
            self._submit()

    def _forward_event(self, event: events.Event) -> None:
        """Take what is typed or pasted while the dialog opens: a script does not wait for it.

        Enter counts only after a part of a key, since the Enter that opened the dialog may repeat.
        """
        if self._is_open or not isinstance(event, events.Key | events.Paste):
            super()._forward_event(event)
        elif self._facts.blocked or self._early_enter:
            return
        elif (note := self._field.take_text(event)) is not None:
            self._early_note = note or self._early_note
        elif isinstance(event, events.Key) and event.key == "enter":
            self._early_enter = self._field.size_of_key > 0

    def _show(self, sentence: str, style: str = "") -> None:
        result = self.query_one("#result", Static)
        result.display = bool(sentence)
        result.update(sentence)
        result.set_classes(f"line gap {style}")
        if self.app.size.height < ROOMY:  # the notes have been read; the result must be seen
            for note in self.query(".note"):
                note.display = not sentence

    def _set_keys(self, keys: str) -> None:
        self.query_one("#keys", Static).update(keys)

    # ---------------------------------------------------------- the key

    def on_key_field_noted(self, event: KeyField.Noted) -> None:
        """Say what was done with a paste."""
        event.stop()
        self._show(event.sentence)

    def on_key_field_submitted(self, event: KeyField.Submitted) -> None:
        """Check and store the key."""
        event.stop()
        self._submit()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on from the label to the key, or check it if it is there."""
        event.stop()
        label = self._label()
        if self._field.size_of_key or (label and may_be_key(label)):
            self._submit()
        else:
            self._field.focus()

    def _submit(self) -> None:
        field = self._field
        if self._checking_since is not None or self._is_signed_in:
            return
        label = self._label()
        if label and may_be_key(label):
            self.query_one("#label", Input).value = DEFAULT_LABEL
            self._show(LABEL_IS_KEY, "warn")
        elif not field.size_of_key:
            self._show(EMPTY, "warn")
        elif (vendor := other_vendor(self._facts, field.starts_with)) not in self._accepted_vendors:
            self._accepted_vendors.add(vendor)
            self._show(OTHER_VENDOR.format(vendor=vendor, provider=self._facts.provider), "warn")
        else:
            self._check(field.take, label)

    def _label(self) -> str | None:
        """Return the label; None for the usual one."""
        label = self.query_one("#label", Input).value.strip()
        return label if label and label != DEFAULT_LABEL else None

    def _check(self, take_key: Callable[[], str], label: str | None) -> None:
        provider, actions = self._facts.provider, self._actions
        work = _sign_in_call(actions, provider, take_key(), label)
        self._checking_since = time.monotonic()
        self._field.disabled = True
        self._set_keys(KEYS_WHILE_CHECKING)
        self._show_progress()
        run_in_background(self.app, work, self._finish)

    def _show_progress(self) -> None:
        if self._checking_since is None:
            return
        seconds = int(time.monotonic() - self._checking_since)
        passed = f" {seconds} s" if seconds else ""
        self._show(f"Checking the key with {self._facts.provider}, free of charge…{passed}")

    # ---------------------------------------------------------- the result

    def _finish(self, outcome: OutcomeLike) -> None:
        self._checking_since = None
        if not self.is_attached:
            severity = "information" if outcome.ok else "warning"
            message = self._success(outcome) if outcome.ok else outcome.message
            self.app.notify(message, severity=severity, markup=False)  # type: ignore[arg-type]
            return
        if outcome.ok:
            self._is_signed_in = True
            self._show(f"✓ {self._success(outcome)}", "good")
            self._set_keys(KEYS_AFTER)
            for row in self.query(".row"):
                row.display = False
            self.set_focus(None)
        else:
            self._show(self._failure(outcome), "bad")
            self._set_keys(KEYS)
            field = self._field
            field.disabled = False
            field.focus()

    def _success(self, outcome: OutcomeLike) -> str:
        row = as_map(outcome.data)
        key = text(row.get("masked"))
        what = "checked" if row.get("state") == "authenticated" else "stored, not checked"
        where = f" Stored in: {row['source']}." if row.get("source") else ""
        return f"Signed in to {self._facts.provider}; key {key} {what}.{where}"

    def _failure(self, outcome: OutcomeLike) -> str:
        return f"✗ {_sentence(outcome.message)} Try again, or leave with Esc."

    # ---------------------------------------------------------- keys

    def action_leave(self) -> None:
        """Leave at once; a running check goes on."""
        close(self, self._is_signed_in)

    def action_close_when_done(self) -> None:
        """Leave with Enter once there is nothing left to type."""
        if self._is_signed_in or self._facts.blocked:
            close(self, self._is_signed_in)

    def action_label(self) -> None:
        """Show the field for a label, or go from it back to the key."""
        is_ready = self._is_open and not self._facts.blocked
        if not is_ready or self._checking_since is not None or self._is_signed_in:
            return
        label, field = self.query_one("#label", Input), self._field
        if label.has_focus:
            field.focus()
            return
        self.query_one("#label-row").display = True
        known = f" Stored now: {', '.join(self._facts.labels)}." if self._facts.labels else ""
        self._show(f"A label tells several keys apart.{known}")
        label.focus()


def _sentence(message: str) -> str:
    """Return a message of the daemon with the end of a sentence."""
    return message if message.endswith((".", "?", "!")) else f"{message}."


def _sign_in_call(
    actions: SignInActions, provider: str, key: str, label: str | None
) -> Callable[[], OutcomeLike]:
    """Return the call. Made here, so that no variable of the dialog has the key."""
    return lambda: actions.sign_in(provider, key, label)
