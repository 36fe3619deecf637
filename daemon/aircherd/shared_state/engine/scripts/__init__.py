"""What the engine runs, each in one step: nothing comes between what it reads and writes.

The first line of each has its name and version. An engine knows a script by the hash of its text,
so daemons of different versions can use the same engine, as long as the `FORMAT` that they write
is the same.
"""

import hashlib
from pathlib import Path


class Script:
    """A script: its text, and the hash by which the engine knows it."""

    def __init__(self, name: str) -> None:
        self.text = (Path(__file__).parent / f"{name}.lua").read_bytes()
        # The engine's own choice, to tell scripts apart; nothing relies on its strength.
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()


SYNC = Script("sync")
ROWS = Script("rows")
FORGET = Script("forget")
COOL = Script("cool")
COOLDOWNS = Script("cooldowns")
RELEASE_PROBE = Script("release_probe")
