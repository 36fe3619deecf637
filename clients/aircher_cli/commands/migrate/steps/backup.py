"""The backup of a configuration that is replaced; it also remembers an unfinished run.

    backup-2026-11-29/          mode 0700, in the home of the new program
        unfinished              there until every key is stored
        config.toml             the replaced file, mode 0600

Until the run is finished, the copy is exact: the next run reads the old configuration from it. Then
the stored keys in it are replaced by a marker, because no key may stay in a file.
"""

import os
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aircher_cli.commands.migrate.notes import Note
from aircher_cli.commands.migrate.old_files.config_b import STORED_MARKER
from aircher_cli.commands.migrate.old_files.toml_text import parse_toml
from aircher_cli.commands.migrate.secret_shapes import hide_keys
from aircher_wire.atomic_file import sync_directory, write_data
from aircher_wire.config_forms import OLD_FORMS, form_of
from aircher_wire.directories import OPEN_TO_OTHERS

CONFIG_NAME = "config.toml"
UNFINISHED = "unfinished"

_STRING = r"(\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
_KEY_ENTRY = re.compile(rf"((?:api_key|\"api_key\"|'api_key')\s*=\s*){_STRING}", re.DOTALL)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
MIN_LENGTH = 8
"""A shorter text is not searched for outside of the entries of keys."""
REMOVED_MARKER = "(a key was here, in a comment)"
_DIRECTORY = re.compile(r"backup-\d{4}-\d\d-\d\d(-\d+)?")


@dataclass(frozen=True)
class Backup:
    """A backup of an old configuration; `is_unfinished` if keys of it may not be stored yet."""

    directory: Path
    content: bytes
    is_unfinished: bool


def find_backup(home: Path) -> Backup | None:
    """Return the newest backup of a configuration of an old form, an unfinished one first."""
    found = [backup for path in _backups(home) if (backup := _read_backup(path)) is not None]
    return next((backup for backup in found if backup.is_unfinished), next(iter(found), None))


def _read_backup(directory: Path) -> Backup | None:
    try:
        content = (directory / CONFIG_NAME).read_bytes()
    except OSError:
        return None
    is_old = form_of(parse_toml(content, "").table) in OLD_FORMS
    return Backup(directory, content, _has(directory, UNFINISHED)) if is_old else None


def make_backup(home: Path, date: str, content: bytes) -> Path:
    """Write a backup, and return its directory. One that was not completed is used again.

    Raises:
        OSError: it cannot be written.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory = next((path for path in _backups(home) if _is_incomplete(path)), None)
    if directory is None:
        directory = _new_directory(home, date)
    # Empty, so that it is complete as soon as it exists.
    os.close(os.open(directory / UNFINISHED, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    write_data(directory / CONFIG_NAME, content)
    return directory


def close_home(folder: Path, home: Path) -> Note | None:
    """Close `~/.aircher` to other users, which the earlier aircher left open; return what was done.

    Another folder, or one behind a link, was chosen by the user.
    """
    if folder != home / ".aircher":
        return None
    try:
        found = folder.lstat()
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISDIR(found.st_mode) or not mode & OPEN_TO_OTHERS:
            return None
        folder.chmod(0o700)
    except OSError:
        return None  # not ours, or there is none; `doctor` reports it
    return Note(
        "hint", "", f"was open to other users (mode {mode:04o}); it is closed now", str(folder)
    )


def finish_backup(directory: Path, stored_keys: Iterable[str]) -> bool:
    """Replace the stored keys in the copy, and mark the run as finished.

    Keys in comments were not in use; they are removed, too. Return whether all of them could be
    replaced; else the copy was emptied.

    Raises:
        OSError: it cannot be written.
    """
    path = directory / CONFIG_NAME
    content = path.read_bytes()
    values = [key for key in stored_keys if key]
    without = _without_keys(content, values)
    is_complete = without is not None
    if without is None:
        without = b"# Emptied: the keys in it could not be separated from the rest.\n"
    if without != content:
        write_data(path, without)
    (directory / UNFINISHED).unlink(missing_ok=True)
    sync_directory(directory)
    return is_complete


def _without_keys(content: bytes, keys: list[str]) -> bytes | None:
    """Return the text without the keys, None if one of them remains."""
    text = content.decode("utf-8", errors="surrogateescape")

    def replace(match: re.Match[str]) -> str:
        try:
            value = tomllib.loads(f"key = {match[2]}")["key"]
        except ValueError:
            return match[0]
        return f'{match[1]}"{STORED_MARKER}"' if str(value).strip() in keys else match[0]

    text = _KEY_ENTRY.sub(replace, text)
    text = _COMMENT.sub(lambda match: hide_keys(match[0], REMOVED_MARKER), text)
    for key in keys:  # in comments, for example
        if len(key) >= MIN_LENGTH:
            text = text.replace(key, STORED_MARKER)
    return None if _still_has(text, keys) else text.encode("utf-8", errors="surrogateescape")


def _still_has(text: str, keys: list[str]) -> bool:
    try:
        table = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return any(key in text for key in keys if len(key) >= MIN_LENGTH)
    return any(_has_key(value, key) for value in _texts(table) for key in keys)


def _has_key(value: str, key: str) -> bool:
    """Return whether a value has a key in it; a very short one may be a part of any word."""
    return key in value if len(key) >= MIN_LENGTH else key == value.strip()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _backups(home: Path) -> list[Path]:
    """Return the backups, the newest one first."""
    try:
        names = [path.name for path in home.iterdir() if _DIRECTORY.fullmatch(path.name)]
    except OSError:
        return []
    return [home / name for name in sorted(names, key=_age, reverse=True)]


def _age(name: str) -> tuple[str, int]:
    date, number = name[7:17], name[18:]
    return date, int(number or 1)


def _is_incomplete(directory: Path) -> bool:
    """Return whether a run was interrupted while it wrote this backup, or before it used it."""
    try:
        return _has(directory, UNFINISHED) or not any(directory.iterdir())
    except OSError:
        return False


def _has(directory: Path, *names: str) -> bool:
    return all((directory / name).is_file() for name in names)


def _new_directory(home: Path, date: str) -> Path:
    number = 1
    while True:
        directory = home / (f"backup-{date}" if number == 1 else f"backup-{date}-{number}")
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
            continue
        return directory
