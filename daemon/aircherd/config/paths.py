"""The locations of the config and of the daemon's files, from the environment.

The config is in the home, `~/.aircher`. Everything else is where the platform keeps such files,
according to platformdirs. Another home (`$AIRCHER_HOME`) has its own folders and its own keyring
entries: their names contain the 8 hex digits that also name its socket.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aircher_wire import audit_lines
from aircher_wire.address import aircher_home, find_socket, home_hash

if TYPE_CHECKING:
    from platformdirs.api import PlatformDirsABC


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """All paths are absolute. None of them needs to exist.

    `environment_file` holds variables for the service. `data` is kept, `state` has logs, `cache`
    can be fetched again, `runtime` has the socket. `index_file` lists the stored keys without their
    values; `credentials_file` holds keys when no keyring is usable; `keyring_service` is the
    service name of the keyring entries.
    """

    home: Path
    config_file: Path
    environment_file: Path
    data: Path
    state: Path
    cache: Path
    runtime: Path
    index_file: Path
    credentials_file: Path
    keyring_service: str

    @property
    def lock_file(self) -> Path:
        """The record of `auth lock`."""
        return self.state / "key-lock.json"

    @property
    def audit_file(self) -> Path:
        """The current file of the audit log."""
        return self.data / audit_lines.FILE

    def shown_file(self, code: str) -> Path:
        """Return the file that remembers that a one-time notice was shown."""
        return self.state / f"shown-{code}"


def resolve_paths(
    environ: Mapping[str, str], *, platform: "type[PlatformDirsABC] | None" = None
) -> Paths:
    """Return the paths for this environment. `platform` is this one; tests pass another.

    Raises:
        AddressError: no home directory can be found.
    """
    home = aircher_home(environ)
    other = home_hash(environ)
    bases = _base_directories(environ, platform) if platform else _own_base_directories(environ)
    data, state, cache = (base / f"homes/{other}" if other else base for base in bases)
    return Paths(
        home=home,
        config_file=home / "config.toml",
        environment_file=home / "environment",
        data=data,
        state=state,
        cache=cache,
        # Not by platformdirs: without a usable XDG_RUNTIME_DIR it takes a predictable name in /tmp.
        # And a client that computed another path would start a second daemon.
        runtime=Path(find_socket(environ)).parent,
        index_file=data / "keys.json",
        credentials_file=data / "credentials.json",
        keyring_service="aircher" if other is None else f"aircher:{other}",
    )


def _own_base_directories(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    from platformdirs import PlatformDirs  # noqa: PLC0415 -- a daemon needs it once

    return _base_directories(environ, PlatformDirs)


def _base_directories(
    environ: Mapping[str, str], platform: "type[PlatformDirsABC]"
) -> tuple[Path, Path, Path]:
    """Return the directories of data, logs and cache, in this order."""
    # "opinion" would put logs into a folder of their own below the state directory.
    found = platform("aircher", opinion=False)
    with _as_process_environment(environ):
        return found.user_data_path, found.user_log_path, found.user_cache_path


@contextmanager
def _as_process_environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Let platformdirs, which reads `os.environ` only, see `environ`.

    The daemon passes `os.environ` itself, so that nothing is replaced in a program with threads.
    """
    if environ is os.environ:
        yield
        return
    own = os.environ
    os.environ = environ  # type: ignore[assignment]  # noqa: B003 -- a mapping is all it needs
    try:
        yield
    finally:
        os.environ = own  # noqa: B003
