"""Finds what the earlier aircher left, as long as there is nothing of this one.

As the daemon decides whether to mention it, but every time. `aircher-cli migrate` knows all places,
and looks into the files.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from aircher_cli.render.formatting import short_path
from aircher_wire import address


def old_files(
    environ: Mapping[str, str], config: str | None = None, keys: str | None = None
) -> list[str]:
    """Return old files with a configuration or keys, with the home directory as `~`.

    None without a home directory, as in a container that has the socket of a daemon outside.

    Args:
        environ: Names the places.
        config: The path of the configuration of this program; by default, from `environ`.
        keys: The path of its list of keys; likewise.
    """
    try:
        home = address.user_home(environ)
    except address.AddressError:
        return []
    base = environ.get("XDG_CONFIG_HOME", "")
    base = base if base.startswith("/") else f"{home}/.config"
    old = (
        f"{home}/.aircher/auth.json",
        f"{base}/aircher/config.toml",
        f"{base}/aircher/auth.json",
        f"{home}/Library/Application Support/aircher/config.toml",
    )
    own = (
        config or address.aircher_home(environ) / "config.toml",
        keys or address.data_directory(environ) / "keys.json",
    )
    if any(Path(path).exists() for path in own):
        return []
    return [short_path(path, home) for path in old if os.path.lexists(path)]
