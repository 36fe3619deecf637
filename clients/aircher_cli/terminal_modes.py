"""Sets the modes of a terminal: echo, and whether keys arrive one by one."""

import errno
import signal
import termios
from typing import Any

FATAL = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end a program; before that, its terminal has to be restored."""


def set_modes(fd: int, when: int, attributes: list[Any]) -> None:
    """Set the attributes of a terminal, as `termios.tcsetattr`.

    In the background this stops the program until `fg`, which interrupts the call: then it is made
    again.

    Raises:
        termios.error: this is no terminal, or it is gone.
    """
    while True:
        try:
            termios.tcsetattr(fd, when, attributes)
        except termios.error as error:
            if error.args[0] != errno.EINTR:
                raise
        else:
            return
