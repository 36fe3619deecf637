"""Where the daemon is installed: the Python that runs it, and its package.

A service outlives the shell it was installed from, so it names absolute paths. They are those of a
venv, of pipx, of `uv tool` or of the system's Python, whatever runs this command.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from aircher_cli.exit_codes import CommandFailed

CHECK_SECONDS = 30.0

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


def check_alone(installation: Installation, variables: Mapping[str, str]) -> None:
    """Check that its Python finds the package without what the shell or a wrapper has set.

    `variables` is the environment that the service manager gives to services.

    Raises:
        CommandFailed: it does not, so the service could not start.
    """
    code = "import aircherd, aircher_cli, sys; sys.stdout.write(list(aircherd.__path__)[0])"
    try:
        done = subprocess.run(
            [installation.python, "-P", "-c", code],
            env=dict(variables),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=CHECK_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(f"cannot run {installation.python}: {error}") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CommandFailed(
            f"{installation.python} does not find aircher by itself, as a service has to "
            f"({''.join(reason) or 'no reason given'}): PYTHONPATH or a wrapper helps only this "
            "command. Install aircher with 'pipx install', 'uv tool install' or into a virtual "
            "environment"
        )


def temporary_tool(installation: Installation, environ: Mapping[str, str]) -> str | None:
    """Return the tool that will remove this installation by itself, None if none will."""
    cache = environ.get("UV_CACHE_DIR", "").rstrip("/")
    if cache and installation.python.startswith(f"{cache}/"):
        return "uvx"
    return next((tool for part, tool in _TEMPORARY.items() if part in installation.python), None)
