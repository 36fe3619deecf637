"""Reads what need not be a file: standard input, named pipes, terminals. Imported only for them.

Such input may never end. So reading stops beyond a limit, a line on standard error says what is
waited for, and it ends with the time limit of the command.
"""

import os
import select
import stat
import time
from collections.abc import Callable

from aircher_cli.exit_codes import NO_PROVIDER, CommandFailed
from aircher_wire import codes

NOTICE_AFTER_SECONDS = 1.0
"""Seconds until a notice says what is read."""

CHUNK = 256 * 1024


def read_descriptor(
    fd: int, limit: int, *, until: float | None, on_wait: Callable[[], object]
) -> bytes:
    """Read until the end, but no more than one byte beyond `limit`.

    Args:
        fd: What is read; it may be set not to block.
        limit: In bytes.
        until: When to give up, a `time.monotonic()` value; None for never.
        on_wait: Is called once if the end has not come after a moment.

    Raises:
        OSError: it cannot be read.
        CommandFailed: the end did not come in time.
    """
    notice_at: float | None = time.monotonic() + NOTICE_AFTER_SECONDS
    pieces: list[bytes] = []
    size = 0
    while size <= limit:
        now = time.monotonic()
        if notice_at is not None and now >= notice_at:
            notice_at = None
            on_wait()
        if until is not None and now >= until:
            raise CommandFailed(
                "the input did not end within --timeout", exit_code=NO_PROVIDER, code=codes.TIMEOUT
            )
        ends = [each for each in (notice_at, until) if each is not None]
        if not select.select([fd], [], [], min(ends) - now if ends else None)[0]:
            continue
        try:
            data = os.read(fd, min(CHUNK, limit + 1 - size))
        except BlockingIOError:  # another process has set it not to block, and was faster
            continue
        if not data:
            break
        pieces.append(data)
        size += len(data)
    return b"".join(pieces)


def left_in_file(fd: int) -> int | None:
    """Return how many bytes are left if it is a file of which something was read before.

    None for a pipe, and for a file that was not read yet. The shell of a loop,
    `while read -r line; do ...; done < FILE`, has read a line of the file when it runs a program,
    and goes on after that where the program has stopped.
    """
    try:
        found = os.fstat(fd)
        position = os.lseek(fd, 0, os.SEEK_CUR) if stat.S_ISREG(found.st_mode) else 0
    except OSError:
        return None
    return max(found.st_size - position, 0) if position else None
