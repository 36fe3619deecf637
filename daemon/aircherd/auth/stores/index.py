"""The index of stored keys: label, store, origin and time of each key, without its value.

A keyring cannot list its keys, so the index does. It also binds a key to the origin it was stored
for: a change of this file could redirect a key, so other users must not be able to write it.

An unusable index never makes a key disappear silently. While it may lack keys, a `SourceBlock`
applies to the sources that would be used in their place:

    open to others, unreadable   left in place; no key can be used until it is fixed
    damaged                      moved aside, and a new index is started; a provider's other sources
                                 can be used again after the user signs in or out, or removes the
                                 damaged file. The damaged file itself is the record of the damage,
                                 so a restart changes nothing.

`refresh` notices a file that was edited or restored from a backup. What was read before stays in
effect while the new file is damaged: it may be half-written.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from aircher_wire.directories import WRITABLE_BY_OTHERS
from aircherd.auth.stores.base import KeyId
from aircherd.errors import KeyringLocked
from aircherd.files.private_file import (
    FileClosed,
    FileRefused,
    read_private,
    write_private,
)
from aircherd.vocabulary.keys import DEFAULT_LABEL

BlockKind = Literal["closed", "damaged", "unfinished", "environment", "locked"]


class SourceBlock(msgspec.Struct, frozen=True):
    """Why a source must not be used now, although it may be readable.

    `closed`: the index cannot be read; `damaged`: the index was damaged and may lack keys;
    `unfinished`: a login was interrupted, and it is unknown which key the store has; `environment`:
    the environment file is refused; `locked`: all keys are locked (`auth lock`).
    """

    kind: BlockKind
    reason: str


class IndexEntry(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One stored key; `stored_at` is a Unix time in seconds.

    While `is_pending`, the stored key may still be another one, of another origin.
    """

    provider: str
    label: str
    origin: str
    store: Literal["keyring", "file"]
    stored_at: float
    is_pending: bool = False

    @property
    def key_id(self) -> KeyId:
        """The key's name."""
        return KeyId(self.provider, self.label)


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """The schema of the file; `settled` names the providers with acknowledged damage."""

    keys: list[IndexEntry]
    settled: list[str] = []
    version: Literal[1] = 1


class KeyIndex:
    """The index in memory, written to disk after every change.

    `problem` says what is wrong with the file, None if nothing is.
    """

    def __init__(self, path: Path, *, uid: int | None = None) -> None:
        self._path = path
        self._uid = os.getuid() if uid is None else uid
        self._entries: dict[KeyId, IndexEntry] = {}
        self._sorted: dict[str, Sequence[IndexEntry]] = {}  # the results of `entries_of`
        self.generation = 0
        """Increases with every change of the entries or of the blocks."""
        self._closed_reason: str | None = None  # why the file cannot be used in place
        self._damaged: list[Path] = []
        self._signature: tuple[int, ...] | None = None  # of the file as it was last read or written
        self._is_loaded = False  # there was a good file, or none
        self._spoiled_reason: str | None = None  # why the file of another program is not in effect
        self._acknowledged: frozenset[str] = frozenset()
        self.problem: str | None = None
        self._load()

    def refresh(self) -> None:
        """Read the file again if it was changed outside, or a problem may have been fixed."""
        if self._closed_reason or self.is_changed():
            self._load()
        elif self._damaged:
            self._find_damaged_files()

    def is_changed(self) -> bool:
        """Return whether the file is not the one that was read or written last."""
        return _signature(self._path) != self._signature

    def require_usable(self) -> None:
        """Check that the index can be changed.

        Raises:
            KeyringLocked: it cannot be used; the message says why and what to do.
        """
        if self._closed_reason:
            raise KeyringLocked(self._closed_reason)

    def block_for(self, provider: str) -> SourceBlock | None:
        """Return what blocks a provider's other sources: it may have a stored key not listed."""
        if self._closed_reason:
            return SourceBlock("closed", self._closed_reason)
        if self._damaged and provider not in self._acknowledged:
            return SourceBlock("damaged", _damage_reason(self._damaged))
        return None

    def entries_of(self, provider: str) -> Sequence[IndexEntry]:
        """Return the entries of `provider`, the default key first, then by label.

        Returns the same object until the index changes, because every request needs it.
        """
        entries = self._sorted.get(provider)
        if entries is None:
            found = [entry for entry in self._entries.values() if entry.provider == provider]
            entries = sorted(found, key=lambda entry: (entry.label != DEFAULT_LABEL, entry.label))
            self._sorted[provider] = entries
        return entries

    def get(self, key_id: KeyId) -> IndexEntry | None:
        """Return the entry of one key."""
        return self._entries.get(key_id)

    def providers(self) -> list[str]:
        """Return the names of all providers with a stored key."""
        return sorted({key_id.provider for key_id in self._entries})

    def add(self, entry: IndexEntry) -> None:
        """Add an entry, replacing one with the same name.

        Raises:
            KeyringLocked: the index cannot be written; nothing changed.
        """
        self._save({**self._entries, entry.key_id: entry}, acknowledge=entry.provider)

    def remove(self, key_id: KeyId) -> None:
        """Remove an entry; a missing one is not an error.

        Raises:
            KeyringLocked: the index cannot be written; nothing changed.
        """
        if key_id in self._entries:
            left = {other: entry for other, entry in self._entries.items() if other != key_id}
            self._save(left, acknowledge=key_id.provider)

    def acknowledge_damage(self, provider: str) -> None:
        """Record that the user knows of the damage and signed out: unblock the other sources.

        Raises:
            KeyringLocked: the index cannot be written; nothing changed.
        """
        if self.block_for(provider):
            self._save(self._entries, acknowledge=provider)

    def _save(self, entries: dict[KeyId, IndexEntry], *, acknowledge: str) -> None:
        self.require_usable()
        acknowledged = self._acknowledged | {acknowledge} if self._damaged else frozenset[str]()
        document = _Document(list(entries.values()), sorted(acknowledged))
        try:
            if self._spoiled_reason:
                self._keep_spoiled_file()
            content = msgspec.json.format(msgspec.json.encode(document))
            write_private(self._path, content, uid=self._uid)
        except FileRefused as error:
            raise KeyringLocked(f"the list of stored keys cannot be written: {error}") from error
        self._signature = _signature(self._path)
        self._entries, self._acknowledged = entries, acknowledged
        self._note_change()

    # -------------------------------------------------------------- loading, and its problems

    def _load(self) -> None:
        self._closed_reason = self._spoiled_reason = problem = None
        self._signature = _signature(self._path)  # before the read: a later change is noticed
        try:
            content = read_private(self._path, uid=self._uid, forbidden=WRITABLE_BY_OTHERS)
            self._decode(content)
            self._is_loaded = True
        except FileClosed as error:
            self._closed_reason = f"the list of stored keys cannot be used: {error}"
        except FileRefused as error:
            problem = self._take_spoiled(f"the list of stored keys cannot be used: {error}")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problem = self._take_spoiled(f"the list of stored keys is damaged: {error}")
        self._find_damaged_files()
        self.problem = problem or self.problem

    def _decode(self, content: bytes | None) -> None:
        document = _Document([]) if content is None else _decode(content)
        self._entries = {entry.key_id: entry for entry in document.keys}
        self._acknowledged = frozenset(document.settled)

    def _take_spoiled(self, reason: str) -> str:
        """Keep what was read before if there is anything, else start a new list."""
        if not self._is_loaded:
            return self._move_aside(reason)
        self._spoiled_reason = (
            f"{reason}; the list that was read before is in use: restore the file, or sign in "
            "again to one of your providers, which writes it again"
        )
        return self._spoiled_reason

    def _keep_spoiled_file(self) -> None:
        """Move the file aside before it is overwritten with the list in use."""
        aside = _free_name(self._path, "spoiled")
        with contextlib.suppress(FileNotFoundError):  # it was removed meanwhile
            self._path.rename(aside)
        self._spoiled_reason = None
        self._find_damaged_files()

    def _move_aside(self, reason: str) -> str:
        aside = _free_name(self._path, "damaged")
        try:
            self._path.rename(aside)
        except OSError as error:
            self._closed_reason = (
                f"{reason}; it cannot be moved aside ({error.strerror}): move it to {aside}"
            )
            return self._closed_reason
        return f"{reason}; it was moved to {aside}: sign in again to the providers you use"

    def _find_damaged_files(self) -> None:
        """List the damaged files; they stay until the user removes them."""
        self._damaged = sorted(self._path.parent.glob(f"{self._path.name}.damaged-*"))
        self._note_change()
        damage = _damage_reason(self._damaged) if self._damaged else None
        self.problem = self._closed_reason or self._spoiled_reason or damage

    def _note_change(self) -> None:
        self._sorted = {}
        self.generation += 1

    def __repr__(self) -> str:
        return f"<KeyIndex of {len(self._entries)} keys in {self._path}>"


def _damage_reason(damaged: Sequence[Path]) -> str:
    files = ", ".join(map(str, damaged))
    return (
        f"the list of stored keys was damaged and was moved to {files}: a stored key may be missing"
    )


def _decode(content: bytes) -> _Document:
    return msgspec.json.decode(content, type=_Document)


def _signature(path: Path) -> tuple[int, ...] | None:
    """Return what changes with every change of the file, None if there is no file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _free_name(path: Path, suffix: str) -> Path:
    """Return the first free name, so that an earlier file of this kind is not overwritten."""
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.{suffix}-{number}")):
        number += 1
    return aside
