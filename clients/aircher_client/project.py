# ruff: noqa: PTH109, PTH113, PTH118, PTH120 -- pathlib would cost a tenth of a command's start-up
"""Finds the project that requests are attributed to, and the folder that they come from."""

import os
from collections.abc import Iterator, Mapping

from aircher_wire.address import AddressError, find_state_directory

MARKER = ".git"
"""Marks a project's root: a folder, or a file in a worktree or submodule."""

FILE = ".aircher"
"""A file in a repository with what its requests use; see `project_file`."""

DECISIONS = "project-files.json"
"""The file in the state directory with what the user allowed and denied."""

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


def find_choices(environ: Mapping[str, str], start: str | None = None) -> Iterator[str]:
    """Yield the paths of what may decide for requests from `start`, the nearest first.

    The last one is that of the nearest `.aircher` file. Those before it are gone, but something was
    decided about them: they may be on another branch.
    """
    nearest = find_file(environ, start)
    decided = _read_decisions(environ)
    folders = _folders_inside(environ, start) if decided else ()
    for folder in folders:
        path = os.path.join(folder, FILE)
        if path == nearest:
            break
        if _is_about(decided, path):
            yield path
    if nearest is not None:
        yield nearest


def find_choice(environ: Mapping[str, str]) -> str | None:
    """Return the first path of `find_choices`; None if there is none."""
    return next(find_choices(environ), None)


def _folders_inside(environ: Mapping[str, str], start: str | None) -> Iterator[str]:
    """Yield the folders from `start` up to the root of its repository."""
    root = None if environ.get("AIRCHER_PROJECT", "-").strip() == "" else _find_root(start)
    if root is None:
        return
    folder = start or os.getcwd()
    while folder != root:
        yield folder
        folder = os.path.dirname(folder)
    yield root


def _read_decisions(environ: Mapping[str, str]) -> bytes:
    """Return the file of all decisions as it is; empty for most, who have none."""
    try:
        with open(os.path.join(find_state_directory(environ), DECISIONS), "rb") as file:  # noqa: PTH123 -- as above
            return file.read()
    except (AddressError, OSError):
        return b""


def _is_about(decided: bytes, path: str) -> bool:
    """Return whether there is a decision about a file."""
    import json  # noqa: PLC0415 -- only for who has decided something

    return json.dumps(path).encode() in decided


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
