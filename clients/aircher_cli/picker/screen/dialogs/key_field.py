"""A field for a key, which shows how many characters it has, and never the characters.

Textual's own `Input` is not used: its value is in its messages, in the records of its development
tools, and in the traceback of a crash, which shows local variables.
"""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from aircher_cli.picker.screen.keys import is_typed

MAX_KEY = 8192
"""In characters, as the daemon limits it."""

HINTS = ("paste or type the key; it is not shown", "paste it; it is not shown", "not shown")
CLEANED = "Spaces and line ends around the key were removed."
TOO_LONG = "That is too long to be a key. Was a whole file pasted?"


class _Buffer:
    """The characters. Its `repr` has their number only.

    Only its methods have the characters in local variables, and they cannot fail: a crash anywhere
    else, whose traceback shows local variables, does not show the key.
    """

    __slots__ = ("text",)

    def __init__(self) -> None:
        self.text = ""

    def take_paste(self, event: events.Paste) -> str:
        """Add what was pasted, and remove it from the event; return a sentence, if any."""
        pasted, event.text = event.text, ""
        key = pasted.strip()
        return self.add(key) or ("" if key == pasted else CLEANED)

    def add(self, characters: str) -> str:
        """Add characters at the end, unless that is no key; return the reason then."""
        if len(self.text) + len(characters) > MAX_KEY:
            return TOO_LONG
        self.text += characters
        return ""

    def __repr__(self) -> str:
        return f"<{len(self.text)} characters>"


class KeyField(Widget, can_focus=True):
    """The field. Posts `Submitted` for Enter, and `Noted` with a sentence about what was pasted."""

    DEFAULT_CSS = """
    KeyField { height: 1; background: $surface; }
    KeyField:focus { background: $boost; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", show=False),
        Binding("backspace", "delete", show=False),
        Binding("ctrl+u,delete", "clear", show=False),
    ]

    class Submitted(Message):
        """Enter was pressed. It carries no key: the owner takes it with `take`."""

    class Noted(Message):
        """Something about the input, as a sentence."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._buffer = _Buffer()

    @property
    def size_of_key(self) -> int:
        """The number of characters."""
        return len(self._buffer.text)

    def starts_with(self, start: str) -> bool:
        """Tell whether the key begins with `start`."""
        return self._buffer.text.startswith(start)

    def take(self) -> str:
        """Return the key and empty the field."""
        key, self._buffer.text = self._buffer.text, ""
        self.refresh()
        return key

    def render(self) -> Text:
        """Return a dot per character as far as there is room, and their number."""
        count = self.size_of_key
        if not count:
            hint = next((text for text in HINTS if len(text) < self.size.width), "")
            return Text(hint, style="dim")
        noun = "character" if count == 1 else "characters"
        label = f" {count} {noun}"
        dots = max(1, min(count, self.size.width - len(label) - 2))
        return Text("•" * dots + "▏" + label)

    async def on_event(self, event: events.Event) -> None:
        """Take typed and pasted text before Textual records the event."""
        if (sentence := self.take_text(event)) is None:
            await super().on_event(event)
            return
        event.stop()
        self.refresh()
        if sentence:
            self.post_message(self.Noted(sentence))

    def take_text(self, event: events.Event) -> str | None:
        """Add what was typed or pasted; this works before the field is on the screen, too.

        Returns:
            A sentence about it, which may be empty; None if the event is another one.
        """
        if isinstance(event, events.Paste):
            return self._buffer.take_paste(event)
        if isinstance(event, events.Key) and is_typed(event):
            return self._buffer.add(event.character or "")
        return None

    def action_submit(self) -> None:
        """Tell the owner that the key is complete."""
        self.post_message(self.Submitted())

    def action_delete(self) -> None:
        """Remove the last character."""
        self._buffer.text = self._buffer.text[:-1]
        self.refresh()

    def action_clear(self) -> None:
        """Remove all characters."""
        self.take()
