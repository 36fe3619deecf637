"""The picker under Textual's pilot, fed by a real daemon, for tests that look at its screen."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from textual.pilot import Pilot

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker.live.actions import Actions
from aircher_cli.picker.live.feed import LiveFeed
from aircher_cli.picker.live.service_state import may_connect
from aircher_cli.picker.live.starting import start_quietly
from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.app import PickerApp
from aircher_cli.picker.screen.dialogs.sign_in import SignInDialog
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.here import Here
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.render.marks import Mark
from helpers.daemon.live_views import connect_to
from helpers.daemon.real_daemon import Home
from helpers.picker.pilot import paste, shown, wait_for

SIZE = (100, 30)
_BAR = re.compile("^(.*?) [│┃](?: (.*))?$")
"""A line of the screen: the list, a bar, the pane."""


class LivePicker:
    """What a user does with the picker, and sees on its screen."""

    def __init__(self, app: PickerApp, pilot: "Pilot[Choice]") -> None:
        self.app = app
        self.pilot = pilot

    # ---------------------------------------------------------- what the user does

    async def select(self, name: str) -> None:
        """Select the first line of a provider, or that of a model, once it is in the list."""
        await self.wait(lambda: self._index_of(name) >= 0, f"{name} is in the list")
        self.app.state.select(self._index_of(name))
        self.app.redraw()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def sign_in(self, key: str) -> None:
        """Sign in to the provider of the selected line with the picker's own dialog."""
        await self.press("ctrl+l")
        await self.wait(lambda: isinstance(self.app.screen, SignInDialog), "it asks for the key")
        await paste(self.pilot, key)
        await self.press("enter")
        await self.wait(lambda: "✓" in shown(self.app.screen), "the key works")
        await self.press("enter")

    # ---------------------------------------------------------- what the user sees

    @property
    def text(self) -> str:
        """The screen of the list."""
        lines = self.app.canvas.frame.lines
        return "\n".join("".join(piece for piece, _ in line).rstrip() for line in lines)

    @property
    def pane(self) -> str:
        """The text of the pane, with its lines joined."""
        return " ".join(" ".join(self._pane_lines()).split())

    def _pane_lines(self) -> list[str]:
        found = (_BAR.match(line) for line in self.text.splitlines())
        return [each[2] or "" for each in found if each]

    @property
    def state(self) -> str:
        """The symbol of the selected line, and the word for it in the line or the pane."""
        lines = [_list_part(line) for line in self.text.splitlines()[1:]]
        line = next((line for line in lines if line.startswith("> ")), "")
        symbol = line[2:3]
        places = (f"{line}  ", "  {word}"), (self.pane, f"{symbol} {{word}}: ")
        words = [mark.word for mark in Mark if mark.symbol == symbol]
        found = (w for text, form in places for w in words if form.format(word=w) in text)
        return f"{symbol} {next(found, '')}"

    async def wait(self, is_so: Any, what: str) -> None:
        """Wait until `is_so()`; a failure shows the screen."""
        try:
            await wait_for(self.pilot, is_so, what)
        except AssertionError as error:
            message = f"{error}:\n{shown(self.app.screen)}\n{self.text}"
            raise AssertionError(message) from None

    async def wait_for_state(self, state: str) -> None:
        """Wait until the selected line has a state."""
        await self.wait(lambda: self.state == state, f"the line is {state}")

    async def wait_for_pane(self, *parts: str) -> None:
        """Wait until the pane has these texts."""
        await self.wait(lambda: all(part in self.pane for part in parts), f"the pane has {parts}")

    def _index_of(self, name: str) -> int:
        items = enumerate(self.app.state.items)
        found = (
            at
            for at, item in items
            if item.can_be_selected
            and (item.provider == name or (item.row is not None and item.row.name == name))
        )
        return next(found, -1)


def _list_part(line: str) -> str:
    found = _BAR.match(line)
    return (found[1] if found else line).rstrip()


@asynccontextmanager
async def open_live_picker(
    home: Home, size: tuple[int, int] = SIZE, here: Here | None = None
) -> AsyncIterator[LivePicker]:
    """Open the picker of a user of this home; `here` is what requests from the folder use."""
    here = here or Here()
    state = PickerState(Preferences(), chooses_default=True)
    context = Context(Console(None, None, home.environ), home.environ, None)
    actions = Actions(connect_to(home), partial(start_quietly, context), here.request())
    app = PickerApp(state, actions, home.environ, lambda *_: None)
    allowed = partial(may_connect, home.environ)
    with LiveFeed(connect_to(home), app.receive, may_connect=allowed, here=here):
        async with app.run_test(size=size) as pilot:
            yield LivePicker(app, pilot)
