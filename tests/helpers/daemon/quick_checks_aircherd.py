"""`aircherd` with free checks after a quarter of a second, for tests that cannot wait longer.

Started by `Home.start(program=HASTY)`; everything else is unchanged.
"""

import sys
from pathlib import Path

from aircherd.__main__ import main
from aircherd.providers.health import recovery

HASTY = (str(Path(__file__)),)
"""The program that Python runs."""

if __name__ == "__main__":
    recovery.DELAYS = (0.25,)
    sys.exit(main())
