"""A key store in memory for tests. It follows the contract of the real ones and can fail."""

from collections.abc import Sequence

import trio

from aircherd.auth.stores.base import (
    KeyId,
    KeyMissing,
    KeyUnreadable,
    ReadResult,
    StoreHealth,
    StoreState,
)
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret

_REASONS = {
    StoreHealth.USABLE: None,
    StoreHealth.LOCKED: "it is locked; unlock it",
    StoreHealth.UNREACHABLE: "it did not answer",
    StoreHealth.UNAVAILABLE: "there is no keyring",
}


class MemoryStore:
    """Keys in a dict.

    Set `health` to make it locked or unavailable. `reads` counts calls of `read_all`. If `gate` is
    set to an event, every operation waits for it, like a slow keyring.
    """

    def __init__(self, name: str = "keyring", health: StoreHealth = StoreHealth.USABLE) -> None:
        self.name = name
        self.health = health
        self.keys: dict[KeyId, Secret] = {}
        self.reads = 0
        self.gate: trio.Event | None = None

    async def probe(self, *, fresh: bool = False) -> StoreState:  # noqa: ARG002 - it always is
        """Return the configured state."""
        await self._wait()
        return self._state()

    async def read_all(self, entries: Sequence[KeyId]) -> dict[KeyId, ReadResult]:
        """Return the keys of `entries`."""
        self.reads += 1
        await self._wait()
        if self.health is not StoreHealth.USABLE:
            return dict.fromkeys(entries, KeyUnreadable(self._state()))
        return {entry: self.keys.get(entry, KeyMissing()) for entry in entries}

    async def write(self, entry: KeyId, secret: Secret) -> None:
        """Store a key.

        Raises:
            KeyringLocked: `health` is not usable.
        """
        await self._check_usable()
        self.keys[entry] = secret

    async def delete(self, entry: KeyId) -> None:
        """Remove a key.

        Raises:
            KeyringLocked: `health` is not usable.
        """
        await self._check_usable()
        self.keys.pop(entry, None)

    async def _check_usable(self) -> None:
        await self._wait()
        if self.health is not StoreHealth.USABLE:
            raise KeyringLocked(f"the keyring cannot be used: {_REASONS[self.health]}")

    async def _wait(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.gate is not None:
            await self.gate.wait()  # no deadline: the test sets the event

    def _state(self) -> StoreState:
        return StoreState(self.health, _REASONS[self.health])

    def __repr__(self) -> str:
        return f"<MemoryStore {self.name} {self.health.value}, {len(self.keys)} keys>"
