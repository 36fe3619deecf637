"""Follow a path link by link: what leads to a file, and which directories announce its changes.

An event is delivered only to watchers of the directory in which something changed. A file behind
links can change in several: the target may be written, any of the links replaced, or a directory
removed and created again. So the directory of every link and of the file is watched, and the
parent of each, which announces that the directory itself was replaced.
"""

import errno
import os
import stat
from itertools import islice
from pathlib import Path

import msgspec

MAX_LINKS = 40
"""The kernel's own bound."""

Fact = tuple[object, ...]


class LinkChain(msgspec.Struct, frozen=True):
    """What was found on the way to a file.

    - `facts`: equal for two moments if nothing on the way changed: the identity of each directory,
      the target of each link; identity, size and times of the file, the entries of a directory at
      the end, or the error.
    - `directories`: those to watch, each with its identity, None if unknown.
    - `changed_at`: when the file was last written or replaced, a Unix time; 0 without a file.
    """

    facts: tuple[Fact, ...] = ()
    directories: tuple[tuple[str, Fact | None], ...] = ()
    changed_at: float = 0.0


def follow(path: Path) -> LinkChain:
    """Return the chain of an absolute path. Never raises: an error is a fact."""
    walk = _Walk(str(path))
    while walk.is_unfinished:
        walk.step()
    return walk.result()


def list_directory(path: str) -> tuple[Fact, ...]:
    """Return name, identity, size and time of the first entries of a directory, sorted."""
    with os.scandir(path) as entries:
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in islice(entries, 999)]
    return tuple(sorted((name, s.st_ino, s.st_size, s.st_mtime_ns) for name, s in found))


class _Walk:
    """Resolves a path as the kernel does, one component at a time."""

    def __init__(self, path: str) -> None:
        self._todo = path.split("/")[::-1]
        self._here = ""  # the root
        self._links = 0
        self._facts: list[Fact] = []
        self._known: dict[str, Fact] = {}
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
        try:
            self._visit(path, os.lstat(path))
        except OSError as error:
            self._end(path, (path, error.errno))

    def _visit(self, path: str, found: os.stat_result) -> None:
        identity = (path, found.st_dev, found.st_ino)
        if stat.S_ISLNK(found.st_mode):
            self._follow_link(path, identity)
        elif any(self._todo):
            self._here = path
            self._known[path] = identity
            self._facts.append(identity)
        elif stat.S_ISDIR(found.st_mode):
            self._watched[path] = None
            self._known[path] = identity
            self._end(path, (*identity, list_directory(path)))
        else:
            times = (found.st_mtime_ns, found.st_ctime_ns)
            self._changed_at = max(found.st_mtime, found.st_ctime)
            self._end(path, (*identity, found.st_mode, found.st_size, *times))

    def _follow_link(self, path: str, identity: Fact) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            self._end(path, (path, errno.ELOOP))
            return
        target = str(Path(path).readlink())
        self._facts.append((*identity, target))
        self._watch(path)
        if target.startswith("/"):
            self._here = ""
        self._todo += target.split("/")[::-1]

    def _end(self, path: str, fact: Fact) -> None:
        self._facts.append(fact)
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
