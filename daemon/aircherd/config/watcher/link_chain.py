"""Follow a path link by link: what leads to a file, and which directories announce its changes.

An event is delivered only to watchers of the directory in which something changed. A file behind
links can change in several: the target may be written, any of the links replaced, or a directory
removed and created again. So the directory of every link and of the file is watched, and the
parent of each, which announces that the directory itself was replaced.
"""

import errno
import os
import stat
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import msgspec

MAX_LINKS = 40
"""The kernel's own bound."""
MAX_ENTRIES = 1000
"""Entries of a directory that are compared."""

Fact = tuple[str, str, tuple[object, ...]]
"""A path, the kind of what is there, and what is compared of it."""
Identity = tuple[int, int]


class Glance:
    """What `lstat` says of each path, looked up once: several files share most of their way."""

    def __init__(self) -> None:
        self._found: dict[str, os.stat_result | int] = {}

    def lstat(self, path: str) -> os.stat_result | int:
        """Return what is at the path, or the number of the error."""
        found = self._found.get(path)
        if found is None:
            try:
                found = os.lstat(path)
            except OSError as error:
                found = error.errno or errno.EIO
            self._found[path] = found
        return found


class LinkChain(msgspec.Struct, frozen=True):
    """What was found on the way to a file.

    - `facts`: equal for two moments if nothing on the way changed: the identity of each directory,
      the target of each link; identity, size and times of the file, the entries of a directory at
      the end, or the error.
    - `directories`: those to watch, each with its identity, None if unknown.
    - `changed_at`: when the file was last written or replaced, a Unix time; 0 without a file.
    """

    facts: tuple[Fact, ...] = ()
    directories: tuple[tuple[str, Identity | None], ...] = ()
    changed_at: float = 0.0

    def still_holds(self, glance: Glance) -> bool:
        """Return whether nothing has changed; cheaper than following the path again."""
        return bool(self.facts) and are_true(self.facts, glance)


def follow(path: Path, glance: Glance | None = None) -> LinkChain:
    """Return the chain of an absolute path. Never raises: an error is a fact."""
    walk = _Walk(str(path), glance or Glance())
    while walk.is_unfinished:
        walk.step()
    return walk.result()


def are_true(facts: Iterable[Fact], glance: Glance) -> bool:
    """Return whether nothing that these facts are about has changed."""
    return all(_is_true(fact, glance) for fact in facts)


def list_directory(path: str) -> tuple[object, ...]:
    """Return name, identity, size and time of the first entries of a directory, sorted."""
    with os.scandir(path) as entries:
        first = islice(entries, MAX_ENTRIES)
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in first]
    return tuple(sorted((name, s.st_ino, s.st_size, s.st_mtime_ns) for name, s in found))


def _is_true(fact: Fact, glance: Glance) -> bool:
    path, kind, expected = fact
    found = glance.lstat(path)
    if isinstance(found, int):
        return kind == "error" and expected == (found,)
    if kind == "directory":
        return expected == (found.st_dev, found.st_ino)
    if kind == "file":
        return expected == _signature(found)
    if kind == "link":
        # It is never written. One that was replaced may have the same number, but another time.
        return expected[:3] == (found.st_dev, found.st_ino, found.st_ctime_ns)
    if kind == "entries" and expected[:2] == (found.st_dev, found.st_ino):
        return _has_entries(path, expected[2])
    return False


def _has_entries(path: str, entries: object) -> bool:
    try:
        return list_directory(path) == entries
    except OSError:  # unreadable now, or another kind of file with the same number
        return False


def _signature(found: os.stat_result) -> tuple[int, ...]:
    return (
        found.st_dev,
        found.st_ino,
        found.st_mode,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    )


class _Walk:
    """Resolves a path as the kernel does, one component at a time."""

    def __init__(self, path: str, glance: Glance) -> None:
        self._glance = glance
        self._todo = path.split("/")[::-1]
        self._here = ""  # the root
        self._links = 0
        self._facts: list[Fact] = []
        self._known: dict[str, Identity] = {}
        self._watched: dict[str, None] = {}
        self._changed_at = 0.0

    @property
    def is_unfinished(self) -> bool:
        return bool(self._todo)

    def step(self) -> None:
        name = self._todo.pop()
        if name in {"", "."}:
            return
        if name == "..":
            self._here = _parent(self._here)
            return
        path = f"{self._here}/{name}"
        found = self._glance.lstat(path)
        try:
            if isinstance(found, int):
                self._end(path, "error", found)
            else:
                self._visit(path, found)
        except OSError as error:  # it changed at this moment
            self._end(path, "error", error.errno)

    def _visit(self, path: str, found: os.stat_result) -> None:
        identity = (found.st_dev, found.st_ino)
        if stat.S_ISLNK(found.st_mode):
            self._follow_link(path, found)
        elif any(self._todo):
            self._here = path
            self._known[path] = identity
            self._facts.append((path, "directory", identity))
        elif stat.S_ISDIR(found.st_mode):
            entries = list_directory(path)
            self._watched[path] = None
            self._known[path] = identity
            self._end(path, "entries", *identity, entries)
        else:
            self._changed_at = max(found.st_mtime, found.st_ctime)
            self._end(path, "file", *_signature(found))

    def _follow_link(self, path: str, found: os.stat_result) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            self._end(path, "error", errno.ELOOP)
            return
        target = str(Path(path).readlink())
        expected = (found.st_dev, found.st_ino, found.st_ctime_ns, target)
        self._facts.append((path, "link", expected))
        self._watch(path)
        if target.startswith("/"):
            self._here = ""
        self._todo += target.split("/")[::-1]

    def _end(self, path: str, kind: str, *values: object) -> None:
        self._facts.append((path, kind, values))
        self._watch(path)
        self._todo.clear()

    def _watch(self, path: str) -> None:
        directory = _parent(path)
        self._watched[directory] = self._watched[_parent(directory)] = None

    def result(self) -> LinkChain:
        directories = tuple((name or "/", self._known.get(name)) for name in self._watched)
        return LinkChain(tuple(self._facts), directories, self._changed_at)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
