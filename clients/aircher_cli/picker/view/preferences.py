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

from aircher_cli.picker.view.sane_values import is_name
from aircher_cli.values import Map, text
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
    return _parse(_load(environ) or {})


def save_preferences(
    environ: Mapping[str, str], preferences: Preferences, before: Preferences
) -> bool:
    """Save what differs from `before`; return whether that succeeded.

    Another picker may have saved something else meanwhile, and a later version other fields.
    """
    stored = _load(environ)
    merged = preferences if stored is None else _merged(_parse(stored), before, preferences)
    data = {
        **(stored or {}),
        "favourites": list(merged.favourites),
        "recent": list(merged.recent),
        "sort": merged.sort,
    }
    with suppress(OSError, ValueError, AddressError):
        # Unlike `write_data`, it may run twice at the same time: two pickers may be open.
        write_user_file(preferences_file(environ), json.dumps(data, indent=1).encode() + b"\n")
        return True
    return False


def _load(environ: Mapping[str, str]) -> Map | None:
    """Return the content of the file; None if it cannot be read."""
    try:
        saved = json.loads(_read(preferences_file(environ)))
    except (OSError, ValueError, RecursionError, AddressError):
        return None
    return saved if isinstance(saved, dict) else None


def _parse(saved: Map) -> Preferences:
    return Preferences(
        favourites=_names(saved.get("favourites"), MAX_FAVOURITES),
        recent=_names(saved.get("recent"), MAX_RECENT),
        sort=text(saved.get("sort")) or "best",
    )


def _merged(stored: Preferences, before: Preferences, after: Preferences) -> Preferences:
    """Return what is stored with the changes of one picker."""
    removed = set(before.favourites) - set(after.favourites)
    added = [n for n in after.favourites if n not in {*before.favourites, *stored.favourites}]
    kept = [name for name in stored.favourites if name not in removed]
    merged = replace(stored, favourites=(*kept, *added)[-MAX_FAVOURITES:])
    if after.recent and after.recent != before.recent:
        merged = merged.with_recent(after.recent[0])
    return merged if after.sort == before.sort else merged.with_sort(after.sort)


def _read(path: Path) -> bytes:
    """Return the content of a small regular file; a pipe or a device would block."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            raise OSError(0, "not a file of preferences", str(path))
        return file.read()


def _names(value: object, most: int) -> tuple[str, ...]:
    found = value if isinstance(value, list) else []
    names = (name for name in found if isinstance(name, str) and _is_kept(name))
    return tuple(dict.fromkeys(names))[:most]


def _is_kept(name: str) -> bool:
    return is_name(name) and len(name) <= MAX_NAME
