"""Shows long output in a pager on a terminal, as git does.

The pager is the command in `AIRCHER_PAGER`, else in `PAGER`, else `less`, which gets `LESS=FRX`
unless the user has set it: it quits if one screen is enough, shows colours, and leaves the text on
the screen. A pager that is not installed, or is left early, is no error.
"""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence

from aircher_cli.console import Console
from aircher_cli.render.layout import Line, paragraph

DEFAULT = "less"
DEFAULTS = {"LESS": "FRX", "LV": "-c"}
"""What the pagers less and lv get if the user has not set it."""

NEEDS_SHELL = re.compile(r"[|&;<>()$`\\\"'*?\[#~=%\n]")
CANNOT_RUN = frozenset({126, 127})
"""Exit codes of a shell: the program is not executable, or not there."""


def print_lines(
    console: Console, environ: Mapping[str, str], lines: Sequence[Line], notes: Sequence[str] = ()
) -> bool:
    """Print lines, and notes to standard error; return whether a pager showed both.

    There is none in a pipe, on a terminal that can hold all lines, and with `TERM=dumb`.

    Raises:
        OutputClosed, CommandFailed: as `Console.styled`.
    """
    command = pager_command(environ)
    if command and console.is_terminal:
        below = [line for note in notes for line in paragraph(note, console.width, hang="  ")]
        every = [*lines, *([[("", "")]] if below else []), *below]
        if _is_too_long(console, environ, every) and _page(command, console, environ, every):
            return True
    for line in lines:
        console.styled(line)
    for note in notes:
        console.note(note)
    return False


def pager_command(environ: Mapping[str, str]) -> str:
    """Return the command of the pager; empty for none, which `cat` means, too."""
    given = environ.get("AIRCHER_PAGER", environ.get("PAGER"))
    command = DEFAULT if given is None else given.strip()
    return "" if command == "cat" or environ.get("TERM") == "dumb" else command


def _is_too_long(console: Console, environ: Mapping[str, str], lines: Sequence[Line]) -> bool:
    """Tell whether lines, with the shell's prompt below, do not fit on the terminal."""
    number = console.fileno()
    if number is None:
        return False
    try:
        height = os.get_terminal_size(number).lines
    except OSError:
        return False
    given = environ.get("LINES", "")
    height = int(given) if given.isdecimal() and int(given) > 0 else height
    return height > 0 and len(lines) >= height


def _page(
    command: str, console: Console, environ: Mapping[str, str], lines: Sequence[Line]
) -> bool:
    """Show lines in the pager; return whether there is one."""
    text = "".join(f"{console.painted(line)}\n" for line in lines)
    words = ["sh", "-c", command] if NEEDS_SHELL.search(command) else shlex.split(command)
    try:
        pager = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=console.fileno(),
            env={**DEFAULTS, **environ},
            encoding=console.encoding,
            errors="replace",
        )
    except OSError:
        return False  # it is not installed
    # Ctrl-C is for the pager, which stops a search and stays.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _feed(pager, text)
        code = pager.wait()  # no deadline: the user reads
    finally:
        signal.signal(signal.SIGINT, before)
    return code not in CANNOT_RUN


def _feed(pager: "subprocess.Popen[str]", text: str) -> None:
    """Write the text to the pager; the user may leave it before the end."""
    assert pager.stdin is not None
    try:
        with pager.stdin as out:
            out.write(text)
    except BrokenPipeError:
        return
