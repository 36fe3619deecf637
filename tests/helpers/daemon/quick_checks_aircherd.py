"""`aircherd` whose free checks come after a quarter of a second, for tests that cannot wait.

Started by `Home.start(program=HASTY)`; everything else about it is as it is.
"""

import sys
from pathlib import Path

from aircherd.__main__ import main
from aircherd.providers.health import recovery

HASTY = (str(Path(__file__)),)
"""What Python runs."""

if __name__ == "__main__":
    recovery.DELAYS = (0.25,)
    sys.exit(main())
