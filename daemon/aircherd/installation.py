"""Notices when the daemon's own files are removed or replaced while it runs, as by an update.

The daemon goes on with the code that it has loaded. What it loads later may be missing, or belong
to another version: a restart helps. One `stat` of a file is the check, made for each `hello`.
"""

import os
import re
import sys
from pathlib import Path

import structlog

from aircher_wire import version
from aircher_wire.version import __version__

RESTART = "run 'aircher-cli daemon restart'"
_VERSION = re.compile(r"""__version__\s*=\s*["']([^"']+)["']""")

log = structlog.get_logger()


class Installation:
    """The files that this process was started from; `file` names their version."""

    def __init__(self, file: Path, interpreter: Path) -> None:
        self._file = file
        self._interpreter = interpreter
        self._identity = _identity(file)
        self._logged: tuple[str, str] | None = None

    @property
    def folder(self) -> Path:
        """The directory that has the packages."""
        return self._file.parent.parent

    def is_gone(self) -> bool:
        """Return whether the files or their interpreter no longer exist."""
        return _identity(self._file) is None or _identity(self._interpreter) is None

    def other_version(self) -> str | None:
        """Return the version of the files if it is another one by now."""
        identity = _identity(self._file)
        if identity is None or identity == self._identity:
            return None
        try:
            found = _VERSION.search(self._file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None
        if found is None or found[1] == __version__:
            self._identity = identity  # installed again: the same code
            return None
        return found[1]

    def problem(self) -> tuple[str, str] | None:
        """Return the code and the message of what happened to the files, None if nothing did.

        The log gets each problem once.
        """
        found = self._find_problem()
        if found is not None and found != self._logged:
            log.warning(found[0], reason=found[1])
        self._logged = found
        return found

    def _find_problem(self) -> tuple[str, str] | None:
        if self.is_gone():
            return "installation_gone", (
                f"the installation of the running aircherd {__version__} was removed "
                f"({self.folder}): what it has not loaded yet is missing, and it cannot be started "
                f"again. With another installation, {RESTART}"
            )
        if (other := self.other_version()) is not None:
            return "installation_replaced", (
                f"the installation of the running aircherd {__version__} was replaced by version "
                f"{other}: {RESTART} to start it"
            )
        return None

    def __repr__(self) -> str:
        return f"<Installation {self.folder}>"


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 -- twice as fast, and made for each client
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


INSTALLATION = Installation(Path(version.__file__), Path(sys.executable or "/"))
