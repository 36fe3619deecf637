"""Remove the old files: only what was carried over or has no counterpart, never through a link."""

import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from aircher_cli.commands.migrate.old_files.collect import Found
from aircher_cli.commands.migrate.old_files.sources import OldFile

_ROLES = ("mcp", "presets", "permissions", "other", "keys", "config")
"""What may be removed, in this order: the configuration last, because an interrupted run is
repeated with it."""


@dataclass(frozen=True)
class Remaining:
    """An old file that stays, and why."""

    path: Path
    reason: str


def removable(
    found: Found, home: Path, target: Path, not_stored_in: Collection[str]
) -> tuple[list[OldFile], list[Remaining]]:
    """Return the files that may be removed in their order, and those that stay.

    `not_stored_in` are the files with a key that is not stored.
    """
    chosen: list[OldFile] = []
    stay: list[Remaining] = []
    for file in found.files:
        name = str(file.path)
        if file.path == target:
            continue  # it was replaced
        if file.role not in _ROLES:
            stay.append(Remaining(file.path, f"{file.role} of the earlier aircher"))
        elif name in not_stored_in:
            stay.append(Remaining(file.path, "it has a key that is not stored"))
        elif name in found.kept:
            stay.append(Remaining(file.path, "a part of it could not be carried over"))
        elif (link := _link_on_the_way(file.path, home)) is not None:
            stay.append(
                Remaining(file.path, f"{link} is a link: remove it and its target yourself")
            )
        else:
            chosen.append(file)
    chosen.sort(key=lambda file: _ROLES.index(file.role))
    return chosen, stay


def remove(files: Sequence[OldFile]) -> tuple[list[Path], list[Remaining]]:
    """Remove the files, and the folders that are empty then; return what failed, too."""
    removed: list[Path] = []
    failed: list[Remaining] = []
    for file in files:
        try:
            if file.path.is_dir():
                shutil.rmtree(file.path)  # removes links in it, not what they lead to
            else:
                file.path.unlink(missing_ok=True)
        except OSError as error:
            failed.append(Remaining(file.path, f"cannot be removed: {error.strerror or error}"))
            continue
        removed.append(file.path)
    for folder in dict.fromkeys(path.parent for path in removed):
        if _is_own_folder(folder):
            try:
                os.rmdir(folder)  # noqa: PTH106 - fails unless it is empty, which is the point
            except OSError:
                continue
    return removed, failed


def _is_own_folder(folder: Path) -> bool:
    """Return whether a folder was made by the earlier aircher alone."""
    is_in_home = folder.name == "config" and folder.parent.name == ".aircher"
    return folder.name == "aircher" or is_in_home


def _link_on_the_way(path: Path, home: Path) -> Path | None:
    """Return the link among `path` and the folders between the home and it."""
    for each in (path, *path.parents):
        if each == home:
            return None
        if each.is_symlink():
            return each
    return None
