"""Both stores and the index, combined: where a key is stored and read, and its index entry.

The order of writes keeps two invariants through every failure, cancellation and crash:

- A key in a store is never listed for an origin it was not stored for.
- A label that had an index entry keeps one: what shadows the next source never disappears.

So a key that moves to the other store is written there first; then the entry is replaced; then the
old copy is removed. A key that replaces one of another origin in the same store is announced first:
while its entry `is_pending`, the stored key is not used. A failure can leave an unlisted key, or an
entry that requires signing in again.
"""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import structlog
import trio

from aircherd.auth.stores.base import (
    FileProtection,
    KeyId,
    KeyMissing,
    KeyStore,
    KeyUnreadable,
    ReadResult,
    StoreHealth,
    StoreState,
)
from aircherd.auth.stores.file_store import FileStore
from aircherd.auth.stores.index import IndexEntry, KeyIndex
from aircherd.auth.stores.keyring_store import KeyringDetails, KeyringStore
from aircherd.config.model import Provider
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret

log = structlog.get_logger()

StoreName = Literal["keyring", "file"]
KEYRING: StoreName = "keyring"
FILE: StoreName = "file"
STORES = (KEYRING, FILE)


# What to do about a keyring that cannot be used; the reason of a locked one has said it.
_CURES = {
    StoreHealth.LOCKED: "Do that and try again",
    StoreHealth.UNREACHABLE: "Try again, in a terminal of your desktop session if you have one",
    StoreHealth.UNAVAILABLE: "Start it, or try again in a terminal of your desktop session",
}


class CredentialStore:
    """All stored keys, in either store."""

    def __init__(
        self, *, keyring: KeyStore, file: KeyStore, index: KeyIndex, clock: Callable[[], float]
    ) -> None:
        self._stores: dict[StoreName, KeyStore] = {"keyring": keyring, "file": file}
        self.index = index
        self._clock = clock
        self._lock = trio.Lock()  # a store and the index change together
        self._has_keyring = False  # it was usable once: it does not cease to be there
        self.keyring_written_at = -math.inf  # on trio's clock
        if index.problem:
            log.warning("key_index_unusable", problem=index.problem)

    def note_bus(self, named: str) -> bool:
        """Look for the keyring on the bus of a client, too; return whether that is a new place."""
        keyring = self._stores[KEYRING]
        return isinstance(keyring, KeyringStore) and keyring.note_bus(named)

    async def probe_keyring(self) -> StoreState:
        """Return whether the keyring can be used; the result may be a moment old."""
        return await self._stores["keyring"].probe()

    @property
    def file_protection(self) -> FileProtection:
        """Whether the credentials file is encrypted, and why not if it should be."""
        file = self._stores[FILE]
        return file.protection if isinstance(file, FileStore) else FileProtection()

    async def seal_file(self) -> None:
        """Encrypt the credentials file as the configuration says. Failures are in the rows."""
        file = self._stores[FILE]
        if isinstance(file, FileStore):
            async with self._lock:
                try:
                    await file.seal_again()
                except KeyringLocked as error:
                    log.warning("file_not_encrypted", reason=error.message)

    async def describe_keyring(self) -> KeyringDetails:
        """Return the keyring's state, and which one it is."""
        keyring = self._stores[KEYRING]
        if isinstance(keyring, KeyringStore):
            return await keyring.describe()
        return KeyringDetails(await keyring.probe(fresh=True), type(keyring).__name__)

    async def read_all(self, entries: Sequence[IndexEntry]) -> dict[KeyId, ReadResult]:
        """Read several keys, with one read per store. Raises nothing; has a result for each."""
        found: dict[KeyId, ReadResult] = {}
        for name, store in self._stores.items():
            key_ids = [entry.key_id for entry in entries if entry.store == name]
            if key_ids:
                found |= await store.read_all(key_ids)
        return found

    async def store(
        self, provider: Provider, label: str, secret: Secret, *, where: StoreName | None = None
    ) -> IndexEntry:
        """Store a key for the origin of `provider`: in the keyring, or without one in the file.

        Args:
            provider: the provider.
            label: the name of the key.
            secret: the key.
            where: the store that the user chose; None to take the file only if it is known that
                there is no keyring, and no key is listed in one.

        Raises:
            KeyringLocked: the keyring cannot be used (the file is not used silently instead), or
                the key cannot be written.
        """
        async with self._lock:
            self.index.refresh()
            self.index.require_usable()
            store_name = where or await self._choose_store()
            old = self.index.get(KeyId(provider.name, label))
            new = IndexEntry(
                provider=provider.name,
                label=label,
                origin=provider.origin,
                store=store_name,
                stored_at=self._clock(),
            )
            # Not cancellable from the first write to the last; the stores have timeouts.
            with trio.CancelScope(shield=True):
                await self._write(new, secret)
                if store_name == KEYRING or (old is not None and old.store == KEYRING):
                    await self._remove_other_copy(new.key_id, store_name)
            return new

    async def _write(self, new: IndexEntry, secret: Secret) -> None:
        """Write a key and its entry; see the module's docstring for the order."""
        store, old = self._stores[new.store], self.index.get(new.key_id)
        changes_origin = old is not None and old.store == new.store and old.origin != new.origin
        if changes_origin:
            self.index.add(msgspec.structs.replace(new, is_pending=True))
        try:
            await store.write(new.key_id, secret)
            self._note_write(new.store)
        except BaseException:
            if old is not None and changes_origin:
                await self._restore_entry(old, secret)
            raise
        self.index.add(new)

    async def _restore_entry(self, old: IndexEntry, secret: Secret) -> None:
        """Restore an entry after a failed write, if certainly nothing was written.

        A keyring that timed out may have stored the key.
        """
        found = (await self._stores[old.store].read_all([old.key_id]))[old.key_id]
        if isinstance(found, KeyUnreadable) or found == secret:
            return
        with contextlib.suppress(KeyringLocked):  # the pending entry is safe, too
            self.index.add(old)

    async def remove(self, key_id: KeyId) -> str | None:
        """Remove a key and its entry. Return what could not be removed, None if nothing is left.

        If there is no keyring any more, only the entry is removed; if it is locked, nothing is,
        because it can be unlocked.

        Raises:
            KeyringLocked: the store is locked or refuses.
        """
        async with self._lock:
            entry = self.index.get(key_id)
            if entry is None:
                return None
            with trio.CancelScope(shield=True):  # as in `store`
                leftover = await self._delete(entry)
                self.index.remove(key_id)
                if entry.store == KEYRING:
                    await self._remove_other_copy(key_id, KEYRING)
            return leftover

    async def acknowledge_damage(self, provider: str) -> None:
        """Unblock a provider's other sources, although stored keys of it may have been lost.

        Raises:
            KeyringLocked: the list of stored keys cannot be used or written.
        """
        async with self._lock:
            self.index.refresh()
            self.index.require_usable()
            self.index.acknowledge_damage(provider)

    async def _delete(self, entry: IndexEntry) -> str | None:
        store = self._stores[entry.store]
        try:
            await store.delete(entry.key_id)
            self._note_write(entry.store)
        except KeyringLocked:
            if entry.store == "file":
                raise
            state = await store.probe(fresh=True)
            if state.health is not StoreHealth.UNAVAILABLE:
                raise
            return f"the keyring cannot be reached, the key may still be in it: {state.reason}"
        return None

    def _note_write(self, store: StoreName) -> None:
        if store == KEYRING:
            self.keyring_written_at = trio.current_time()

    async def _choose_store(self) -> StoreName:
        state = await self._stores["keyring"].probe(fresh=True)
        if state.health is StoreHealth.USABLE:
            self._has_keyring = True
            return "keyring"
        reason = state.reason
        if state.health is StoreHealth.UNAVAILABLE:
            if not self._has_keyring and not self._lists_keyring():
                return "file"
            reason = f"{reason}, but keys were stored in one"
        raise KeyringLocked(
            f"the keyring cannot be used: {reason}; nothing was stored. {_CURES[state.health]}, or "
            "add --store file to 'aircher-cli auth login' to keep the key in a file that is not "
            "encrypted"
        )

    def _lists_keyring(self) -> bool:
        entries = (each for name in self.index.providers() for each in self.index.entries_of(name))
        return any(entry.store == KEYRING for entry in entries)

    async def _remove_other_copy(self, key_id: KeyId, used: StoreName) -> None:
        """Remove a copy that an earlier login left in the other store."""
        other = self._stores[FILE if used == KEYRING else KEYRING]
        if used == KEYRING:
            found = (await other.read_all([key_id]))[key_id]
            if isinstance(found, KeyMissing):
                return
        try:
            await other.delete(key_id)
        except KeyringLocked as error:
            log.warning("old_key_copy_not_removed", key=str(key_id), reason=error.message)
