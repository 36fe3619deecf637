# ruff: noqa: PTH100, PTH118 -- see the docstring: no pathlib on the way to the socket
"""Finds the daemon's socket and checks its directory. Daemon and clients share this code.

    $AIRCHER_SOCKET
    else <runtime>/aircher/aircher.sock         runtime: $XDG_RUNTIME_DIR, or /run/user/<uid>
    else <home>/run/<host hash>.sock            home: $AIRCHER_HOME, or ~/.aircher

Beside it are the socket for HTTP clients, http.sock or <name>.http.sock, and the one to forward to
other machines, extra.sock or <name>.extra.sock.

A home other than `~/.aircher` is identified by a hash of 8 hex digits in directories that it shares
with the default home, so two homes never share a daemon. `/run/user/<uid>` is used even if the
variable is missing (cron, sudo, ssh without PAM), so that such a shell finds the same daemon. The
hash of the host is for homes on a network file system, where a socket belongs to one machine.

The environment is passed in. The functions that a client needs to connect work on strings, because
importing `pathlib` takes 8 ms and `hashlib` 3 ms. Other callers can use those that return a `Path`.
The directories are those of platformdirs, which the daemon uses and a client may not import: a test
compares the two.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping

from aircher_wire.owners import find_open_parent

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from pathlib import Path

MAX_PATH = 107
"""The longest path of a socket in bytes: the size in `sockaddr_un` on Linux, minus the final 0."""

EXIT_ALREADY_RUNNING = 3
"""The exit code of `aircherd` if another daemon owns the socket; no error if any daemon will do."""


class AddressError(Exception):
    """The socket's path or a directory cannot be used; the message says why and what to do."""


# ------------------------------------------------------------------------------------- the home


def aircher_home(environ: Mapping[str, str]) -> Path:
    """Return the absolute directory of the configuration, with `~` expanded."""
    return _path(_home(environ))


def environment_file_as_shown(environ: Mapping[str, str] = os.environ) -> str:
    """Return the path of the file with variables for the daemon, with `~` for the user's home.

    A message names it by default for the process that writes the message.
    """
    file, home = f"{_home(environ)}/environment", user_home(environ)
    return f"~{file[len(home) :]}" if home and file.startswith(f"{home}/") else file


def user_home(environ: Mapping[str, str]) -> str:
    """Return the user's home without a trailing slash; a relative HOME is ignored.

    Raises:
        AddressError: neither HOME nor the user database has one.
    """
    home = environ.get("HOME", "")
    if not home.startswith("/"):
        home = _home_in_user_database()
    return home.rstrip("/")


def home_hash(environ: Mapping[str, str]) -> str | None:
    """Return the 8 hex digits that identify a home, None for the default home."""
    if not environ.get("AIRCHER_HOME"):
        return None
    home = os.path.realpath(_home(environ))
    if home == os.path.realpath(user_home(environ) + "/.aircher"):
        return None
    return _short_hash(os.fsencode(home))


def log_path(environ: Mapping[str, str]) -> Path:
    """Return the log file of a daemon that a client starts."""
    return state_directory(environ) / "aircherd.log"


def data_directory(environ: Mapping[str, str]) -> Path:
    """Return the directory of the daemon's data, used by one daemon at a time."""
    default = "Library/Application Support" if _is_macos() else ".local/share"
    data = _xdg(environ, "XDG_DATA_HOME", default)
    return _path(_of_home(environ, data))


def state_directory(environ: Mapping[str, str]) -> Path:
    """Return the directory of the daemon's logs, and of what clients remember."""
    return _path(find_state_directory(environ))


def find_state_directory(environ: Mapping[str, str]) -> str:
    """Return the result of `state_directory` as a string, for a client that must start fast."""
    if _is_macos():
        state = f"{user_home(environ)}/Library/Logs"
    else:
        state = _xdg(environ, "XDG_STATE_HOME", ".local/state")
    return _of_home(environ, state)


def cache_directory(environ: Mapping[str, str]) -> Path:
    """Return the directory of what the daemon can fetch again."""
    cache = _xdg(environ, "XDG_CACHE_HOME", "Library/Caches" if _is_macos() else ".cache")
    return _path(_of_home(environ, cache))


def lock_files(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Return the files that a running daemon locks: one next to its socket, one in its data.

    The owner of a lock writes its process id and its socket into the file, one per line, and on a
    third line the process that has opened the socket, if that is the service manager.
    """
    return _path(find_socket(environ) + ".lock"), data_directory(environ) / "aircherd.lock"


# ------------------------------------------------------------------------------------- the socket


def is_private_directory(directory: str, uid: int) -> bool:
    """Tell whether `directory` exists, belongs to `uid` and is closed to other users."""
    try:
        return _fault(os.lstat(directory), uid) is None
    except OSError:
        return False


def find_socket(
    environ: Mapping[str, str],
    *,
    uid: int | None = None,
    hostname: str | None = None,
    is_private: Callable[[str, int], bool] = is_private_directory,
) -> str:
    """Return the absolute path of the socket. `uid` and `hostname` default to this process's.

    `is_private(directory, uid)` decides whether `/run/user/<uid>` may be used.
    """
    if named := environ.get("AIRCHER_SOCKET"):
        return _absolute(named, environ)
    if runtime := _runtime(environ, os.getuid() if uid is None else uid, is_private):
        return f"{runtime}/aircher/{home_hash(environ) or 'aircher'}.sock"
    host = _hostname() if hostname is None else hostname
    return f"{_home(environ)}/run/{_short_hash(host.encode(errors='surrogateescape'))}.sock"


def socket_path(
    environ: Mapping[str, str],
    *,
    uid: int | None = None,
    hostname: str | None = None,
    is_private: Callable[[str, int], bool] = is_private_directory,
) -> Path:
    """Return the result of `find_socket` as a `Path`."""
    return _path(find_socket(environ, uid=uid, hostname=hostname, is_private=is_private))


def http_socket(main: str) -> str:
    """Return the path of the socket for HTTP clients, beside that of the daemon."""
    return _beside(main, "http.sock")


def extra_socket(main: str) -> str:
    """Return the path of the socket with fewer rights, for clients on other machines."""
    return _beside(main, "extra.sock")


def _beside(main: str, kind: str) -> str:
    folder, _, name = main.rpartition("/")
    name = kind if name == "aircher.sock" else f"{name.removesuffix('.sock')}.{kind}"
    return f"{folder}/{name}"


def _runtime(
    environ: Mapping[str, str], uid: int, is_private: Callable[[str, int], bool]
) -> str | None:
    named = environ.get("XDG_RUNTIME_DIR", "").rstrip("/")
    if named.startswith("/"):  # the XDG specification ignores relative paths
        return named
    default = f"/run/user/{uid}"
    return default if is_private(default, uid) else None


# ------------------------------------------------------------------------------------- safety


def check_directory(directory: Path | str, uid: int) -> None:
    """Check that the socket's directory belongs to `uid` and is closed to other users.

    No other user may replace it either: see `owners.find_open_parent`.

    Raises:
        AddressError: it is a symlink, no directory, another user's or open to others; or another
            user may replace it.
        FileNotFoundError: it does not exist.
    """
    try:
        found = os.lstat(directory)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise AddressError(
            f"cannot use the socket's directory {directory} ({error.strerror}): set AIRCHER_SOCKET "
            "or XDG_RUNTIME_DIR to what you own"
        ) from None
    fault = _fault(found, uid)
    if fault is not None:
        raise AddressError(f"{fault.format(directory=directory)}; or set AIRCHER_SOCKET elsewhere")
    replaceable = find_open_parent(os.fspath(directory), uid)
    if replaceable is not None:
        raise AddressError(
            f"other users could replace the socket's directory {directory}: {replaceable[0]}. "
            f"Set AIRCHER_SOCKET elsewhere, or {replaceable[1]}"
        )


def check_length(path: Path | str) -> None:
    """Check that a path is short enough for a socket.

    Raises:
        AddressError: it is too long.
    """
    size = len(os.fsencode(path))
    if size > MAX_PATH:
        raise AddressError(
            f"the socket's path has {size} bytes, and the system takes at most {MAX_PATH}: "
            f"{path}. Set AIRCHER_SOCKET to a shorter path"
        )


def _fault(found: os.stat_result, uid: int) -> str | None:
    """Return what is wrong with a directory and how to fix it, None if it is safe."""
    if stat.S_ISLNK(found.st_mode):
        return "the socket's directory {directory} is a symlink: put a real directory there"
    if not stat.S_ISDIR(found.st_mode):
        return "the socket's directory {directory} is not a directory: move it away"
    if found.st_uid != uid:
        # After `sudo -E` or `su` it is in use, and root could really move it away.
        how = "move it away" if uid else "run this as that user, or unset XDG_RUNTIME_DIR"
        return (
            "the socket's directory {directory} belongs to user "
            f"{found.st_uid}, not to you ({uid}): {how}"
        )
    if found.st_mode & 0o077:
        return (
            "the socket's directory {directory} is open to other users "
            f"(mode {stat.S_IMODE(found.st_mode):04o}): run chmod 700 on it"
        )
    return None


# ------------------------------------------------------------------------------------- helpers


def _home(environ: Mapping[str, str]) -> str:
    named = environ.get("AIRCHER_HOME")
    return _absolute(named, environ) if named else user_home(environ) + "/.aircher"


def _of_home(environ: Mapping[str, str], base: str) -> str:
    """Return our folder in `base`, a directory that all homes of the user share."""
    other = home_hash(environ)
    return os.path.join(base, f"aircher/homes/{other}" if other else "aircher")


def _is_macos() -> bool:
    return sys.platform == "darwin"


def _xdg(environ: Mapping[str, str], name: str, default: str) -> str:
    named = environ.get(name, "")
    if named.startswith("/"):  # the XDG specification ignores relative paths
        return named
    return f"{user_home(environ)}/{default}"


def _home_in_user_database() -> str:
    import pwd  # noqa: PLC0415 -- rarely needed

    uid = os.getuid()
    try:
        home = pwd.getpwuid(uid).pw_dir
    except KeyError:
        home = ""
    if not home.startswith("/"):
        raise AddressError(
            f"no home directory can be found: HOME is not set to an absolute path, and the user "
            f"database has none for user {uid}. Set HOME to a directory of your own"
        )
    return home


def _absolute(name: str, environ: Mapping[str, str]) -> str:
    if name == "~" or name.startswith("~/"):
        name = user_home(environ) + name[1:]
    return os.path.abspath(name)


def _hostname() -> str:
    return os.uname().nodename


def _short_hash(data: bytes) -> str:
    import hashlib  # noqa: PLC0415 -- 3 ms, and most clients need no hash

    return hashlib.sha256(data).hexdigest()[:8]


def _path(name: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 -- 8 ms, and connecting needs no Path

    return Path(name)
