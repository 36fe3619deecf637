"""Keys in a file of the user's own: for machines on which no keyring can be used.

Not encrypted, and said so wherever it shows. The file is `{"version": 1, "keys": {provider: {label:
key}}}`, 0600, replaced as a whole. A file that others could read or have swapped is refused, and a
damaged one is never overwritten: it may hold keys that someone can still save.
"""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from aircherd.auth.stores.base import (
    Found,
    KeyId,
    KeyMissing,
    KeyUnreadable,
    StoreHealth,
    StoreState,
)
from aircherd.errors import KeyringLocked
from aircherd.files.file_worker import Check, DiskTimeout, FileWorker
from aircherd.files.private_file import (
    OPEN_TO_OTHERS,
    FileRefused,
    check_writable,
    read_private,
    write_private,
)
from aircherd.vocabulary.secret import Secret

Keys = dict[str, dict[str, str]]
T = TypeVar("T")

PATIENCE = 5.0
"""Seconds for the disk: a person waits for his login, and the end of the daemon for the writing."""


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """The file's form."""

    keys: Keys
    version: Literal[1] = 1


class FileStore:
    """The credentials file. It is read anew each time: it is small, and asked for rarely."""

    name = "file"

    def __init__(self, path: Path, *, uid: int | None = None) -> None:
        self._path = path
        self._uid = os.getuid() if uid is None else uid
        self._lane = FileWorker()  # from reading to writing, nobody else may write

    async def probe(self, *, fresh: bool = False) -> StoreState:  # noqa: ARG002 - it always is
        """Look whether keys could be stored here now."""
        try:
            await self._do(self._check)
        except FileRefused as error:
            return StoreState(StoreHealth.UNAVAILABLE, str(error))
        return StoreState(StoreHealth.USABLE)

    async def read_all(self, entries: Sequence[KeyId]) -> dict[KeyId, Found]:
        """Read the keys of `entries`."""
        try:
            keys = await self._do(lambda _: self._load())
        except FileRefused as error:
            state = StoreState(StoreHealth.UNAVAILABLE, str(error))
            return dict.fromkeys(entries, KeyUnreadable(state))
        return {entry: _find(keys, entry) for entry in entries}

    async def write(self, entry: KeyId, secret: Secret) -> None:
        """Store a key.

        Raises:
            KeyringLocked: the file is refused, damaged or cannot be written.
        """
        await self._change(functools.partial(_put, entry=entry, secret=secret))

    async def delete(self, entry: KeyId) -> None:
        """Remove a key; one that is not there is no error.

        Raises:
            KeyringLocked: the file is refused, damaged or cannot be written.
        """
        await self._change(functools.partial(_drop, entry=entry))

    async def _change(self, change: Callable[[Keys], bool]) -> None:
        try:
            await self._do(functools.partial(self._apply, change))
        except FileRefused as error:
            raise KeyringLocked(f"the credentials file cannot be used: {error}") from error

    async def _do(self, work: Callable[[Check], T]) -> T:
        """Do some work on the file in a thread; a disk that does not answer refuses it."""
        try:
            return await self._lane.do(work, PATIENCE)
        except DiskTimeout as error:
            raise FileRefused(f"{self._path}: {error.strerror}") from error

    def _apply(self, change: Callable[[Keys], bool], check: Check) -> None:
        keys = self._load()
        if change(keys):
            content = msgspec.json.encode(_Document(keys=keys))
            check()
            write_private(self._path, msgspec.json.format(content), uid=self._uid)

    def _check(self, _: Check) -> None:
        self._load()
        check_writable(self._path, uid=self._uid)

    def _load(self) -> Keys:
        content = read_private(self._path, uid=self._uid, forbidden=OPEN_TO_OTHERS)
        if content is None:
            return {}
        if (document := _decode(content)) is None:
            raise FileRefused(f"{self._path} is damaged: repair it or move it away")
        return document.keys

    def __repr__(self) -> str:
        return f"<FileStore {self._path}>"


def _decode(content: bytes) -> _Document | None:
    """Return None for a damaged file; the decoder's error stays here, it knows the content."""
    try:
        return msgspec.json.decode(content, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _find(keys: Keys, entry: KeyId) -> Found:
    value = keys.get(entry.provider, {}).get(entry.label)
    return KeyMissing() if value is None else Secret(value)


def _put(keys: Keys, entry: KeyId, secret: Secret) -> bool:
    keys.setdefault(entry.provider, {})[entry.label] = secret.reveal()
    return True


def _drop(keys: Keys, entry: KeyId) -> bool:
    """Return whether there was anything to drop."""
    labels = keys.get(entry.provider, {})
    if labels.pop(entry.label, None) is None:
        return False
    if not labels:
        del keys[entry.provider]
    return True
