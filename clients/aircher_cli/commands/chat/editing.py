"""Lets the user edit a message in the editor of `VISUAL` or `EDITOR`."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from aircher_cli.commands.config.editor import editor_command, run_editor
from aircher_cli.exit_codes import CommandFailed


def has_editor(environ: Mapping[str, str]) -> bool:
    """Tell whether the user has named an editor."""
    return any(environ.get(name, "").strip() for name in ("VISUAL", "EDITOR"))


def edit_text(text: str, environ: Mapping[str, str]) -> str:
    """Return the text as the user left it.

    The file is private, and removed afterwards.

    Raises:
        CommandFailed: the editor is not installed, fails, or left no text.
    """
    command = editor_command(environ)
    descriptor, name = tempfile.mkstemp(prefix="aircher-message-", suffix=".md")
    file = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as opened:
            opened.write(f"{text}\n")
        run_editor(command, name, environ)
        changed = file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise CommandFailed(f"cannot edit {name}: {error.strerror}") from None
    finally:
        file.unlink(missing_ok=True)
    if not changed.strip():
        raise CommandFailed("the message is empty: nothing was sent")
    return changed.rstrip("\n")
