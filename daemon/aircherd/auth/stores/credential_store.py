"""The two stores and the index as one: where a key goes, where it is read, what is noted of it.

The order of writing keeps two things true through every failure, cancellation and crash:

- A key in a store is never listed for an origin it was not stored for.
- A label that had an entry has one: what stands in the way of the next source never vanishes.

So a key that goes into another store is written there first, then the entry is swapped, then the
old copy removed. One that replaces a key of another origin in the same store is announced first: as
long as its entry is `is_pending`, nobody uses what is stored. What a failure leaves may be a key
that nobody knows of, or an entry that asks to sign in again.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import structlog
import trio

from aircherd.auth.stores.base import (
    Found,
    KeyId,
    KeyMissing,
    KeyStore,
    KeyUnreadable,
    StoreHealth,
    StoreState,
)
from aircherd.auth.stores.index import IndexEntry, KeyIndex
from aircherd.config.model import Provider
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret

log = structlog.get_logger()

StoreName = Literal["keyring", "file"]


class CredentialStore:
    """Stored keys: all of them, wherever they are."""

    def __init__(
        self, *, keyring: KeyStore, file: KeyStore, index: KeyIndex, clock: Callable[[], float]
    ) -> None:
        self._stores: dict[StoreName, KeyStore] = {"keyring": keyring, "file": file}
        self.index = index
        self._clock = clock
        self._changing = trio.Lock()  # a store and the index change together
        if index.problem:
            log.warning("key index", problem=index.problem)

    async def probe(self) -> StoreState:
        """Look whether the keyring can be used now; what was seen a moment ago will do."""
        return await self._stores["keyring"].probe()

    async def read_all(self, known: Sequence[IndexEntry]) -> dict[KeyId, Found]:
        """Read keys, those of one store in one go. Raises nothing; has an answer for each."""
        found: dict[KeyId, Found] = {}
        for name, store in self._stores.items():
            entries = [key.entry for key in known if key.store == name]
            if entries:
                found |= await store.read_all(entries)
        return found

    async def store(self, provider: Provider, label: str, secret: Secret) -> IndexEntry:
        """Store a key for the origin of `provider`: in the keyring, or where none is, in the file.

        Raises:
            KeyringLocked: the keyring is locked (nothing is put into a file behind the user's
                back), or nothing can be written.
        """
        async with self._changing:
            self.index.look_again()
            self.index.demand_usable()
            place = await self._place()
            new = IndexEntry(
                provider=provider.name,
                label=label,
                origin=provider.origin,
                store=place,
                stored_at=self._clock(),
            )
            # From the first write to the last no halt: the stores bound the time themselves.
            with trio.CancelScope(shield=True):
                await self._put(new, secret)
                await self._clear_elsewhere(new.entry, place)
            return new

    async def _put(self, new: IndexEntry, secret: Secret) -> None:
        """Write a key and its entry; see the module's docstring for the order."""
        store, old = self._stores[new.store], self.index.get(new.entry)
        is_unsafe = old is not None and old.store == new.store and old.origin != new.origin
        if is_unsafe:
            self.index.add(msgspec.structs.replace(new, is_pending=True))
        try:
            await store.write(new.entry, secret)
        except BaseException:
            if old is not None and is_unsafe:
                await self._put_back(old, secret)
            raise
        self.index.add(new)

    async def _put_back(self, old: IndexEntry, secret: Secret) -> None:
        """Restore an entry after a failed write, if it is known that nothing was written.

        A keyring that was too slow to answer may have stored the key all the same.
        """
        found = (await self._stores[old.store].read_all([old.entry]))[old.entry]
        if isinstance(found, KeyUnreadable) or found == secret:
            return
        with contextlib.suppress(KeyringLocked):  # what stays is safe, and asks to sign in again
            self.index.add(old)

    async def remove(self, entry: KeyId) -> str | None:
        """Remove a key and its entry. Return what could not be done, None when all is gone.

        A keyring that is gone for good must not keep an entry alive for ever, so there the entry
        goes alone; one that is locked can be unlocked, so there nothing is done.

        Raises:
            KeyringLocked: the store is locked or refuses.
        """
        async with self._changing:
            known = self.index.get(entry)
            if known is None:
                return None
            with trio.CancelScope(shield=True):  # as in `store`
                leftover = await self._delete(known)
                self.index.remove(entry)
                await self._clear_elsewhere(entry, known.store)
            return leftover

    async def settle(self, provider: str) -> None:
        """Let a provider's other sources serve, though stored keys of it may have been lost.

        Raises:
            KeyringLocked: the list of stored keys cannot be used or written.
        """
        async with self._changing:
            self.index.look_again()
            self.index.demand_usable()
            self.index.settle(provider)

    async def _delete(self, known: IndexEntry) -> str | None:
        store = self._stores[known.store]
        try:
            await store.delete(known.entry)
        except KeyringLocked:
            if known.store == "file":
                raise
            state = await store.probe(fresh=True)
            if state.health is not StoreHealth.UNAVAILABLE:
                raise
            return f"the keyring cannot be reached, the key may still be in it: {state.reason}"
        return None

    async def _place(self) -> StoreName:
        state = await self._stores["keyring"].probe(fresh=True)
        if state.health is StoreHealth.LOCKED:
            raise KeyringLocked(f"the keyring cannot be used: {state.reason}; nothing was stored")
        return "keyring" if state.health is StoreHealth.USABLE else "file"

    async def _clear_elsewhere(self, entry: KeyId, place: StoreName) -> None:
        """Remove a copy that an earlier login put into the other store, as far as it can be seen.

        The keyring is not asked when the file was used: that was because there is none.
        """
        if place == "file":
            return
        file = self._stores["file"]
        found = (await file.read_all([entry]))[entry]
        if isinstance(found, KeyMissing):
            return
        try:
            await file.delete(entry)
        except KeyringLocked as error:
            log.warning("old copy of a key stays", entry=str(entry), reason=error.message)
