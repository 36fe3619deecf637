"""A repository's `.aircher` file: the model, task and key of its requests, if the user allows it.

Anyone who can change the repository can change the file. So it names things that the user has, and
nothing else: no URL, no command, no key. And it has no effect until the user has seen it: what was
allowed or denied is a path with a content, kept in the state directory. A changed file is new.

`project.find_file` finds it. This module is imported only if there is one.
"""

import hashlib
import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from aircher_client.project import DECISIONS
from aircher_wire.address import AddressError, find_state_directory
from aircher_wire.atomic_file import read_data, write_data
from aircher_wire.directories import check_ownership

NAMES = ("model", "task", "key")
"""All that the file may contain."""
MAX_BYTES = 4096
MAX_VALUE = 200
"""Characters of a value."""

Decision = Literal["allowed", "denied", "changed", "new"]

_KEY = re.compile(r"(\b|_)(sk|pk|rk|gsk|xai|ak-air)[-_][\w*.-]{6,}|AIza[\w*-]{6,}")
_LONG_RUN = re.compile(r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{24,}")


class ProjectFileError(Exception):
    """The file, or what is known about it, cannot be used; the message says why."""


class ProjectFile(NamedTuple):
    """A file that was read once; `digest` is that of its path and its content."""

    path: str
    text: str
    digest: str


def load(path: str) -> ProjectFile:
    """Read a file.

    Raises:
        ProjectFileError: it cannot be read, is too large, or is not text.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 -- opened without waiting for a pipe
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ProjectFileError(f"{path} is not a file")
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProjectFileError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ProjectFileError(f"{path} is larger than {MAX_BYTES // 1024} KiB")
    digest = hashlib.sha256(os.fsencode(path) + b"\0" + content).hexdigest()
    try:
        return ProjectFile(path, content.decode(), digest)
    except UnicodeDecodeError:
        raise ProjectFileError(f"{path} is not valid UTF-8") from None


def entries(file: ProjectFile) -> dict[str, str]:
    """Return what the file sets.

    Raises:
        ProjectFileError: it is not TOML, or contains anything else; no message repeats a value.
    """
    try:
        found = tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, RecursionError):  # its message may quote the file
        raise ProjectFileError(f"{file.path} is not valid TOML") from None
    for name, value in found.items():
        if problem := _problem(name, value):
            raise ProjectFileError(f"{file.path}: {problem}")
    return found


def _problem(name: str, value: object) -> str | None:
    """Return what is wrong with an entry."""
    if name not in NAMES:
        shown = name if re.fullmatch(r"[\w-]{1,40}", name) and not _may_be_key(name) else "an entry"
        return f"{shown} is not allowed there: it may have only {', '.join(NAMES)}"
    if not isinstance(value, str) or not value.strip():
        return f"{name} must be a name in quotes"
    if len(value) > MAX_VALUE or not value.isprintable():
        return f"{name} is not a name"
    if "://" in value:
        return f"{name} must not be a URL"
    if _may_be_key(value):
        return f"{name} may contain a key: a key is named by its label there"
    return None


def _may_be_key(text: str) -> bool:
    return bool(_KEY.search(text) or _LONG_RUN.search(text))


class Decisions:
    """What the user has allowed and denied: in a file in the state directory, mode 0600."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        try:
            self.path = Path(find_state_directory(environ)) / DECISIONS
            self._environ = environ
        except AddressError as error:
            raise ProjectFileError(str(error)) from None

    def of(self, file: ProjectFile) -> Decision:
        """Return what the user decided about the file as it is now.

        Raises:
            ProjectFileError: the decisions cannot be read.
        """
        known = self.read().get(file.path)
        if known is None:
            return "new"
        if known.get("digest") != file.digest:
            return "changed"
        return "allowed" if known.get("allowed") is True else "denied"

    def read(self) -> dict[str, dict[str, object]]:
        """Return all decisions by the path of the file.

        Raises:
            ProjectFileError: they cannot be read.
        """
        try:
            found = json.loads(read_data(self.path))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ProjectFileError(f"{self.path} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            return {}  # damaged: nothing is allowed
        files = found.get("files") if isinstance(found, dict) else None
        known = files if isinstance(files, dict) else {}
        return {path: each for path, each in known.items() if isinstance(each, dict)}

    def allowed_key(self, path: str) -> str | None:
        """Return the label that the file had when it was allowed; None if it was not, or had none.

        It stays in force when the file changes or is gone: else another account would answer.

        Raises:
            ProjectFileError: the decisions cannot be read.
        """
        known = self.read().get(path, {})
        key = known.get("key")
        return key if known.get("allowed") is True and isinstance(key, str) else None

    def record(self, file: ProjectFile, *, allowed: bool, key: str | None = None) -> None:
        """Store a decision about the file as it is now; `key` is the label that it has.

        Raises:
            ProjectFileError: it cannot be stored.
        """
        decided: dict[str, object] = {"digest": file.digest, "allowed": allowed}
        if key is not None:
            decided["key"] = key
        self._write({**self.read(), file.path: decided})

    def forget(self, path: str) -> bool:
        """Remove the decision about a file; return whether there was one.

        Raises:
            ProjectFileError: it cannot be removed.
        """
        known = self.read()
        if known.pop(path, None) is None:
            return False
        self._write(known)
        return True

    def _write(self, files: dict[str, dict[str, object]]) -> None:
        content = json.dumps({"version": 1, "files": files}, indent=1)
        try:
            check_ownership(self._environ)
            write_data(self.path, content.encode(errors="surrogateescape"))
        except AddressError as error:
            raise ProjectFileError(str(error)) from None
        except OSError as error:
            raise ProjectFileError(f"{self.path} cannot be written: {error.strerror}") from None

    def __repr__(self) -> str:
        return f"<Decisions in {self.path}>"
