"""`~/.aircher/environment`: variables for a daemon that does not see those of the user's shell.

The file contains keys, so it is refused if another user could read it. It is the user's own file: a
symbolic link is followed, and the file at its end is what is checked.

    readable by others    its names are known, and none of these variables is used from anywhere
    unreadable            its names are unknown, and no variable is used at all

Otherwise an older value in the daemon's own environment would be used without a word.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path

import msgspec

from aircher_wire.directories import OPEN_TO_OTHERS
from aircher_wire.owners import find_open_parent
from aircherd.files.private_file import FileRefused, check_file
from aircherd.vocabulary.secret import Secret

MAX_BYTES = 256 * 1024


class LineProblem(msgspec.Struct, frozen=True):
    """A line that is ignored; the message never quotes it, because it may contain a key."""

    line: int
    message: str


class Assignments(msgspec.Struct, frozen=True):
    """The variables of a file, and its ignored lines. Of a repeated name the last value counts."""

    variables: dict[str, Secret]
    problems: tuple[LineProblem, ...] = ()


_NOTHING = Assignments({})


class EnvironmentContent(msgspec.Struct, frozen=True):
    """What is in the file now.

    `refusal` says why the file is not used and what to do, None if it is used or missing. A refused
    file still has its `assignments` if it could be read; `is_readable` says so.
    """

    exists: bool = False
    assignments: Assignments = _NOTHING
    refusal: str | None = None
    is_readable: bool = True


def read_environment_file(path: Path, uid: int) -> EnvironmentContent:
    """Return the content of the file, which must belong to the user `uid`. Raises nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return EnvironmentContent()
    except OSError as error:
        return _refused(f"{path} cannot be read: {_reason(error)}")
    try:
        found = os.fstat(descriptor)
        is_file = stat.S_ISREG(found.st_mode)
        data = os.read(descriptor, MAX_BYTES + 1) if is_file else b""
    except OSError as error:
        return _refused(f"{path} cannot be read: {_reason(error)}")
    finally:
        os.close(descriptor)
    problem = _problem(path, found, uid)
    if not is_file or len(data) > MAX_BYTES:
        return _refused(problem or f"{path} is larger than 256 KiB: move it away")
    with contextlib.suppress(UnicodeDecodeError):
        return EnvironmentContent(True, _parse(data.decode()), problem)
    return _refused(problem or f"{path} is not a UTF-8 text: save it as UTF-8")


def _parse(text: str) -> Assignments:
    # Most users have no such file.
    from aircherd.auth.variables.assignments import parse_assignments  # noqa: PLC0415

    return parse_assignments(text)


def _refused(reason: str) -> EnvironmentContent:
    return EnvironmentContent(exists=True, refusal=reason, is_readable=False)


def _problem(path: Path, found: os.stat_result, uid: int) -> str | None:
    """Return why the file must not be used, None if it may."""
    try:
        check_file(path, found, uid=uid, forbidden=OPEN_TO_OTHERS)
    except FileRefused as error:
        return str(error)
    if open_parent := find_open_parent(str(path), uid):
        why, cure = open_parent
        return f"{path} can be replaced by other users: {why}: {cure}"
    return None


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "its symbolic links lead in a circle"
    return error.strerror or type(error).__name__
