"""`aircherd` whose disk hangs: what the daemon writes in the background never ends.

Started by `Home.start(program=STUCK)`; keys can be stored, everything else is unchanged.
"""

import sys
import time
from pathlib import Path

from aircherd.__main__ import main
from aircherd.files import background_files
from aircherd.usage.ledger.database import LedgerDatabase

STUCK = (str(Path(__file__)),)
"""The program that Python runs."""


def hang(*_arguments: object, **_options: object) -> None:
    """Take as long as a system call on a hanging disk."""
    time.sleep(600)


if __name__ == "__main__":
    background_files.write_data = hang
    LedgerDatabase.write = hang  # type: ignore[method-assign]
    sys.exit(main())
