"""Closes a dialog once."""

from typing import TypeVar

from textual.screen import Screen

Result = TypeVar("Result")


def close(screen: Screen[Result], result: Result) -> None:
    """Close a dialog with a result; nothing if it is closed.

    A key that repeats arrives again after the dialog has gone, and Textual would take the screen
    below from the stack instead.
    """
    if screen.is_active:
        screen.dismiss(result)
