"""Draws the lines of `frame` with Textual, and passes on what the mouse does."""

from collections.abc import Callable
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from aircher_cli.picker.screen.frame import Frame, Zone, draw
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.render.layout import Line

STYLES: dict[str, Style] = {
    "good": Style(color="green"),
    "bad": Style(color="red"),
    "warn": Style(color="yellow"),
    "dim": Style(dim=True),
    "bold": Style(bold=True),
    "match": Style(bold=True, underline=True),
    "reverse": Style(reverse=True),
    "selected": Style(reverse=True, bold=True),
}
"""Name of a style -> its drawing, with the terminal's own 16 colours. None is by colour alone."""

WHEEL_LINES = 3


@lru_cache(maxsize=64)
def style_of(names: str) -> Style:
    """Return the style for names with spaces between them; unknown names are ignored."""
    found = [STYLES[name] for name in names.split() if name in STYLES]
    return Style.combine(found) if found else Style.null()


class Canvas(Widget):
    """The whole screen; `on_click(zone, count)` receives what is clicked, and how often."""

    DEFAULT_CSS = "Canvas { width: 100%; height: 100%; }"

    def __init__(self, state: PickerState, on_click: Callable[[Zone, int], None]) -> None:
        super().__init__()
        self._state = state
        self._pass_click = on_click
        self._frame = Frame((), (), (0, 0))

    @property
    def frame(self) -> Frame:
        """What is drawn."""
        return self._frame

    def redraw(self) -> None:
        """Draw what changed since the last time."""
        before = self._frame
        self._frame = draw(self._state, self.size.width, self.size.height)
        self.app.cursor_position = self.content_region.offset + self._frame.cursor
        if len(before.lines) != len(self._frame.lines):
            self.refresh()
            return
        changed = [
            Region(0, y, self.size.width, 1)
            for y, (old, new) in enumerate(zip(before.lines, self._frame.lines, strict=True))
            if old != new
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        line = self._frame.lines[y] if y < len(self._frame.lines) else []
        return strip_of(line, self.size.width)

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._frame = draw(self._state, self.size.width, self.size.height)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Pass on a click with the main button."""
        zone = self._frame.zone_at(event.x, event.y)
        if zone and event.button <= 1:
            self._pass_click(zone, event.chain)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll towards the first line."""
        event.stop()
        self._state.scroll(-WHEEL_LINES)
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll towards the last line."""
        event.stop()
        self._state.scroll(WHEEL_LINES)
        self.redraw()


def strip_of(line: Line, width: int) -> Strip:
    """Return a line as Textual draws it, in exactly `width` cells.

    Characters that do not print, which a server may send, become question marks.
    """
    segments = [Segment(printable(text), style_of(style)) for text, style in line if text]
    return Strip(segments).adjust_cell_length(width)


def printable(text: str) -> str:
    """Replace what does not print: it could control the terminal, or move what follows."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
