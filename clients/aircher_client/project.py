# ruff: noqa: PTH109, PTH113, PTH118, PTH120 -- pathlib would cost a tenth of a command's start-up
"""Finds the project that requests are attributed to, and the folder that they come from."""

import os
from collections.abc import Mapping

MARKER = ".git"
"""Marks a project's root: a folder, or a file in a worktree or submodule."""

FILE = ".aircher"
"""A file in a repository with what its requests use; see `project_file`."""

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
    return _sendable(found)


def find_folder(environ: Mapping[str, str], project: str | None) -> str | None:
    """Return the working directory, for `[projects]` of the configuration; None if not needed.

    It is not needed if it is the `project` itself. Nor if `AIRCHER_PROJECT` is a path, which is
    used instead, or empty: then nothing is said of where requests come from.
    """
    override = environ.get("AIRCHER_PROJECT")
    if override is not None and (not override.strip() or override.strip().startswith("/")):
        return None
    try:
        folder = _sendable(os.getcwd())
    except OSError:  # it was removed
        return None
    return None if folder == project else folder


def find_file(environ: Mapping[str, str], start: str | None = None) -> str | None:
    """Return the nearest `.aircher` file around `start`, the working directory by default.

    It must be in the repository, or it could be anyone's. This looks once into each folder. None
    if there is none, or if `AIRCHER_PROJECT` is empty.
    """
    if environ.get("AIRCHER_PROJECT", "-").strip() == "":
        return None
    try:
        start = folder = start or os.getcwd()
    except OSError:  # it was removed
        return None
    while not os.path.isfile(path := os.path.join(folder, FILE)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    root = _find_root(start)
    is_inside = root is not None and f"{folder}/".startswith(f"{root.rstrip('/')}/")
    return path if is_inside else None


def _sendable(name: str) -> str | None:
    # The ledger stores UTF-8: other bytes are replaced.
    sent = os.fsencode(name).decode(errors="replace")
    return sent if len(sent) <= MAX_LENGTH else None


def _find_root(start: str | None = None) -> str | None:
    try:
        folder = start or os.getcwd()
    except OSError:  # it was removed
        return None
    while not os.path.lexists(os.path.join(folder, MARKER)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
