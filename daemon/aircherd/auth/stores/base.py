"""The contract of a key store: the keyring, the file, and the in-memory one for tests.

Four reasons for a missing key must be distinguished, because the user has to do different things:
the store has no such key; the store is locked; it cannot be reached now, which may be over in a
moment; there is no store.
"""

import enum
from collections.abc import Sequence
from typing import Protocol

import msgspec

from aircherd.vocabulary.secret import Secret


class KeyId(msgspec.Struct, frozen=True, order=True):
    """The name of a stored key."""

    provider: str
    label: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.label}"


class StoreHealth(enum.Enum):
    """Whether a store can be used now.

    UNREACHABLE: it may be there, and something failed: its bus, its process, the time it was given.
    UNAVAILABLE: it is known that there is none. Only this one lets a key go to another store.
    """

    USABLE = "usable"
    LOCKED = "locked"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"


class StoreState(msgspec.Struct, frozen=True):
    """The result of a probe; `reason` is for people, None if the store is usable."""

    health: StoreHealth
    reason: str | None = None


class KeyMissing(msgspec.Struct, frozen=True):
    """The store was read, and does not have this key."""


class KeyUnreadable(msgspec.Struct, frozen=True):
    """The store could not be read; whether it has the key is unknown."""

    state: StoreState


ReadResult = Secret | KeyMissing | KeyUnreadable


class FileProtection(msgspec.Struct, frozen=True):
    """Whether the credentials file is encrypted: with what, "" if it is not.

    `problem` says why it is not encrypted as the configuration says, None if it is.
    """

    encrypted_with: str = ""
    problem: str | None = None

    @property
    def description(self) -> str:
        """The store, for people."""
        if self.encrypted_with:
            return f"file, encrypted with {self.encrypted_with}"
        return "file, not encrypted"


class KeyStore(Protocol):
    """A store of keys. It reports every failure, never prompts, and returns within seconds."""

    @property
    def name(self) -> str:
        """`keyring` or `file`, as in the index."""

    async def probe(self, *, fresh: bool = False) -> StoreState:
        """Return whether the store can be used now. Raises nothing.

        If probing is expensive, the result may be a moment old, unless `fresh` is set.
        """

    async def read_all(self, key_ids: Sequence[KeyId]) -> dict[KeyId, ReadResult]:
        """Read several keys at once. Raises nothing; has a result for each."""

    async def write(self, key_id: KeyId, secret: Secret) -> None:
        """Store a key, replacing one with the same name.

        Raises:
            KeyringLocked: the store cannot be used now; the message says why and what to do.
        """

    async def delete(self, key_id: KeyId) -> None:
        """Remove a key; a missing one is not an error.

        Raises:
            KeyringLocked: the store cannot be used now; the message says why and what to do.
        """
