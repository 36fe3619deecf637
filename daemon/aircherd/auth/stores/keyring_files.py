"""Where GNOME's and KDE's keyrings keep their files: a trace of a keyring that cannot be reached.

A daemon that a cron job started sees no session bus, as on a server. What tells them apart is that
the user has a keyring.
"""

from collections.abc import Mapping
from pathlib import Path

_SUFFIXES = frozenset({".keyring", ".kwl"})


def keyring_folders(environ: Mapping[str, str]) -> list[Path]:
    """Return the folders with the files of GNOME's and KDE's keyrings that exist."""
    home = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "/"), ".local", "share")
    folders = (Path(home, name) for name in ("keyrings", "kwalletd"))
    return [folder for folder in folders if folder.is_dir()]


def find_keyring_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file of one of the user's keyrings, None if there is none."""
    for folder in keyring_folders(environ):
        try:
            found = [path for path in folder.iterdir() if path.suffix in _SUFFIXES]
        except OSError:
            continue
        if found:
            return min(found)
    return None
