"""Find what the earlier aircher left behind. Loaded after the start, and used once.

Only whether there is something: `aircher-cli migrate` knows all places, and looks into the files.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from aircherd.config.paths import Paths

MESSAGE = (
    "the earlier aircher left files behind ({}); carry over its configuration and keys: "
    "aircher-cli migrate"
)


def find_old_home(environ: Mapping[str, str], paths: Paths) -> Path | None:
    """Return an old file, if there is one and neither a configuration nor a key of this program.

    An old configuration at the path of the new one is no case for this: it is reported as invalid.
    """
    if paths.config_file.exists() or paths.index_file.exists():
        return None
    home = Path(environ.get("HOME") or Path.home())
    named = environ.get("XDG_CONFIG_HOME", "")
    config = Path(named) if named.startswith("/") else home / ".config"
    places = (
        home / ".aircher" / "auth.json",
        config / "aircher" / "config.toml",
        config / "aircher" / "auth.json",
        home / "Library" / "Application Support" / "aircher" / "config.toml",
    )
    return next((place for place in places if os.path.lexists(place)), None)
