"""The dialog that signs out: which stored key to remove, and what became of it."""

from typing import Protocol

from aircher_cli.picker.screen.dialogs.background import run_in_background
from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircher_cli.picker.screen.dialogs.sign_in import OutcomeLike
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in_facts import sign_out_choices, sign_out_note


class SignOutActions(Protocol):
    """The part of `live.actions.Actions` that signs out."""

    def sign_out(self, provider: str, label: str | None = None) -> OutcomeLike:
        """Remove a stored key, or all without a label; waits for the daemon."""


class SignOutDialog(ConfirmDialog):
    """Asks which stored key of `provider` to remove, removes it, and shows the result in place.

    Enter alone changes nothing. Esc leaves at once, also while the daemon removes the key: the
    list learns by the daemon's events what became of it.
    """

    def __init__(self, view: DaemonView, provider: str, actions: SignOutActions) -> None:
        self._removals = sign_out_choices(view, provider)
        super().__init__(
            f"Sign out of {provider}",
            [sign_out_note(view, provider)],
            [choice.title for choice in self._removals],
            is_risky=True,
        )
        self._provider = provider
        self._actions = actions
        self._is_removing = False

    def choose(self, index: int | None) -> None:
        """Remove what was chosen."""
        if index is None:
            self.dismiss(None)
        elif not self._is_removing:
            self._is_removing = True
            actions, provider, label = self._actions, self._provider, self._removals[index].label
            run_in_background(
                self.app, lambda: actions.sign_out(provider, label), self._show_outcome
            )

    def _show_outcome(self, outcome: OutcomeLike) -> None:
        if self.is_attached:
            self.show_result(f"{'✓' if outcome.ok else '✗'} {outcome.message}")
        elif not outcome.ok:
            self.app.notify(outcome.message, severity="warning", markup=False)
