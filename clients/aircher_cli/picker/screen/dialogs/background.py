"""Calls that wait for the daemon, outside of the screen's loop."""

import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

from textual.app import App

Result = TypeVar("Result")


def run_in_background(
    app: App[object], work: Callable[[], Result], on_result: Callable[[Result], object]
) -> None:
    """Run `work` in a thread; hand its result to `on_result` in the screen's loop.

    The thread does not keep the program from ending: a check that hangs must not hold a user who
    leaves. `work` has its own deadline. Textual's own thread workers are not used, because the end
    of the program waits for them.
    """

    def run() -> None:
        result = work()
        # The program has ended meanwhile: the result cannot be shown.
        with contextlib.suppress(RuntimeError):
            app.call_later(on_result, result)  # safe from other threads

    threading.Thread(target=run, daemon=True, name="aircher picker action").start()
