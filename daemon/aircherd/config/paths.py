"""The locations of the user's config and of the daemon's data, from the environment alone.

The config is in the home, `~/.aircher`; the data is in the XDG data directory. Another home
(`$AIRCHER_HOME`) has its own data and its own keyring entries: both names contain the 8 hex digits
that also name its socket.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from aircher_wire.address import aircher_home, data_directory, home_hash


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """All paths are absolute. None of them needs to exist.

    `index_file` lists the stored keys without their values; `credentials_file` holds keys when no
    keyring is usable; `keyring_service` is the service name of the keyring entries.
    """

    home: Path
    config_file: Path
    data: Path
    index_file: Path
    credentials_file: Path
    keyring_service: str


def resolve_paths(environ: Mapping[str, str]) -> Paths:
    """Return the paths for this environment."""
    home = aircher_home(environ)
    other = home_hash(environ)
    data = data_directory(environ)
    return Paths(
        home=home,
        config_file=home / "config.toml",
        data=data,
        index_file=data / "keys.json",
        credentials_file=data / "credentials.json",
        keyring_service="aircher" if other is None else f"aircher:{other}",
    )
