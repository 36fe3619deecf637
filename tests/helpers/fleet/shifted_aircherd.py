"""`aircherd` on a machine whose clock is `SHIFTED_SECONDS` ahead of the right time (or behind it).

The daemon asks `time.time` alone for the time of day, so that is what is changed here, before any
module of the daemon is imported.
"""

import os
import time

SECONDS = float(os.environ["SHIFTED_SECONDS"])


def _shift() -> None:
    right = time.time
    time.time = lambda: right() + SECONDS


if __name__ == "__main__":
    _shift()
    from aircherd.__main__ import main

    main()
