"""Running out of file descriptors: our own failure, which says nothing about a provider.

So it must neither mark one as unreachable nor send the request to the next one, which would fail in
the same way.
"""

import errno
import os
import socket

from aircherd.errors import AircherError

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE})


def out_of_files() -> AircherError:
    """Return the error to raise."""
    return AircherError(
        "aircherd has too many open files: end some requests, "
        "or raise its limit (LimitNOFILE of its unit, `ulimit -n` of the shell that starts it)"
    )


def is_out_of_files(error: BaseException | None) -> bool:
    """Return whether a lack of descriptors caused a failed connection."""
    if error is None:
        return False
    if isinstance(error, BaseExceptionGroup):
        return any(is_out_of_files(each) for each in error.exceptions)
    if isinstance(error, socket.gaierror):
        # The C library says only that the lookup failed: find out.
        return not _is_room()
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    return is_out_of_files(error.__cause__ or error.__context__)


def check_room() -> None:
    """Check that a file can be opened, before a library ignores that it cannot.

    Raises:
        AircherError: it cannot.
    """
    if not _is_room():
        raise out_of_files()


def _is_room() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno not in _NO_ROOM
    return True
