"""Child processes that end with their parent, however it ends.

The system kills a child when the *thread* that started it ends, so only the main thread starts any.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
PARENT = os.getpid()
"""As seen by a forked child."""


def die_with_parent() -> None:
    """Have the system kill this process with its parent; for `preexec_fn`, or after a fork.

    A change of the user undoes it.
    """
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != PARENT:  # it has ended meanwhile
            os._exit(1)
