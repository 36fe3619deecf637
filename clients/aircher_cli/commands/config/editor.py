"""Finds and runs the user's editor."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping

from aircher_cli.exit_codes import CommandFailed

FALLBACKS = ("sensible-editor", "editor", "nano", "vim", "vi", "emacs")
"""Editors that are tried if neither variable is set."""

WAIT_OPTIONS = {
    **dict.fromkeys(("code", "codium", "cursor", "zed", "subl", "gedit", "mate"), "--wait"),
    "kate": "--block",
    "gvim": "--nofork",
}
"""Editors with windows -> the option with which they return when the file is closed."""

SET_ONE = "set the variable EDITOR to your editor's command"


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """Return the editor's command: `VISUAL`, else `EDITOR`, else the first that is installed.

    Raises:
        CommandFailed: there is none, or it is not installed.
    """
    path = environ.get("PATH")
    for variable in ("VISUAL", "EDITOR"):
        value = environ.get(variable, "").strip()
        if value:
            return _checked(_split(variable, value), variable, path)
    for name in FALLBACKS:
        if shutil.which(name, path=path):
            return [name]
    raise CommandFailed(f"no editor was found: {SET_ONE}", code="no_editor")


def _split(variable: str, value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise CommandFailed(f"{variable} is not a command: {error}", code="no_editor") from None


def _checked(command: list[str], variable: str, path: str | None) -> list[str]:
    if not command or shutil.which(command[0], path=path) is None:
        name = command[0] if command else ""
        raise CommandFailed(
            f'the editor "{name}" in {variable} is not installed: {SET_ONE}', code="no_editor"
        )
    return command


def wait_hint(command: list[str]) -> str:
    """Return how to make an editor wait that returns at once by default; empty for others."""
    name = os.path.basename(command[0])  # noqa: PTH119 - no pathlib for one name
    option = WAIT_OPTIONS.get(name)
    if option is None or option in command:
        return ""
    return f'if {name} returned at once, let it wait: VISUAL="{name} {option}"'


def run_editor(command: list[str], file: str, environ: Mapping[str, str]) -> None:
    """Run the editor on `file` until it exits.

    Ctrl-C is for the editor, not for this program.

    Raises:
        CommandFailed: it cannot be started, or fails.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = subprocess.run(
            [*command, file],
            env=dict(environ),
            check=False,
            preexec_fn=_default_interrupt,
        ).returncode
    except OSError as error:
        raise CommandFailed(f"cannot start {command[0]}: {error.strerror}") from None
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        how = f"was ended by signal {-code}" if code < 0 else f"failed with exit code {code}"
        raise CommandFailed(f"{command[0]} {how}", code="editor_failed")


def _default_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
