# ruff: noqa: PTH109, PTH118, PTH120 -- pathlib would cost a tenth of a command's start-up
"""Which project is worked in: what the daemon's records attribute requests to."""

import os
from collections.abc import Mapping

MARKER = ".git"
"""What a project's root holds: a folder, or a file in a worktree or a submodule."""

MAX_LENGTH = 4096
"""Characters that the daemon takes."""


def find_project(environ: Mapping[str, str]) -> str | None:
    """Return the root of the repository around the working directory; None outside of any.

    `AIRCHER_PROJECT` names another one; where it is empty, none is named. Git is not started: a
    look into each folder on the way up takes microseconds, and every command pays for it.
    """
    told = environ.get("AIRCHER_PROJECT")
    found = _find_root() if told is None else told.strip()
    if not found:
        return None
    # A name that is not UTF-8 has no place in the records: it is shown as far as it can be.
    project = os.fsencode(found).decode(errors="replace")
    return project if len(project) <= MAX_LENGTH else None


def _find_root() -> str | None:
    try:
        folder = os.getcwd()
    except OSError:  # somebody removed it
        return None
    while not os.path.lexists(os.path.join(folder, MARKER)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
