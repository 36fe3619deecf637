"""A dialog with a few choices, such as which key to remove; without choices it shows a result."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from aircher_cli.picker.screen.dialogs.choice_list import ChoiceList
from aircher_cli.picker.screen.dialogs.closing import close
from aircher_cli.picker.screen.dialogs.style import DIALOG_CSS

CLOSE = "Close"
NOTHING = "No, change nothing"
KEYS_AFTER = "Enter or Esc close"


class ConfirmDialog(ModalScreen[int | None]):
    """Asks which of `choices` to do. Returns the index of the choice; None for Esc.

    Without choices there is only "Close", which returns None too. Nothing is chosen in advance that
    removes something: with `is_risky` the first line is "No", and Enter alone changes nothing.
    """

    DEFAULT_CSS = DIALOG_CSS.format(name="ConfirmDialog")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close")]

    def __init__(
        self,
        title: str,
        lines: Sequence[str] = (),
        choices: Sequence[str] = (),
        *,
        is_risky: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = tuple(line for line in lines if line)
        self._choices = tuple(choices)
        self._is_risky = is_risky and bool(choices)

    def compose(self) -> ComposeResult:
        """Build the box."""
        with VerticalGroup(id="box") as box:
            box.border_title = self._title
            for line in self._lines:
                yield Static(line, markup=False, classes="line")
            yield ChoiceList(self._titles())
            yield Static(self._keys(), markup=False, classes="keys")

    def _keys(self) -> str:
        return "Enter choose · Esc close" if self._choices else KEYS_AFTER

    def _titles(self) -> tuple[str, ...]:
        if self._is_risky:
            return (NOTHING, *self._choices)
        return self._choices or (CLOSE,)

    def on_mount(self) -> None:
        """Let the keyboard choose."""
        self.query_one(ChoiceList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the choice."""
        event.stop()
        index = event.option_index - (1 if self._is_risky else 0)
        close(self, index if self._choices and index >= 0 else None)

    def action_close(self) -> None:
        """Leave without a choice."""
        close(self, None)
