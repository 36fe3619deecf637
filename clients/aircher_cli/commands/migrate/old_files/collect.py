"""Read all old files, and choose the configuration and the keys that count."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.old_files.auth_json import OldKey, read_auth_json
from aircher_cli.commands.migrate.old_files.config_b import STORED_MARKER
from aircher_cli.commands.migrate.old_files.configs import read_old_config
from aircher_cli.commands.migrate.old_files.old_config import OldConfig
from aircher_cli.commands.migrate.old_files.reading import Unreadable, read_file
from aircher_cli.commands.migrate.old_files.sources import OldFile
from aircher_wire.config_forms import OLD_FORMS

_NO_COUNTERPART = {
    "permissions": "this program runs no commands, so there is nothing to approve",
    "mcp": "this program does not speak MCP. The file may hold tokens",
    "presets": "this program does not search in code",
    "other": "the catalogue knows the models",
}
_LEFT = {
    "data": "data of the earlier aircher, which is not used",
    "cache": "cache of the earlier aircher, which is not used; delete it if you like",
}


@dataclass
class Found:
    """What was read. `files` are the earlier aircher's: a new configuration is not among them.

    `kept` are the files that may not be removed, because they contain something that cannot be
    carried over.
    """

    files: list[OldFile] = field(default_factory=list)
    config: OldConfig | None = None
    keys: list[OldKey] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    """Providers with a key that cannot be read."""


def collect(
    files: Sequence[OldFile], uid: int, contents: Mapping[Path, bytes] | None = None
) -> Found:
    """Read the files, which are in the order of preference.

    `contents` replaces the content of files that an unfinished run has replaced already.
    """
    found = Found()
    config_keys: list[OldKey] = []
    for file in files:
        name = str(file.path)
        if file.role in _NO_COUNTERPART:
            found.files.append(file)
            found.notes.append(Note("no_counterpart", "", _NO_COUNTERPART[file.role], name))
            continue
        if file.role in _LEFT:
            found.files.append(file)
            found.notes.append(Note("left", "", _LEFT[file.role], name))
            continue
        try:
            data = (contents or {}).get(file.path)
            data = read_file(name, uid) if data is None else data
        except FileNotFoundError:
            continue  # it has gone since it was found
        except Unreadable as error:
            found.notes.append(problem("", str(error), name))
            found.files.append(file)
            found.kept.add(name)
            continue
        if file.role == "keys":
            _read_keys(file, data, found)
        else:
            config_keys += _read_config(file, data, found)
    found.keys += config_keys  # `auth.json` is the newer of the two places for keys
    return found


def _read_keys(file: OldFile, data: bytes, found: Found) -> None:
    name = str(file.path)
    read = read_auth_json(data, name)
    found.files.append(file)
    found.keys += read.keys
    found.notes += read.notes
    found.lost += read.lost
    if read.lost:
        found.kept.add(name)
    if read.keys:
        _note_mode(file.path, found)


def _read_config(file: OldFile, data: bytes, found: Found) -> list[OldKey]:
    """Read a configuration; the first one of an old form is the one that is carried over."""
    name = str(file.path)
    config = read_old_config(data, name)
    if config.form not in OLD_FORMS and not (config.is_partial and config.form == "empty"):
        _note_other_form(file, config, found)
        return []
    found.files.append(file)
    keys = [
        OldKey(p.name, p.api_key, name, None if found.config is None else p.base_url)
        for p in config.providers.values()
        if p.api_key and p.api_key != STORED_MARKER
    ]
    if keys:
        _note_mode(file.path, found)
    if config.is_partial or any(note.kind == "problem" for note in config.notes):
        found.kept.add(name)
    if found.config is None:
        found.config = config
    else:
        message = f"not used: {found.config.file} is of a newer layout, and is carried over"
        found.notes.append(Note("no_counterpart", "", message, name))
    return keys


def _note_other_form(file: OldFile, config: OldConfig, found: Found) -> None:
    name = str(file.path)
    is_shared_place = file.layout == "home"  # the new program's configuration is there, too
    if config.form == "both programs":
        message = (
            "has entries of the earlier aircher and of this one: remove those of one of them, "
            "and run again"
        )
        found.notes.append(problem("", message, name))
    elif is_shared_place:
        return
    elif config.form == "empty":
        found.files.append(file)
        found.notes.append(Note("hint", "", "is empty: there is nothing in it", name))
    elif config.form == "new":
        message = "is a configuration of this program, in a place where it is not read"
        found.notes.append(Note("left", "", message, name))
    else:
        message = "is not a configuration of the earlier aircher; it is left alone"
        found.notes.append(Note("left", "", message, name))
    found.notes += config.notes


def _note_mode(path: Path, found: Found) -> None:
    """Say that other users could read a file with keys."""
    try:
        mode = path.stat().st_mode & 0o777
        parents = [folder.stat().st_mode & 0o777 for folder in path.resolve().parents]
    except OSError:
        return
    if can_others_read(mode, parents):
        message = (
            f"has keys and could be read by other users of this machine (mode {mode:04o}). If "
            "there are any, replace the keys at their providers"
        )
        found.notes.append(Note("hint", "", message, str(path)))


def can_others_read(mode: int, parents: Iterable[int]) -> bool:
    """Return whether the group or others may read a file and enter all folders above it."""
    folders = list(parents)
    return any(mode & read and all(m & enter for m in folders) for read, enter in _RIGHTS)


_RIGHTS = ((0o040, 0o010), (0o004, 0o001))
"""To read a file, and to enter a folder: for the group, and for others."""
