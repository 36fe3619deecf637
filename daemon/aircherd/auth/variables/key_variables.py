"""The variables that keys come from: `~/.aircher/environment` first, then the daemon's environment.

The file comes first because it is what the user wrote last, and because systemd copies it into the
environment of the daemon, where it does not change any more. For the same reason such a copy is
forgotten as soon as the file is read.
"""

import os
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

import msgspec
import structlog

from aircherd.auth.stores.index import SourceBlock
from aircherd.auth.variables.child_environment import command_environment
from aircherd.auth.variables.environment_file import (
    EnvironmentContent,
    LineProblem,
    read_environment_file,
)
from aircherd.files.file_worker import DiskTimeout, FileWorker
from aircherd.vocabulary.secret import Secret

DISK_SECONDS = 5.0

_FORGOTTEN = Secret("forgotten")

_UNDER_SYSTEMD = "INVOCATION_ID"

log = structlog.get_logger()


class KeyVariables:
    """Variables by name.

    Args:
        environ: the daemon's own environment.
        file: the environment file; it is read at once. None for no file.
        uid: the user that the file must belong to.

    `file` is its path as it is shown.
    """

    def __init__(
        self, environ: Mapping[str, str], file: Path | None = None, *, uid: int | None = None
    ) -> None:
        self._environ = environ
        self._path = file
        self.file = shown_path(file, environ) if file else None
        self._uid = os.getuid() if uid is None else uid
        self._worker = FileWorker()
        self._content = EnvironmentContent()
        self._stale: frozenset[str] | None = None  # systemd's copies; unknown until a good read
        if file is not None:
            self._replace(read_environment_file(file, self._uid))

    async def refresh(self) -> bool:
        """Read the file again; return whether anything changed."""
        if self._path is None:
            return False
        read = partial(read_environment_file, self._path, self._uid)
        try:
            content = await self._worker.do(lambda _: read(), DISK_SECONDS)
        except DiskTimeout as error:
            # What was read before stays in effect.
            log.warning("environment_file_not_read", file=self.file, reason=error.strerror)
            return False
        return self._replace(content)

    def forget(self) -> None:
        """Drop the values that the file has, until `refresh`; the names are kept.

        The daemon's own environment stays as it is: there is no other place to read it from again.
        """
        found = self._content.assignments
        names = dict.fromkeys(found.variables, _FORGOTTEN)
        assignments = msgspec.structs.replace(found, variables=names)
        self._content = msgspec.structs.replace(self._content, assignments=assignments)

    def _replace(self, content: EnvironmentContent) -> bool:
        if content == self._content:
            return False
        self._content = content
        if self._stale is None and content.refusal is None:
            self._stale = self._copies(content)
        if content.refusal:
            log.warning("environment_file_refused", reason=content.refusal)
        for problem in content.assignments.problems:
            log.warning(
                "environment_line_ignored",
                file=self.file,
                line=problem.line,
                reason=problem.message,
            )
        return True

    def _copies(self, content: EnvironmentContent) -> frozenset[str]:
        """Return the variables that systemd copied from the file when it started the daemon."""
        if _UNDER_SYSTEMD not in self._environ:
            return frozenset()
        variables = content.assignments.variables
        return frozenset(n for n, v in variables.items() if self._environ.get(n) == v.reveal())

    # -------------------------------------------------------------- one variable

    def get(self, name: str) -> str | None:
        """Return the value of a variable, None if it is not set or must not be used."""
        if self.block_for(name):
            return None
        if (secret := self._content.assignments.variables.get(name)) is not None:
            return secret.reveal()
        return None if name in (self._stale or ()) else self._environ.get(name)

    def is_set(self, name: str) -> bool:
        """Return whether a variable has a value, or would have one if its file were not refused."""
        return bool((self.get(name) or "").strip()) or (
            self.block_for(name) is not None and self._exists(name)
        )

    def _exists(self, name: str) -> bool:
        return name in self._content.assignments.variables or name in self._environ

    def file_of(self, name: str) -> str | None:
        """Return the file that a variable comes from, None for the daemon's environment."""
        return self.file if name in self._content.assignments.variables else None

    def block_for(self, name: str) -> SourceBlock | None:
        """Return why a variable must not be used: it may be in a refused file."""
        content = self._content
        if content.refusal is None:
            return None
        if content.is_readable and name not in content.assignments.variables:
            return None
        return SourceBlock("environment", content.refusal)

    # -------------------------------------------------------------- all variables

    def of_process(self, name: str) -> str | None:
        """Return a variable of the daemon's own environment."""
        return self._environ.get(name)

    @property
    def file_exists(self) -> bool:
        """Whether there is a file."""
        return self._content.exists

    @property
    def refusal(self) -> str | None:
        """Why the file is not used and what to do, None if it is used or missing."""
        return self._content.refusal

    @property
    def problems(self) -> tuple[LineProblem, ...]:
        """The lines of the file that are ignored."""
        return self._content.assignments.problems

    def for_command(
        self, key_names: Collection[str], is_key: Callable[[str], bool]
    ) -> Mapping[str, str]:
        """Return the environment of a key command: all variables, those of the file first.

        Those that hold keys are left out, see `child_environment`, which has the arguments.
        """
        names = self._environ.keys() | self._content.assignments.variables.keys()
        if not self._content.exists or not self._content.is_readable:
            names = set(self._environ)
            found = {name: self._environ.get(name) for name in names}
        else:
            found = {name: self.get(name) for name in names}
        known = {name: value for name, value in found.items() if value is not None}
        return command_environment(known, key_names, is_key)

    def __repr__(self) -> str:
        return f"<KeyVariables, {len(self._content.assignments.variables)} in {self.file}>"


def shown_path(path: Path, environ: Mapping[str, str]) -> str:
    """Return a path as people write it: with `~` for their home."""
    home = environ.get("HOME")
    if home and path.is_relative_to(home) and home != "/":
        return f"~/{path.relative_to(home)}"
    return str(path)
