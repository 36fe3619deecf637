"""Hides the process as soon as this is imported, if it is the daemon.

`aircherd.__main__` imports it before what takes long to import, for 0.3 s on a busy machine. A
process that only imports the daemon, as tests do, is left alone.
"""

import sys
from pathlib import Path

from aircherd.process.hiding import erase, hide


def is_daemon(program: str) -> bool:
    """Return whether a process with this `sys.argv[0]` is the daemon."""
    path = Path(program)
    return path.name == "aircherd" or path == Path(__file__).parent.parent / "__main__.py"


if is_daemon(sys.argv[0]):
    hide()
    erase()
