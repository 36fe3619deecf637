"""The list of what is stored: which key, in which store, for which origin, since when. No secret.

A keyring cannot say what it holds, so this can. It is also what binds a key to the origin it was
stored for: whoever may change this file could send a key elsewhere, so others may not write it.
A damaged list is moved aside and said so, rather than guessed at.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from aircherd.auth.key_store import Entry
from aircherd.auth.private_file import (
    WRITABLE_BY_OTHERS,
    FileRefused,
    read_private,
    write_private,
)
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.keys import DEFAULT_LABEL


class IndexEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stored key; `stored_at` is a Unix time in seconds."""

    provider: str
    label: str
    origin: str
    store: Literal["keyring", "file"]
    stored_at: float

    @property
    def entry(self) -> Entry:
        """The key's name."""
        return Entry(self.provider, self.label)


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """The file's form."""

    keys: list[IndexEntry]
    version: Literal[1] = 1


class KeyIndex:
    """The list in memory, and on disk after every change.

    `problem` says what was wrong with the file, None when nothing was; it stays until the list is
    written anew, because until then stored keys may be missing from it.
    """

    def __init__(self, path: Path, *, uid: int | None = None) -> None:
        self._path = path
        self._uid = os.getuid() if uid is None else uid
        self._entries: dict[Entry, IndexEntry] = {}
        self._sorted: dict[str, Sequence[IndexEntry]] = {}  # what `of` has answered since a change
        self.problem: str | None = None
        self._load()

    def of(self, provider: str) -> Sequence[IndexEntry]:
        """Return the keys stored for `provider`, the default one first, then by name.

        The same object until the list changes: every request asks.
        """
        known = self._sorted.get(provider)
        if known is None:
            entries = [entry for entry in self._entries.values() if entry.provider == provider]
            known = sorted(entries, key=lambda entry: (entry.label != DEFAULT_LABEL, entry.label))
            self._sorted[provider] = known
        return known

    def get(self, entry: Entry) -> IndexEntry | None:
        """Return what is known of one key."""
        return self._entries.get(entry)

    def providers(self) -> list[str]:
        """Return the names of all providers with a stored key."""
        return sorted({entry.provider for entry in self._entries})

    def add(self, known: IndexEntry) -> None:
        """Note a stored key, in place of the one of that name.

        Raises:
            KeyringLocked: the list cannot be written; nothing changed.
        """
        self._save({**self._entries, known.entry: known})

    def remove(self, entry: Entry) -> None:
        """Forget a key; one that is not there is no error.

        Raises:
            KeyringLocked: the list cannot be written; nothing changed.
        """
        if entry in self._entries:
            self._save({key: known for key, known in self._entries.items() if key != entry})

    def _save(self, entries: dict[Entry, IndexEntry]) -> None:
        content = msgspec.json.format(msgspec.json.encode(_Document(list(entries.values()))))
        try:
            write_private(self._path, content, uid=self._uid)
        except FileRefused as error:
            raise KeyringLocked(f"the list of stored keys cannot be written: {error}") from error
        self._entries = entries
        self._sorted = {}
        self.problem = None

    def _load(self) -> None:
        try:
            content = read_private(self._path, uid=self._uid, forbidden=WRITABLE_BY_OTHERS)
        except FileRefused as error:
            self.problem = f"the list of stored keys cannot be used: {error}; {self._set_aside()}"
            return
        if content is None:
            return
        try:
            self._entries = _by_entry(msgspec.json.decode(content, type=_Document).keys)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self.problem = f"the list of stored keys is damaged ({error}); {self._set_aside()}"

    def _set_aside(self) -> str:
        aside = _free_name(self._path)
        try:
            self._path.rename(aside)
        except OSError as error:
            return f"it cannot be moved aside either ({error.strerror}): remove {self._path}"
        return f"it is now {aside}: sign in again to the providers you use"

    def __repr__(self) -> str:
        return f"<KeyIndex of {len(self._entries)} keys in {self._path}>"


def _by_entry(keys: Iterable[IndexEntry]) -> dict[Entry, IndexEntry]:
    return {known.entry: known for known in keys}


def _free_name(path: Path) -> Path:
    """Return the first free name, so that an earlier damaged file is not lost."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return aside
