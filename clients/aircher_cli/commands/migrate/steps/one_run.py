"""Only one migration of a user at a time: two would disturb each other's backup."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aircher_cli.exit_codes import CommandFailed


@contextmanager
def one_run(home: Path) -> Iterator[None]:
    """Lock the user's home directory for the duration of the context; no file is created.

    A file system without locks is used without one.

    Raises:
        CommandFailed: another migration is running.
    """
    try:
        descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield  # reading and writing report what is wrong with it
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed(
                "another aircher-cli migrate is running; wait until it has finished"
            ) from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(descriptor)
