"""Where the daemon is installed: the Python that runs it, and its package.

A service outlives the shell it was installed from, so it names absolute paths. They are those of a
venv, of pipx, of `uv tool` or of the system's Python, whatever runs this command.
"""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from aircher_cli.exit_codes import CommandFailed

# Parts of the paths where tools put environments that they remove without being asked.
_TEMPORARY = {
    "/uv/archive-v": "uvx",
    "/uv/builds-v": "uvx",
    "/uv/environments-v": "uv run",
    "/pipx/.cache/": "pipx run",
    "/.cache/pipx/": "pipx run",
}


class Installation(NamedTuple):
    """The absolute paths of a Python and of the `aircherd` package that it imports."""

    python: str
    package: str

    def missing(self) -> str | None:
        """Return the path that no longer exists, None if both do."""
        return next((path for path in self if not Path(path).exists()), None)


def find_installation() -> Installation:
    """Return the installation that runs this command.

    Raises:
        CommandFailed: the daemon is not installed beside the command line.
    """
    spec = find_spec("aircherd")
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not sys.executable or not folders:
        raise CommandFailed(
            "the daemon is not installed where this command is: reinstall aircher, then try again"
        )
    # The link of a virtual environment is not resolved: its target does not know the packages.
    return Installation(os.path.abspath(sys.executable), os.path.abspath(folders[0]))  # noqa: PTH100


def temporary_tool(installation: Installation, environ: Mapping[str, str]) -> str | None:
    """Return the tool that will remove this installation by itself, None if none will."""
    cache = environ.get("UV_CACHE_DIR", "").rstrip("/")
    if cache and installation.python.startswith(f"{cache}/"):
        return "uvx"
    return next((tool for part, tool in _TEMPORARY.items() if part in installation.python), None)
