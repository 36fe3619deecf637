"""What a place for keys can do: the contract of the keyring, the file and the one in memory.

Three ways in which a key is not there must be told apart, because they ask for different things:
the store answered and has no such key, the store is locked (or hangs, which is how most locked
ones look from outside), and there is no store.
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
    """Whether a store can be used now."""

    USABLE = "usable"
    LOCKED = "locked"
    UNAVAILABLE = "unavailable"


class StoreState(msgspec.Struct, frozen=True):
    """What a look at a store told; `reason` is for people, None when it is usable."""

    health: StoreHealth
    reason: str | None = None


class KeyMissing(msgspec.Struct, frozen=True):
    """The store answered, and does not have this key."""


class KeyUnreadable(msgspec.Struct, frozen=True):
    """The store could not be asked; whether the key is there is not known."""

    state: StoreState


Found = Secret | KeyMissing | KeyUnreadable


class KeyStore(Protocol):
    """A place for keys. What it cannot do it says; it never prompts and never waits for long."""

    @property
    def name(self) -> str:
        """`keyring` or `file`, as the index writes it."""

    async def probe(self, *, fresh: bool = False) -> StoreState:
        """Look whether the store can be used now. Raises nothing.

        Where looking costs much, the answer may be a moment old, unless it must be `fresh`.
        """

    async def read_all(self, entries: Sequence[KeyId]) -> dict[KeyId, Found]:
        """Read the keys of `entries`, all in one go. Raises nothing; has an answer for each."""

    async def write(self, entry: KeyId, secret: Secret) -> None:
        """Store a key, in place of the one of that name.

        Raises:
            KeyringLocked: the store cannot be used now; the message says why and what to do.
        """

    async def delete(self, entry: KeyId) -> None:
        """Remove a key; one that is not there is no error.

        Raises:
            KeyringLocked: the store cannot be used now; the message says why and what to do.
        """
