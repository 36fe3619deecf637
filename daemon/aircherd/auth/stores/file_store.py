"""Keys in a private file of the user, for machines without a usable keyring.

The file is `{"version": 1, "keys": {provider: {label: key}}}`, mode 0600, replaced atomically, and
`auth status` says that it is not encrypted. With `[auth] encrypt_with` it is `{"version": 2,
"encrypted_with": name, "data": base64}`, and `data` is the other form, encrypted. The file tells
how to read it; the setting tells how to write it, and without one it stays as it is.

A file that others could read or swap is refused. A damaged file, or one that cannot be decrypted,
is never overwritten, because the user may still recover keys from it.
"""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from aircher_wire.directories import OPEN_TO_OTHERS
from aircherd.auth.stores.base import (
    FileProtection,
    KeyId,
    KeyMissing,
    KeyUnreadable,
    ReadResult,
    StoreHealth,
    StoreState,
)
from aircherd.auth.stores.file_cipher import CipherFailed, FileSealing, leave_as_it_is
from aircherd.errors import KeyringLocked
from aircherd.files.file_worker import Check, DiskTimeout, FileWorker
from aircherd.files.private_file import (
    FileRefused,
    check_writable,
    read_private,
    write_private,
)
from aircherd.vocabulary.secret import Secret

Keys = dict[str, dict[str, str]]
T = TypeVar("T")
D = TypeVar("D", bound=msgspec.Struct)

DISK_TIMEOUT = 5.0
"""Seconds: a login waits for the disk, and the daemon's shutdown waits for the write."""


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """The schema of the file."""

    keys: Keys
    version: Literal[1] = 1


class _Sealed(msgspec.Struct, forbid_unknown_fields=True):
    """The schema of an encrypted file."""

    encrypted_with: str
    data: bytes
    version: Literal[2] = 2


class FileStore:
    """The credentials file. It is small and rarely used, so it is read each time.

    `sealing` returns how it is encrypted now. `encrypted_with` is the name of the cipher of the
    file that was last read or written, "" if it is not encrypted, None if there is no file or it
    was not read.
    """

    name = "file"

    def __init__(
        self,
        path: Path,
        *,
        uid: int | None = None,
        sealing: Callable[[], FileSealing] = leave_as_it_is,
    ) -> None:
        self.encrypted_with: str | None = None
        self._problem: str | None = None
        self._path = path
        self._uid = os.getuid() if uid is None else uid
        self._sealing = sealing
        self._worker = FileWorker()  # a read and the write that follows are one operation

    async def probe(self, *, fresh: bool = False) -> StoreState:  # noqa: ARG002 - it always is
        """Return whether keys can be stored here now."""
        try:
            await self._do(self._check)
        except FileRefused as error:
            return StoreState(StoreHealth.UNAVAILABLE, str(error))
        return StoreState(StoreHealth.USABLE)

    async def read_all(self, key_ids: Sequence[KeyId]) -> dict[KeyId, ReadResult]:
        """Read several keys."""
        try:
            keys = await self._do(lambda _: self._load())
        except FileRefused as error:
            state = StoreState(StoreHealth.UNAVAILABLE, str(error))
            return dict.fromkeys(key_ids, KeyUnreadable(state))
        return {key_id: _find(keys, key_id) for key_id in key_ids}

    async def write(self, key_id: KeyId, secret: Secret) -> None:
        """Store a key.

        Raises:
            KeyringLocked: the file is refused, damaged or cannot be written.
        """
        await self._change(functools.partial(_put, key_id=key_id, secret=secret))

    async def delete(self, key_id: KeyId) -> None:
        """Remove a key; a missing one is not an error.

        Raises:
            KeyringLocked: the file is refused, damaged or cannot be written.
        """
        await self._change(functools.partial(_remove, key_id=key_id))

    async def seal_again(self) -> None:
        """Write the file again if it is not encrypted as the settings say.

        Raises:
            KeyringLocked: it cannot be read or written; it stays as it is.
        """
        wanted, self._problem = self._sealing().write_with, None
        if wanted is None:
            return
        try:
            await self._change(lambda _: self.encrypted_with not in (wanted, None))
        except KeyringLocked as error:
            self._problem = error.message
            raise

    @property
    def protection(self) -> FileProtection:
        """Whether the file is encrypted."""
        return FileProtection(self.encrypted_with or "", self._problem)

    async def _change(self, change: Callable[[Keys], bool]) -> None:
        try:
            await self._do(functools.partial(self._apply, change))
        except FileRefused as error:
            raise KeyringLocked(f"the credentials file cannot be used: {error}") from error

    async def _do(self, work: Callable[[Check], T]) -> T:
        """Run a file operation in a thread; a timeout counts as a refusal."""
        try:
            return await self._worker.do(work, DISK_TIMEOUT)
        except DiskTimeout as error:
            raise FileRefused(f"{self._path}: {error.strerror}") from error

    def _apply(self, change: Callable[[Keys], bool], check: Check) -> None:
        keys = self._load()
        if change(keys):
            content, name = self._encode(keys)
            check()
            write_private(self._path, content, uid=self._uid)
            self.encrypted_with = name
            self._note_sealed()

    def _check(self, _: Check) -> None:
        self._load()
        check_writable(self._path, uid=self._uid)

    def _load(self) -> Keys:
        content = read_private(self._path, uid=self._uid, forbidden=OPEN_TO_OTHERS)
        if content is None:
            self.encrypted_with = None
            return {}
        sealed = _decode(content, _Sealed)
        self.encrypted_with = sealed.encrypted_with if sealed else ""
        if sealed is not None:
            content = self._decrypt(sealed)
        if (document := _decode(content, _Document)) is None:
            raise FileRefused(f"{self._path} is damaged: repair it or move it away")
        self._note_sealed()
        return document.keys

    def _note_sealed(self) -> None:
        """Forget why the file was not as the settings say, now that it can be used and is."""
        if self.encrypted_with == self._sealing().write_with:
            self._problem = None

    def _encode(self, keys: Keys) -> tuple[bytes, str]:
        """Return the content of the file, and the name of its cipher."""
        content = msgspec.json.format(msgspec.json.encode(_Document(keys=keys)))
        sealing = self._sealing()
        name = self.encrypted_with or "" if sealing.write_with is None else sealing.write_with
        if not name:
            return content, ""
        try:
            data = sealing.cipher(name).encrypt(content)
        except CipherFailed as error:
            raise FileRefused(f"{self._path} cannot be encrypted: {error}") from None
        return msgspec.json.format(msgspec.json.encode(_Sealed(name, data))), name

    def _decrypt(self, sealed: _Sealed) -> bytes:
        try:
            return self._sealing().cipher(sealed.encrypted_with).decrypt(sealed.data)
        except CipherFailed as error:
            raise FileRefused(f"{self._path} cannot be decrypted: {error}") from None

    def __repr__(self) -> str:
        return f"<FileStore {self._path}>"


def _decode(content: bytes, schema: type[D]) -> D | None:
    """Return None for another schema; the decoder's error may quote keys and is not passed on."""
    try:
        return msgspec.json.decode(content, type=schema)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _find(keys: Keys, key_id: KeyId) -> ReadResult:
    value = keys.get(key_id.provider, {}).get(key_id.label)
    return KeyMissing() if value is None else Secret(value)


def _put(keys: Keys, key_id: KeyId, secret: Secret) -> bool:
    keys.setdefault(key_id.provider, {})[key_id.label] = secret.reveal()
    return True


def _remove(keys: Keys, key_id: KeyId) -> bool:
    """Return whether there was such a key."""
    labels = keys.get(key_id.provider, {})
    if labels.pop(key_id.label, None) is None:
        return False
    if not labels:
        del keys[key_id.provider]
    return True
