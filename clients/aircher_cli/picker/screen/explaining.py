"""Asks the daemon who would answer a request for the selected row, and why."""

from textual.timer import Timer

from aircher_cli.picker.live.outcome import Outcome
from aircher_cli.values import Map, as_map

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.picker.screen.app import PickerApp

EXPLAIN_AFTER_SECONDS = 0.12
"""Seconds that a row must be selected before the daemon is asked about it."""
EXPLAIN_AGAIN_SECONDS = 1.0
"""Seconds before it is asked again, if something changed."""
MAX_EXPLAINED = 50


class Explainer:
    """Explains one row after the other; the answers are in the state of the picker."""

    def __init__(self, app: "PickerApp") -> None:
        self._app = app
        self._state = app.state
        self._timer: Timer | None = None
        self._explained: tuple[str, int] = ("", -1)

    def forget(self) -> None:
        """Ask again about the row that was explained last."""
        self._explained = ("", -1)

    def explain_soon(self) -> None:
        """Ask about the row soon, unless it has been explained since something changed."""
        row, is_connected = self._state.row, self._state.view.link == "connected"
        if row is None or not is_connected or self._timer is not None:
            return
        if self._explained != (row.name, self._state.revision):
            is_known = self._explained[0] == row.name
            wait = EXPLAIN_AGAIN_SECONDS if is_known else EXPLAIN_AFTER_SECONDS
            self._timer = self._app.set_timer(wait, self._explain)

    def _explain(self) -> None:
        self._timer = None
        row = self._state.row
        if row is None or self._app.is_busy("explain"):
            return
        name = row.name
        self._explained = (name, self._state.revision)
        self._app.run_in_background(
            "explain",
            lambda: self._app.actions.explain(name),
            lambda outcome: self._take_explained(name, outcome),
        )

    def _take_explained(self, name: str, outcome: Outcome) -> None:
        if len(self._state.explained) >= MAX_EXPLAINED:
            self._state.explained.clear()
        found: Map = as_map(outcome.data) if outcome.ok else {"error": outcome.message}
        self._state.explained[name] = found
        self.explain_soon()
