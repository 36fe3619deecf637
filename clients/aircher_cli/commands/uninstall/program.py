"""How the program itself was installed, and the command that removes it.

A program cannot well remove itself while it runs, and its tool keeps a record of it.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

PROGRAMS = ("aircher-cli", "aircherd")


def removal_command(
    environ: Mapping[str, str], *, prefix: Path | None = None, base_prefix: Path | None = None
) -> str | None:
    """Return the command that removes this installation; None if it is not known.

    Args:
        environ: The caller's environment.
        prefix: Where the Python that runs has its packages.
        base_prefix: Where that Python itself is installed.
    """
    prefix = Path(sys.prefix) if prefix is None else prefix
    base_prefix = Path(sys.base_prefix) if base_prefix is None else base_prefix
    if (prefix / "pipx_metadata.json").is_file():
        return "pipx uninstall aircher"
    if (prefix / "uv-receipt.toml").is_file():
        return "uv tool uninstall aircher"
    if prefix != base_prefix and "aircher" in prefix.name:  # it has nothing else
        return shlex.join(["rm", "-r", str(prefix), *_links_into(prefix, environ)])
    if find_spec("pip") is not None:
        return shlex.join([sys.executable, "-m", "pip", "uninstall", "aircher"])
    return None


def _links_into(prefix: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the links in PATH to the programs of a virtual environment."""
    folders = dict.fromkeys(filter(None, environ.get("PATH", "").split(os.pathsep)))
    paths = (Path(folder, name) for folder in folders for name in PROGRAMS)
    real = os.path.realpath(prefix)
    return [
        str(path)
        for path in paths
        if path.is_symlink() and os.path.realpath(path).startswith(f"{real}/")
    ]
