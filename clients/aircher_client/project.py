# ruff: noqa: PTH109, PTH118, PTH120 -- pathlib would cost a tenth of a command's start-up
"""Finds the project that requests are attributed to in the ledger."""

import os
from collections.abc import Mapping

MARKER = ".git"
"""Marks a project's root: a folder, or a file in a worktree or submodule."""

MAX_LENGTH = 4096
"""Characters that the daemon accepts."""


def find_project(environ: Mapping[str, str]) -> str | None:
    """Return the root of the repository around the working directory; None if there is none.

    `AIRCHER_PROJECT` overrides it; an empty value means no project. Git is not run: checking each
    parent folder takes microseconds, and every command pays for it.
    """
    override = environ.get("AIRCHER_PROJECT")
    found = _find_root() if override is None else override.strip()
    if not found:
        return None
    # The ledger stores UTF-8: other bytes are replaced.
    project = os.fsencode(found).decode(errors="replace")
    return project if len(project) <= MAX_LENGTH else None


def _find_root() -> str | None:
    try:
        folder = os.getcwd()
    except OSError:  # it was removed
        return None
    while not os.path.lexists(os.path.join(folder, MARKER)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
