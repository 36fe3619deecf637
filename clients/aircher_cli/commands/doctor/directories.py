"""Owner and mode of the directories and of the files with keys, and the disk they are on."""

import os
import shlex
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from aircher_cli.commands.doctor.finding import OK, PROBLEM, WARNING, Finding
from aircher_cli.picker.view.sign_in.old_files import old_files
from aircher_cli.render.formatting import short_path
from aircher_wire import address
from aircher_wire.directories import OPEN_TO_OTHERS, WRITABLE_BY_OTHERS, write_problem

DIRECTORIES = "directories"
SECRETS = "files with keys"
CONFIG = "config"
DISK = "disk"
EARLIER = "earlier aircher"

OUR_NAMES = ("/.aircher", "/aircher")
"""A directory that has none of them in its path was named by AIRCHER_HOME, and may be anything."""

_VARIABLES = {
    "data": "XDG_DATA_HOME",
    "state": "XDG_STATE_HOME",
    "cache": "XDG_CACHE_HOME",
    "runtime": "XDG_RUNTIME_DIR",
}
"""Directory that the daemon writes in -> the variable that chooses another one."""

LITTLE_SPACE = 200 * 1024 * 1024
NO_SPACE = 10 * 1024 * 1024

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "ncpfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs"}
)


def own_directories(environ: Mapping[str, str]) -> dict[str, str]:
    """Return our directories by their names, as this environment has them.

    The directory of a socket that AIRCHER_SOCKET names may be anything, /tmp even: it is checked
    with the socket.
    """
    state = address.state_directory(environ)
    found = {
        "home": str(address.aircher_home(environ)),
        "data": str(address.data_directory(environ)),
        "state": str(state),
        "conversations": str(state / "conversations"),
        "cache": str(address.cache_directory(environ)),
        "runtime": str(address.socket_path(environ).parent),
    }
    if environ.get("AIRCHER_SOCKET"):
        del found["runtime"]
    return found


# ------------------------------------------------------------------ directories


def directory_findings(directories: Mapping[str, str], uid: int, home: str) -> list[Finding]:
    """Return what is wrong with the directories. One that does not exist is created when needed.

    Args:
        directories: By their names.
        uid: The user that they must belong to.
        home: The user's home directory, shown as `~`.
    """
    found = [
        finding
        for name, path in directories.items()
        if (finding := _directory(name, Path(path), uid, home))
    ]
    if found:
        return found
    existing = sum(Path(path).exists() for path in directories.values())
    message = f"all {existing} that exist are yours, and closed to others"
    return [Finding(DIRECTORIES, OK, message)]


def _directory(name: str, path: Path, uid: int, home: str) -> Finding | None:
    shown = f"the {name} directory {short_path(str(path), home)}"
    try:
        status = path.stat()
    except FileNotFoundError:
        return _unwritable(name, f"{shown} cannot be created", path, uid)
    except OSError as error:
        message = f"{shown} cannot be checked: {error.strerror}"
        return Finding(DIRECTORIES, PROBLEM, message, f"ls -ld {shlex.quote(str(path))}")
    found = _access(shown, path, status, uid)
    return found or _unwritable(name, f"{shown} cannot be written", path, uid)


def _unwritable(name: str, what: str, path: Path, uid: int) -> Finding | None:
    """Return the finding of a directory without which the daemon cannot start."""
    variable = _VARIABLES.get(name)
    if variable is None or (found := write_problem(path, variable, uid)) is None:
        return None
    reason, cure = found
    return Finding(DIRECTORIES, PROBLEM, f"{what}: {reason}", cure)


def _access(shown: str, path: Path, status: os.stat_result, uid: int) -> Finding | None:
    if not stat.S_ISDIR(status.st_mode):
        return Finding(DIRECTORIES, PROBLEM, f"{shown} is not one", f"mv {path} {path}.old")
    if status.st_uid != uid:
        message = f"{shown} belongs to another user (uid {status.st_uid})"
        return Finding(DIRECTORIES, PROBLEM, message, _own(uid, f"-R {uid} {path}"))
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o700 != 0o700:
        message = f"{shown} cannot be used by you (mode {mode:04o})"
        return Finding(DIRECTORIES, PROBLEM, message, f"chmod 700 {shlex.quote(str(path))}")
    if mode & stat.S_ISVTX:
        message = f"{shown} is one for all users (mode {mode:04o})"
        return Finding(DIRECTORIES, PROBLEM, message, "choose a directory of your own")
    if mode & OPEN_TO_OTHERS:
        is_writable = mode & WRITABLE_BY_OTHERS
        what = "writable" if is_writable else "open"
        message = f"{shown} is {what} for other users (mode {mode:04o})"
        status_word = PROBLEM if is_writable else WARNING
        return Finding(DIRECTORIES, status_word, message, f"chmod 700 {shlex.quote(str(path))}")
    return None


def _own(uid: int, arguments: str) -> str:
    """Return the cure of what belongs to another user. Root should not take it: see `sudo -E`."""
    if not uid:
        return "run this without sudo, or with 'sudo -H'"
    if not any(name in arguments for name in OUR_NAMES):
        return "choose a directory of your own: a variable names this one"
    return f"sudo chown {arguments}"


# ------------------------------------------------------------------ files


def secret_findings(files: Sequence[tuple[str, int]], uid: int, home: str) -> list[Finding]:
    """Return what is wrong with files that have keys or decide where keys go.

    Args:
        files: Paths, each with the bits of its mode that must not be set.
        uid: The user that they must belong to.
        home: The user's home directory, shown as `~`.
    """
    found = [
        finding for path, forbidden in files if (finding := _file(Path(path), forbidden, uid, home))
    ]
    return found or [Finding(SECRETS, OK, "none is open to other users")]


def _file(path: Path, forbidden: int, uid: int, home: str) -> Finding | None:
    shown = short_path(str(path), home)
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{shown} cannot be checked: {error.strerror}"
        return Finding(SECRETS, PROBLEM, message, f"ls -l {path}")
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != uid:
        message = f"{shown} belongs to another user (uid {status.st_uid})"
        return Finding(SECRETS, PROBLEM, message, _own(uid, f"{uid} {path}"))
    if mode & forbidden:
        message = f"{shown} is open to other users (mode {mode:04o})"
        return Finding(SECRETS, PROBLEM, message, f"chmod 600 {shlex.quote(str(path))}")
    return None


def old_file_findings(environ: Mapping[str, str], config: str, keys: str) -> list[Finding]:
    """Return the finding of files of the earlier aircher, as long as there is nothing of this one.

    Args:
        environ: names the places.
        config: the path of the configuration of this program.
        keys: the path of its list of keys.
    """
    left = old_files(environ, config, keys)
    if not left:
        return []
    message = f"it left {' and '.join(left)}, and nothing is carried over yet"
    return [Finding(EARLIER, WARNING, message, "aircher-cli migrate")]


def syntax_findings(file: str) -> list[Finding]:
    """Return the finding about the configuration as far as it can be checked without a daemon."""
    import tomllib  # noqa: PLC0415 -- not if a daemon runs

    try:
        tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return [Finding(CONFIG, OK, f"there is no {file}; the defaults are used")]
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        return [Finding(CONFIG, PROBLEM, message, f"ls -l {file}")]
    except UnicodeDecodeError:
        return [Finding(CONFIG, PROBLEM, f"{file} is not a UTF-8 text", "save it as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        return [Finding(CONFIG, PROBLEM, f"{file}: {error}", "aircher-cli config edit")]
    return [Finding(CONFIG, OK, f"{file} is TOML; its entries are not checked")]


# ------------------------------------------------------------------ disk


def disk_findings(directory: str, mounts: str) -> list[Finding]:
    """Return the findings about the disk of the data directory.

    Args:
        directory: The data directory; it need not exist.
        mounts: The text of /proc/self/mountinfo, empty where there is none.
    """
    existing = Path(directory)
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    found = os.statvfs(existing)
    free = found.f_bavail * found.f_frsize
    kind = file_system(str(existing.resolve()), mounts)
    return [*space_findings(directory, free), *network_findings(directory, kind)]


def space_findings(directory: str, free: int) -> list[Finding]:
    """Return the finding about the free space, in bytes."""
    size = f"{free / 1e9:.1f} GB" if free >= 1e9 else f"{free / 1e6:.0f} MB"
    message = f"{size} are free for {directory}"
    if free >= LITTLE_SPACE:
        return [Finding(DISK, OK, message)]
    status = PROBLEM if free < NO_SPACE else WARNING
    return [Finding(DISK, status, message, f"free space on the disk of {directory}")]


def network_findings(directory: str, kind: str) -> list[Finding]:
    """Return the finding about a file system on another machine; none for a local one."""
    if kind not in NETWORK_FILE_SYSTEMS:
        return []
    message = f"{directory} is on a network file system ({kind}), where the ledger is slower"
    cure = "set XDG_DATA_HOME to a local directory, then run 'aircher-cli daemon restart'"
    return [Finding(DISK, WARNING, message, cure)]


def file_system(path: str, mounts: str) -> str:
    """Return the type of the file system of an absolute path, empty if it is unknown."""
    best, kind = "", ""
    for line in mounts.splitlines():
        left, separator, right = line.partition(" - ")
        fields = left.split()
        if not separator or len(fields) < 5:
            continue
        point = fields[4].replace("\\040", " ")
        is_above = path == point or path.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind
