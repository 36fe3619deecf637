"""Find the files of the earlier aircher. Each layout it had is looked for on every system.

    home     the last one: everything in ~/.aircher
    xdg      $XDG_CONFIG_HOME/aircher and $XDG_DATA_HOME/aircher; until 23 July 2025 the data was in
             ~/.aircher
    macos    ~/Library/Application Support/aircher
    project  .aircher in a folder or one above it

Where two layouts have the same file, the newer one is used: `LAYOUTS` is in that order. A place
says nothing about a configuration's form: ~/.aircher/config.toml is the new program's path, too.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aircher_wire.address import aircher_home

Layout = Literal["home", "xdg", "macos", "given", "project"]
LAYOUTS: tuple[Layout, ...] = ("given", "home", "xdg", "macos")

Role = Literal["config", "keys", "permissions", "mcp", "presets", "data", "cache", "other"]


@dataclass(frozen=True)
class OldFile:
    """A file or directory that is, by its place and name, the earlier aircher's."""

    path: Path
    role: Role
    layout: Layout


_CONFIG_NAMES: dict[str, Role] = {
    "config.toml": "config",
    "auth.json": "keys",
    "permissions.toml": "permissions",
    "mcp.toml": "mcp",
    "mcp_tokens": "mcp",
    "presets": "presets",
    "models.toml": "other",
}
_DATA_NAMES = (
    "sessions.db",
    "conversations.db",
    "knowledge.db",
    "file_index.db",
    "model_registry.json",
    "tui-errors.log",
)
_CACHE_NAMES = ("search_index", "models")

HOME_NAMES: dict[str, Role] = {
    "config.toml": "config",
    "auth.json": "keys",
    "config/permissions.toml": "permissions",
    "data": "data",
    **dict.fromkeys(_DATA_NAMES, "data"),
}
"""What the last layout had in ~/.aircher, which may also have files of the new program."""


class NoHome(Exception):
    """There is no home directory; the message says what to do."""


def user_home(environ: Mapping[str, str]) -> Path:
    """Return the user's home directory.

    Raises:
        NoHome: neither HOME nor the user database has it.
    """
    if home := environ.get("HOME"):
        return Path(home)
    import pwd  # noqa: PLC0415 -- rarely needed

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise NoHome("there is no home directory: set HOME") from None


def find_files(environ: Mapping[str, str]) -> list[OldFile]:
    """Return the existing files of all layouts, those of the newest layout first."""
    home = user_home(environ)
    config, data, cache = (
        _xdg(environ, home, name, default) / "aircher"
        for name, default in (
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_CACHE_HOME", ".cache"),
        )
    )
    macos = home / "Library" / "Application Support" / "aircher"
    data_names: dict[str, Role] = dict.fromkeys(_DATA_NAMES, "data")
    cache_names: dict[str, Role] = dict.fromkeys(_CACHE_NAMES, "cache")
    found = [
        # AIRCHER_HOME may name a folder that has the old files.
        *_existing(aircher_home(environ), HOME_NAMES, "home"),
        *_existing(home / ".aircher", HOME_NAMES, "home"),
        *_existing(config, _CONFIG_NAMES, "xdg"),
        *_existing(data, data_names, "xdg"),
        *_existing(cache, cache_names, "xdg"),
        *_existing(macos, {**_CONFIG_NAMES, **data_names}, "macos"),
        *_existing(home / "Library" / "Caches" / "aircher", cache_names, "macos"),
    ]
    first: dict[Path, OldFile] = {}
    for each in found:
        first.setdefault(each.path, each)
    return list(first.values())


def distinct(files: Sequence[OldFile], target: Path) -> list[OldFile]:
    """Return each file once, though two places may be one: one of them may be a link to the other.

    The configuration of this program, `target`, keeps its path; any other file has the path with
    the fewest links.
    """
    found: dict[str, OldFile] = {}
    real_target = os.path.realpath(target)
    for file in files:
        real = os.path.realpath(file.path)
        other = found.get(real)
        if real == real_target:
            found[real] = replace(file, path=target, layout="home")
        elif other is None:
            found[real] = file
        elif _links(file.path) < _links(other.path):
            found[real] = replace(other, path=file.path)
    return list(found.values())


def _links(path: Path) -> int:
    return sum(each.is_symlink() for each in (path, *path.parents))


def files_in(place: Path) -> list[OldFile]:
    """Return the old files of a place that the user names: a folder, or its configuration."""
    if not place.is_dir():
        role: Role = "keys" if place.name.endswith(".json") else "config"
        return [OldFile(place, role, "given")]
    names = {**_CONFIG_NAMES, "config/permissions.toml": "permissions", "data": "data"}
    names |= dict.fromkeys(_DATA_NAMES, "data")
    return list(_existing(place, names, "given"))


def project_places(cwd: Path, home: Path) -> list[Path]:
    """Return the `.aircher` folders of the working directory and those above it.

    The one in the home directory is not a project's.
    """
    places = [folder / ".aircher" for folder in (cwd, *cwd.parents) if folder != home]
    return [place for place in places if _exists(place / "config.toml")]


def _existing(place: Path, names: Mapping[str, Role], layout: Layout) -> Iterator[OldFile]:
    for name, role in names.items():
        if _exists(place / name):
            yield OldFile(place / name, role, layout)


def _exists(path: Path) -> bool:
    """Return whether there is something, even a broken link or what may not be looked into."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _xdg(environ: Mapping[str, str], home: Path, name: str, default: str) -> Path:
    named = environ.get(name, "")
    return Path(named) if named.startswith("/") else home / default
