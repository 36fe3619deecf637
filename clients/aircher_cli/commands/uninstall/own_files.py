"""Finds the files that aircher has written, and removes them.

A file is aircher's if it has one of its names in one of its directories. All others are kept, and
so is a directory that has any: `AIRCHER_HOME` may be a directory with files of the user. A link is
removed itself; what it leads to is kept.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aircher_wire import address

Names = dict[str, str | None]
"""Pattern of a name -> None for a file, or the pattern of the names in a directory."""

KEY_FILES = re.compile(r"\.?(keys|credentials)\.json.*")
"""The list of stored keys, and the keys that are not in a keyring."""

ANYTHING = ".*"
OTHER_HOMES = "homes"
"""The directory of the files of homes other than `~/.aircher`."""

_HOME: Names = {
    r"config\.toml|environment": None,
    r"\.config\.toml\.aircher-\w+": None,  # of a program that was killed while it wrote the file
    r"backup-\d{4}-\d\d-\d\d(-\d+)?": r"\.?(config\.toml|unfinished)(\.tmp)?",
    r"run": r"[0-9a-f]{8}(\.http|\.extra)?\.sock(\.lock)?",
}
_DATA: Names = {
    r"\.?(keys|credentials|cooldowns|checked_keys|observed_use)\.json(\..+)?": None,
    r"\.?(displaced|tokens)\.json(\..+)?": None,
    r"ledger\.(db|spare)([.-].+)?": None,
    r"\.?audit\.jsonl(\..+)?": None,
    r"\.?proof(\.tmp)?|chat_history|aircherd\.lock": None,
}
_STATE: Names = {
    r"aircherd\.log(\..+)?": None,
    r"\.?(key-lock|picker|project-files)\.json(\..+)?": None,
    r"\.?shown-[\w-]+(\.tmp)?": None,
    r"\.?forwarded-[0-9a-f]{8}(\.tmp)?": None,
    r"conversations": ANYTHING,
}
_CACHE: Names = {r"catalog": ANYTHING}


@dataclass
class Place:
    """What is aircher's in one directory, and what is kept there, as (path, reason).

    `files` has links, too. `folders` are removed if they are empty then, in this order.
    """

    directory: Path
    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    kept: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def has_own(self) -> bool:
        """Whether anything is to be removed here."""
        return bool(self.files or (self.folders and not self.kept))

    @property
    def size(self) -> int:
        """The size of the files in bytes."""
        return sum(found.st_size for path in self.files if (found := _status(path)))


def find_places(environ: Mapping[str, str], *, keep_keys: bool) -> list[Place]:
    """Return the directories of this home, that of the configuration last.

    Raises:
        AddressError: no home directory can be found.
    """
    tables: dict[Path, Names] = {}
    for directory, names in (
        (address.cache_directory(environ), _CACHE),
        (address.state_directory(environ), _STATE),
        (address.data_directory(environ), _DATA),
        (address.aircher_home(environ), _HOME),
    ):  # two variables may name the same directory
        tables[directory] = tables.get(directory, {}) | names
    home = Path(address.user_home(environ))
    places = [_find_socket(environ)]  # its directory may be in one of the others
    for directory, names in tables.items():
        place = _find(directory, names, keep_keys=keep_keys, never={home})
        place.files = [path for path in place.files if path not in places[0].files]
        places.append(place)
    return places


def remove_place(place: Place) -> None:
    """Remove what is aircher's; what cannot be removed is added to `kept`."""
    for path in place.files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            place.kept.append((path, f"it cannot be removed: {error.strerror}"))
    for folder in place.folders:
        try:
            folder.rmdir()
        except OSError:
            continue  # it has what is kept, or is gone


def _find_socket(environ: Mapping[str, str]) -> Place:
    """Return the sockets and the lock; their directory may be anyone's."""
    socket = address.socket_path(environ)
    place = Place(socket.parent)
    if not _is_directory(socket.parent):
        return place
    beside = (address.http_socket(str(socket)), address.extra_socket(str(socket)))
    known = (socket, socket.with_name(f"{socket.name}.lock"), *map(Path, beside))
    place.files += [path for path in known if os.path.lexists(path)]
    for left in socket.parent.glob("aircher-run-*"):  # of a `run` that was killed
        if _is_directory(left):
            place.files += left.iterdir()
            place.folders.append(left)
    is_ours = socket.parent == address.aircher_home(environ) / "run"
    if is_ours or socket.parent.name == "aircher":
        place.folders.append(socket.parent)
    return place


def _find(directory: Path, names: Names, *, keep_keys: bool, never: Collection[Path]) -> Place:
    place = Place(directory)
    if directory.is_symlink():
        reason = f"{directory}, a link, leads to it"
        place.kept.append((Path(os.path.realpath(directory)), reason))
        place.files += [] if keep_keys else [directory]
    if not _is_directory(directory):
        return place
    for path in _entries(directory):
        pattern = next((each for each in names if re.fullmatch(each, path.name)), None)
        if keep_keys and KEY_FILES.fullmatch(path.name):
            place.kept.append((path, "your keys need it"))
        elif path.name == OTHER_HOMES and _is_directory(path):
            _add_other_homes(place, path)
        elif pattern is None:
            place.kept.append((path, "it is not from aircher"))
        else:
            _add(place, path, names[pattern])
    parents = directory.parents[:2] if directory.parent.name == OTHER_HOMES else ()
    place.folders += [each for each in (directory, *parents) if each not in never]
    return place


def _add_other_homes(place: Place, folder: Path) -> None:
    place.folders.append(folder)
    if any(_entries(folder)):
        place.kept.append((folder, "it has the files of other homes (AIRCHER_HOME)"))


def _add(place: Place, path: Path, inner: str | None) -> None:
    """Add a file, or a directory whose entries have names that match `inner`."""
    found = _status(path)
    if found is None:
        return
    if stat.S_ISLNK(found.st_mode):
        place.files.append(path)
        place.kept.append((Path(os.path.realpath(path)), f"{path}, a link, leads to it"))
    elif inner is None and not stat.S_ISDIR(found.st_mode):
        place.files.append(path)
    elif inner is None or not stat.S_ISDIR(found.st_mode):
        place.kept.append((path, "it is not from aircher"))
    else:
        for each in _entries(path):
            if re.fullmatch(inner, each.name):
                _add(place, each, ANYTHING if inner == ANYTHING and _is_directory(each) else None)
            else:
                place.kept.append((each, "it is not from aircher"))
        place.folders.append(path)


def _entries(directory: Path) -> Iterator[Path]:
    try:
        yield from sorted(directory.iterdir())
    except OSError:
        return  # what cannot be listed is kept, and so is its directory


def _is_directory(path: Path) -> bool:
    """Return whether a path is a directory, and not a link to one."""
    found = _status(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None
