"""`aircher-cli` with a fixed view instead of a daemon, for tests of the terminal.

    python -m helpers.screen.picker_program models

PICKER_CRASH makes the key for the order raise an error with a secret in it, in the thread of the
screen or, if it is `thread`, in another one; PICKER_MODELS is a number of models to add.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import Self

from aircher_cli.__main__ import main
from aircher_cli.picker import run
from aircher_cli.picker.live import actions
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.daemon_view import DaemonView
from helpers.picker.actions import FakeActions, FakeOutcome
from helpers.picker.views import a_key, a_model, a_view

SECRET = "sk-canary-0123456789abcdef"


class FixedFeed:
    """Hands over one view."""

    def __init__(
        self, connect: object, on_view: Callable[[DaemonView], object], *, here: object
    ) -> None:
        del connect, here
        self._on_view = on_view

    def __enter__(self) -> Self:
        names = ["work/alpha", "work/beta"]
        names += [f"work/model-{n}" for n in range(int(os.environ.get("PICKER_MODELS", "0")))]
        models = [a_model(name, is_default=name == "work/alpha") for name in names]
        self._on_view(a_view(models, [a_key("work")], default="work/alpha"))
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class FixedActions(FakeActions):
    """Succeeds."""

    def __init__(self, connect: object, start: object, request: object) -> None:
        del connect, start, request
        super().__init__(FakeOutcome(True, "done"))


def _crash(state: PickerState) -> None:
    secret = SECRET  # a traceback with local variables would show it
    raise ValueError(secret, state)


def _crash_in_thread(state: PickerState) -> None:
    threading.Thread(target=_crash, args=[state]).start()


if __name__ == "__main__":
    run.LiveFeed = FixedFeed  # type: ignore[assignment, misc]
    actions.Actions = FixedActions  # type: ignore[assignment, misc]
    if crash := os.environ.get("PICKER_CRASH"):
        in_thread = crash == "thread"
        PickerState.next_sort = _crash_in_thread if in_thread else _crash  # type: ignore[method-assign]
    sys.exit(main())
