"""Running out of file descriptors: our own failure, which says nothing about any provider.

So it must neither mark one as unreachable nor send the request to the next one: there the same
would happen.
"""

import errno
import os
import socket

from aircherd.errors import AircherError

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE})


def out_of_files() -> AircherError:
    """Return what to raise."""
    return AircherError(
        "aircherd has too many open files: end some requests, "
        "or raise its limit (LimitNOFILE of its unit, `ulimit -n` of the shell that starts it)"
    )


def is_out_of_files(error: BaseException | None) -> bool:
    """Say whether a lack of descriptors is at the bottom of a failed connection."""
    if error is None:
        return False
    if isinstance(error, BaseExceptionGroup):
        return any(is_out_of_files(each) for each in error.exceptions)
    if isinstance(error, socket.gaierror):
        # The C library says no more than that the look-up failed: find out.
        return not _is_room()
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    return is_out_of_files(error.__cause__ or error.__context__)


def check_room() -> None:
    """Make sure that a file can be opened, before a library swallows that it could not.

    Raises:
        AircherError: none can.
    """
    if not _is_room():
        raise out_of_files()


def _is_room() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno not in _NO_ROOM
    return True
