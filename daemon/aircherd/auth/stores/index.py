"""The list of what is stored: which key, in which store, for which origin, since when. No secret.

A keyring cannot say what it holds, so this can. It is also what binds a key to the origin it was
stored for: whoever may change this file could send a key elsewhere, so others may not write it.

A list that cannot be used takes no key away silently. While keys may be missing from it, there is a
`SourceBlock` before whatever would serve in their place:

    open to others, unreadable   left where it is; nothing serves until it is mended
    damaged                      moved aside, and the list begins anew; a provider's other sources
                                 serve again once its user signs in or out, or the damaged file is
                                 removed. That it lies there is what is known, so a restart changes
                                 nothing.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from aircherd.auth.stores.base import KeyId
from aircherd.errors import KeyringLocked
from aircherd.files.private_file import (
    WRITABLE_BY_OTHERS,
    FileClosed,
    FileRefused,
    read_private,
    write_private,
)
from aircherd.vocabulary.keys import DEFAULT_LABEL

BlockKind = Literal["closed", "damaged", "unfinished"]


class SourceBlock(msgspec.Struct, frozen=True):
    """Why no key may be taken from a source now, though the source itself could give one.

    `closed`: the list cannot be read; `damaged`: it was, and keys may be missing from it;
    `unfinished`: a login was cut short, and which key the store holds is not known.
    """

    kind: BlockKind
    reason: str


class IndexEntry(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One stored key; `stored_at` is a Unix time in seconds.

    While `is_pending`, the key in the store may be another one, of another origin.
    """

    provider: str
    label: str
    origin: str
    store: Literal["keyring", "file"]
    stored_at: float
    is_pending: bool = False

    @property
    def entry(self) -> KeyId:
        """The key's name."""
        return KeyId(self.provider, self.label)


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """The file's form; `settled` names providers whose user knows of the damaged files."""

    keys: list[IndexEntry]
    settled: list[str] = []
    version: Literal[1] = 1


class KeyIndex:
    """The list in memory, and on disk after every change.

    `problem` says what is wrong with it, None when nothing is.
    """

    def __init__(self, path: Path, *, uid: int | None = None) -> None:
        self._path = path
        self._uid = os.getuid() if uid is None else uid
        self._entries: dict[KeyId, IndexEntry] = {}
        self._sorted: dict[str, Sequence[IndexEntry]] = {}  # what `of` has answered since a change
        self._closed: str | None = None  # why the list cannot be used as it lies there
        self._damaged: list[Path] = []
        self._settled: frozenset[str] = frozenset()
        self.problem: str | None = None
        self._load()

    def look_again(self) -> None:
        """Look whether what was wrong is mended; costs nothing while nothing is wrong."""
        if self._closed:
            self._load()
        elif self._damaged:
            self._note_damage()

    def demand_usable(self) -> None:
        """Check that the list can be changed.

        Raises:
            KeyringLocked: it cannot be used; the message says why and what to do.
        """
        if self._closed:
            raise KeyringLocked(self._closed)

    def barrier(self, provider: str) -> SourceBlock | None:
        """Return what keeps a provider from its other sources: a stored key may not be known."""
        if self._closed:
            return SourceBlock("closed", self._closed)
        if self._damaged and provider not in self._settled:
            return SourceBlock("damaged", _lost(self._damaged))
        return None

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

    def get(self, entry: KeyId) -> IndexEntry | None:
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
        self._save({**self._entries, known.entry: known}, settle=known.provider)

    def remove(self, entry: KeyId) -> None:
        """Forget a key; one that is not there is no error.

        Raises:
            KeyringLocked: the list cannot be written; nothing changed.
        """
        if entry in self._entries:
            left = {key: known for key, known in self._entries.items() if key != entry}
            self._save(left, settle=entry.provider)

    def settle(self, provider: str) -> None:
        """Note that the user knows of the damage and signed out: other sources may serve.

        Raises:
            KeyringLocked: the list cannot be written; nothing changed.
        """
        if self.barrier(provider):
            self._save(self._entries, settle=provider)

    def _save(self, entries: dict[KeyId, IndexEntry], *, settle: str) -> None:
        self.demand_usable()
        settled = self._settled | {settle} if self._damaged else frozenset[str]()
        document = _Document(list(entries.values()), sorted(settled))
        try:
            content = msgspec.json.format(msgspec.json.encode(document))
            write_private(self._path, content, uid=self._uid)
        except FileRefused as error:
            raise KeyringLocked(f"the list of stored keys cannot be written: {error}") from error
        self._entries, self._settled, self._sorted = entries, settled, {}

    # -------------------------------------------------------------- what may be wrong with it

    def _load(self) -> None:
        self._closed, self._sorted = None, {}
        told = None
        try:
            content = read_private(self._path, uid=self._uid, forbidden=WRITABLE_BY_OTHERS)
            self._take(content)
        except FileClosed as error:
            self._closed = f"the list of stored keys cannot be used: {error}"
        except FileRefused as error:
            told = self._set_aside(f"the list of stored keys cannot be used: {error}")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            told = self._set_aside(f"the list of stored keys is damaged: {error}")
        self._note_damage()
        self.problem = told or self.problem

    def _take(self, content: bytes | None) -> None:
        if content is not None:
            document = msgspec.json.decode(content, type=_Document)
            self._entries = {known.entry: known for known in document.keys}
            self._settled = frozenset(document.settled)

    def _set_aside(self, why: str) -> str:
        aside = _free_name(self._path)
        try:
            self._path.rename(aside)
        except OSError as error:
            self._closed = f"{why}; it cannot be moved aside ({error.strerror}): move it to {aside}"
            return self._closed
        return f"{why}; it is now {aside}: sign in again to the providers you use"

    def _note_damage(self) -> None:
        """See which damaged files lie there: they are there until the user takes them away."""
        self._damaged = sorted(self._path.parent.glob(f"{self._path.name}.damaged-*"))
        self._sorted = {}
        self.problem = self._closed or (_lost(self._damaged) if self._damaged else None)

    def __repr__(self) -> str:
        return f"<KeyIndex of {len(self._entries)} keys in {self._path}>"


def _lost(damaged: Sequence[Path]) -> str:
    files = ", ".join(map(str, damaged))
    return f"the list of stored keys was damaged and is now {files}: a stored key may be missing"


def _free_name(path: Path) -> Path:
    """Return the first free name, so that an earlier damaged file is not lost."""
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.damaged-{number}")):
        number += 1
    return aside
