"""Where the user's config and the daemon's data are, from the environment alone.

Config lives in the home, `~/.aircher`; data in the XDG data directory. Another home
(`$AIRCHER_HOME`) has data of its own, and its keys are kept apart in the keyring: both bear the
8 hex digits that also name its socket.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from aircher_wire.address import aircher_home, data_directory, home_hash


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """All absolute. None of them needs to exist.

    `index_file` names the stored keys without holding them; `credentials_file` holds keys where no
    keyring is usable; `keyring_service` is what entries in the keyring are filed under.
    """

    home: Path
    config_file: Path
    data: Path
    index_file: Path
    credentials_file: Path
    keyring_service: str


def resolve_paths(environ: Mapping[str, str]) -> Paths:
    """Return the paths that hold under `environ`."""
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
