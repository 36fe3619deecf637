"""Runs Textual apps under their pilot, which needs asyncio, in tests that are plain functions."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

PATIENCE = 20.0
"""Seconds until a test fails that waits for something that should happen at once."""


def run_pilot(body: Coroutine[Any, Any, None]) -> None:
    """Run an asynchronous test to its end."""
    asyncio.run(body)


async def wait_for(pilot: Pilot[Any], is_so: Callable[[], bool], what: str) -> None:
    """Return as soon as `is_so()` is true; fail with `what` after a timeout."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"timed out waiting until {what}"
        await pilot.pause(0.02)


async def paste(pilot: Pilot[Any], text: str) -> None:
    """Paste as a terminal does: into the app, which hands it to the field with the focus."""
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


def shown(screen: Screen[Any]) -> str:
    """Return the text of all visible lines of text on a screen."""
    lines = [str(each.render()) for each in screen.query(Static) if each.display]
    return "\n".join(lines)


class ScreenHost(App[object]):
    """An app that shows one screen; `result` is what the screen returned, in a list."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self.first = screen
        self.results: list[object] = []

    def on_mount(self) -> None:
        """Show the screen."""
        self.push_screen(self.first, self.results.append)
