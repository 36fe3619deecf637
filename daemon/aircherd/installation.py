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
INSTALL = "run 'aircher-cli daemon install'"
"""The units of a service name the installation that was removed."""

_VERSION = r"""__version__\s*=\s*["']([^"']+)["']"""

_Identity = tuple[int, int, int]

log = structlog.get_logger()


class Installation:
    """The files that this process was started from, in `folder`; `file` names their version.

    `started_by` is the service manager that started it, empty without one.
    """

    def __init__(self, file: Path, interpreter: Path, started_by: str = "") -> None:
        self.folder = file.parent.parent
        # Text, because it is checked for each client: a `Path` takes twice as long.
        self._file = str(file)
        self._interpreter = str(interpreter)
        self._replace = INSTALL if started_by in ("systemd", "launchd") else RESTART
        self._identity = _identity(self._file)
        self._logged: tuple[str, str] | None = None

    def _other_version(self, identity: "_Identity") -> str | None:
        """Return the version of the files, which have changed, if it is another one by now."""
        try:
            found = re.search(_VERSION, Path(self._file).read_text(encoding="utf-8"))
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
        identity = _identity(self._file)
        if identity is None or _identity(self._interpreter) is None:
            return "installation_gone", (
                f"the installation of the running aircherd {__version__} was removed "
                f"({self.folder}): what it has not loaded yet is missing, and it cannot be started "
                f"again. With another installation, {self._replace}"
            )
        other = None if identity == self._identity else self._other_version(identity)
        if other is not None:
            return "installation_replaced", (
                f"the installation of the running aircherd {__version__} was replaced by version "
                f"{other}: {RESTART} to start it"
            )
        return None

    def __repr__(self) -> str:
        return f"<Installation {self.folder}>"


def _identity(path: str) -> "_Identity | None":
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


INSTALLATION = Installation(
    Path(version.__file__), Path(sys.executable or "/"), os.environ.get("AIRCHER_STARTED_BY", "")
)
