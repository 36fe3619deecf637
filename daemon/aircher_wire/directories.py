"""Creates the user's directories, and refuses those of another user before anything is written.

The classic accident is `sudo -E`: HOME is still another user's, and what root creates there that
user can no longer change. Clients check before they start a daemon, and the daemon when it starts.
"""

import errno
import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from aircher_wire import address
from aircher_wire.address import AddressError
from aircher_wire.owners import ROOT, is_unmapped_root

OPEN_TO_OTHERS = 0o077
"""Mode bits forbidden for secrets: others may neither read nor write."""
WRITABLE_BY_OTHERS = 0o022
"""Mode bits forbidden for what is not secret but must be authentic."""


class Base(NamedTuple):
    """A directory that the environment names, and what we use in it.

    `variable` is the one that names it; `is_set` tells whether the environment has it.
    """

    variable: str
    is_set: bool
    directory: Path
    used: Path


def make_private_directory(directory: Path) -> None:
    """Create `directory` and its missing parents with mode 0700; existing ones are left unchanged.

    Raises:
        OSError: it cannot be created, or is not a directory; or we are root and it is another
            user's, who could not change what is created there.
    """
    if os.geteuid() == ROOT:
        _refuse_foreign(directory)
    _make_private(directory)


def _refuse_foreign(directory: Path) -> None:
    nearest = _nearest(directory)
    owner = _owner(nearest)
    if owner != ROOT and not is_unmapped_root(owner):
        reason = f"it belongs to user {owner}, and you are root: run it as that user"
        raise PermissionError(errno.EPERM, reason, str(nearest))


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        if directory.parent == directory:
            raise
        _make_private(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)


def check_ownership(environ: Mapping[str, str], uid: int | None = None) -> None:
    """Check that no directory in use belongs to another user. `uid` defaults to this process's.

    Root's directories pass: it is not an intruder, and an unprivileged user cannot write there.

    Raises:
        AddressError: one does, or XDG_RUNTIME_DIR does not exist, or there is no home at all.
    """
    uid = os.getuid() if uid is None else uid
    bases = list(_bases(environ))
    for base in bases:
        for directory in (base.directory, base.used):
            found = _nearest(directory)
            owner = _owner(found)
            if owner not in (uid, ROOT):
                raise AddressError(_foreign_message(base, found, owner, uid))
    _check_home(bases)
    _check_runtime(environ, uid)


def failure_reason(path: Path, error: OSError, uid: int) -> str:
    """Return why `path` cannot be created or written, with the owner if that is the reason."""
    reason = str(error.strerror)
    nearest = _nearest(path)
    if nearest.is_symlink() and not nearest.exists():
        return f"{reason}: {nearest} is a symlink to a missing directory"
    owner = _owner(nearest)
    if owner != uid and "belongs to user" not in reason:
        return f"{reason}: {nearest} belongs to user {owner}, and you are user {uid}"
    return reason


def write_problem(path: Path, variable: str, uid: int) -> tuple[str, str] | None:
    """Return why `path` cannot be created or written, and what to do; None if it can.

    Args:
        path: A directory, or a file that need not exist.
        variable: The one that chooses another directory.
        uid: The user of this process.
    """
    nearest = _nearest(path)
    needed = os.W_OK | os.X_OK if nearest.is_dir() else os.W_OK
    if os.access(nearest, needed):
        return None
    other = f"set {variable} to a directory that you can write in"
    try:
        if os.statvfs(nearest).f_flag & os.ST_RDONLY:
            return f"{nearest} is on a read-only file system", f"mount it writable, or {other}"
    except OSError:  # a symlink that leads nowhere
        return f"{nearest} cannot be used", other
    if _owner(nearest) != uid:
        return f"{nearest} belongs to another user", other
    rights = "rwx" if nearest.is_dir() else "rw"
    return f"{nearest} is read-only", f"chmod u+{rights} {shlex.quote(str(nearest))}"


def _bases(environ: Mapping[str, str]) -> Iterator[Base]:
    home = Path(address.user_home(environ))
    named = bool(environ.get("AIRCHER_HOME"))
    aircher_home = address.aircher_home(environ)
    if named:
        yield Base("AIRCHER_HOME", True, aircher_home, aircher_home)
    else:
        yield Base("HOME", "HOME" in environ, home, aircher_home)
    for variable, used in (
        ("XDG_DATA_HOME", address.data_directory(environ)),
        ("XDG_STATE_HOME", address.state_directory(environ)),
        ("XDG_CACHE_HOME", address.cache_directory(environ)),
    ):
        directory = Path(environ.get(variable, ""))
        # On macOS the logs ignore the variable.
        if directory.is_absolute() and used.is_relative_to(directory):
            yield Base(variable, True, directory, used)
        else:
            yield Base("HOME", "HOME" in environ, home, used)


def _nearest(directory: Path) -> Path:
    """Return `directory`, or its nearest parent that exists."""
    while True:
        try:
            directory.lstat()
        except OSError:
            if directory.parent == directory:
                return directory
            directory = directory.parent
        else:
            return directory


def _owner(path: Path) -> int:
    try:
        return path.stat().st_uid
    except OSError:  # a symlink that leads nowhere
        return path.lstat().st_uid


def _name(base: Base) -> str:
    if base.is_set:
        return f"{base.variable}={base.directory}"
    return f"the home directory {base.directory}"


def _foreign_message(base: Base, found: Path, owner: int, uid: int) -> str:
    what = _name(base) if found == base.directory else str(found)
    how = "run it as that user"
    if uid == ROOT and base.variable == "HOME":
        how += ", or with 'sudo -H'"
    return (
        f"{what} belongs to user {owner}, and you are user {uid}: {how}, or set {base.variable} to "
        "a directory of your own"
    )


def _check_home(bases: list[Base]) -> None:
    """Check that the home exists or can be created, if data or the log is in it.

    Users of services often have one that does not exist, such as /nonexistent.
    """
    data_and_state = bases[1:3]
    home = next((base for base in data_and_state if base.variable == "HOME"), None)
    if home is None or home.directory.is_dir():
        return
    nearest = _nearest(home.directory)
    if nearest == home.directory:
        problem = "is not a directory"
    elif os.access(nearest, os.W_OK | os.X_OK) and nearest.is_dir():
        return
    else:
        problem = f"does not exist and cannot be created in {nearest}"
    raise AddressError(f"{_name(home)} {problem}: set HOME to a directory of your own")


def _check_runtime(environ: Mapping[str, str], uid: int) -> None:
    """Check XDG_RUNTIME_DIR, if the socket is there: the system creates it, never we."""
    runtime = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if environ.get("AIRCHER_SOCKET") or not runtime.is_absolute():
        return
    try:
        found = runtime.stat()
        owner = found.st_uid
    except FileNotFoundError:
        problem = "does not exist"
    except OSError as error:
        problem = f"cannot be used: {error.strerror}"
    else:
        if not stat.S_ISDIR(found.st_mode):
            problem = "is not a directory"
        elif owner in (uid, ROOT):
            return
        else:
            problem = f"belongs to user {owner}, and you are user {uid}"
    raise AddressError(
        f"XDG_RUNTIME_DIR={runtime} {problem}: unset it, or set it to a directory of your own"
    )
