"""The user's favourites, recent models and order, kept in a private file from run to run.

They are a convenience: a file that is missing, damaged or cannot be written never stops the picker.
"""

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from aircher_cli.picker.view.facts import is_name
from aircher_cli.values import as_map, text, texts
from aircher_wire.address import AddressError, state_directory
from aircher_wire.atomic_file import write_user_file

MAX_RECENT = 5
MAX_FAVOURITES = 100
MAX_NAME = 500
MAX_BYTES = 1024 * 1024
FILE = "picker.json"


@dataclass(frozen=True)
class Preferences:
    """Names as in `Row.name`; `recent` has the latest first."""

    favourites: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    sort: str = "best"

    def toggle_favourite(self, name: str) -> "Preferences":
        """Mark a row as a favourite, or remove the mark."""
        if name in self.favourites:
            return replace(self, favourites=tuple(n for n in self.favourites if n != name))
        return replace(self, favourites=(*self.favourites, name)[-MAX_FAVOURITES:])

    def with_recent(self, name: str) -> "Preferences":
        """Put a name at the start of the recent ones."""
        others = (each for each in self.recent if each != name)
        return replace(self, recent=(name, *others)[:MAX_RECENT])

    def with_sort(self, sort: str) -> "Preferences":
        """Set the order."""
        return replace(self, sort=sort)


def preferences_file(environ: Mapping[str, str]) -> Path:
    """Return the file in the user's state directory.

    Raises:
        AddressError: the user has no home directory.
    """
    return state_directory(environ) / FILE


def load_preferences(environ: Mapping[str, str]) -> Preferences:
    """Return the saved preferences; without a readable file the defaults."""
    try:
        saved = json.loads(_read(preferences_file(environ)))
    except (OSError, ValueError, RecursionError, AddressError):
        return Preferences()
    found = as_map(saved)
    return Preferences(
        favourites=_names(found.get("favourites"), MAX_FAVOURITES),
        recent=_names(found.get("recent"), MAX_RECENT),
        sort=text(found.get("sort")) or "best",
    )


def save_preferences(environ: Mapping[str, str], preferences: Preferences) -> bool:
    """Save the preferences; return whether that succeeded."""
    data = {
        "favourites": list(preferences.favourites),
        "recent": list(preferences.recent),
        "sort": preferences.sort,
    }
    with suppress(OSError, ValueError, AddressError):
        # Unlike `write_data`, it may run twice at the same time: two pickers may be open.
        write_user_file(preferences_file(environ), json.dumps(data, indent=1).encode() + b"\n")
        return True
    return False


def _read(path: Path) -> bytes:
    """Return the content of a small regular file; a pipe or a device would block."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            raise OSError(0, "not a file of preferences", str(path))
        return file.read()


def _names(value: object, most: int) -> tuple[str, ...]:
    names = (name for name in texts(value) if is_name(name) and len(name) <= MAX_NAME)
    return tuple(dict.fromkeys(names))[:most]
