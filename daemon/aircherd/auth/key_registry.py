"""What is known about all keys now, as rows: who has which, in what state; and who is told of it.

The picture that requests and people share. It decides nothing about a key's worth, it puts together
what `slots`, `reader` and `status` know, and publishes a row whenever it changed.
"""

from collections.abc import Callable, Mapping, Sequence

from aircherd.auth import status, verification
from aircherd.auth.key_cache import KeyCache
from aircherd.auth.key_sources import KeySource, shadowed, sources_of, stored_source
from aircherd.auth.stores.base import KeyId
from aircherd.auth.stores.credential_store import CredentialStore
from aircherd.auth.stores.index import IndexEntry
from aircherd.auth.verification import Verification
from aircherd.config.model import Config, Provider
from aircherd.errors import KeyRejected, KeyringLocked, NotAuthenticated
from aircherd.events import EventBus
from aircherd.vocabulary.keys import KeyChoice, KeyState, KeyStatus

_ERRORS: dict[KeyState, type[NotAuthenticated]] = {
    KeyState.NOT_CONFIGURED: NotAuthenticated,
    KeyState.REJECTED: KeyRejected,
    KeyState.LOCKED: KeyringLocked,
}
"""What a key that cannot be used raises."""


class KeyRegistry:
    """All keys of all providers, as they are known now. Nothing here waits."""

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        environ: Mapping[str, str],
        credentials: CredentialStore,
        reader: KeyCache,
        bus: EventBus,
    ) -> None:
        self._config = config
        self._environ = environ
        self._credentials = credentials
        self._reader = reader
        self._bus = bus
        self._slots: dict[str, tuple[Provider, Sequence[IndexEntry], list[KeySource]]] = {}
        self._choices: dict[
            str, tuple[list[KeySource], list[Verification], Sequence[KeyChoice]]
        ] = {}
        self._announced: dict[str, dict[str | None, KeyStatus]] = {}

    # -------------------------------------------------------------- which keys there are

    def slots(self, provider: Provider) -> list[KeySource]:
        """Return the keys of a provider in the order in which they serve."""
        # Every request asks, so the answer is kept until the config or the stored keys change.
        stored = self._credentials.index.of(provider.name)
        known = self._slots.get(provider.name)
        if known is None or known[0] is not provider or known[1] is not stored:
            barrier = self._credentials.index.barrier(provider.name)
            known = (provider, stored, sources_of(provider, stored, self._environ, barrier))
            self._slots[provider.name] = known
        return known[2]

    def all_slots(self) -> list[KeySource]:
        """Return the keys of all providers."""
        providers = self._config().providers.values()
        return [slot for provider in providers for slot in self.slots(provider)]

    def find(self, provider_name: str, key: str) -> tuple[Provider, KeySource] | None:
        """Return a provider and its key by their names, None when they are gone."""
        provider = self._config().providers.get(provider_name)
        slots = self.slots(provider) if provider else []
        found = next((slot for slot in slots if slot.name == key), None)
        return (provider, found) if provider and found else None

    def pick(self, provider: Provider, key: str | None) -> KeySource:
        """Return the key of that name, or the first that may be tried, or the first.

        Raises:
            NotAuthenticated: there is none.
        """
        slots = self.slots(provider)
        if key is None:
            usable = (slot for slot in slots if self._may_be_tried(provider, slot))
            slot = next(usable, slots[0] if slots else None)
        else:
            slot = next((slot for slot in slots if slot.name == key), None)
        if slot is None:
            barrier = self._credentials.index.barrier(provider.name)
            error = _ERRORS[status.state_without_key(barrier)]
            raise error(status.no_key(provider, barrier, key))
        return slot

    def choices(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return a provider's keys as routing sees them, in the order in which they serve."""
        slots = self.slots(provider)
        if not slots:
            return status.choices_without_key(
                provider, self._credentials.index.barrier(provider.name)
            )
        # Every request asks for all keys of many providers: the answer is kept while it holds.
        standings = [self._worth(slot) for slot in slots]
        known = self._choices.get(provider.name)
        if known is None or known[0] is not slots or known[1] != standings:
            made = [status.choice(provider, *pair) for pair in zip(slots, standings, strict=True)]
            known = self._choices[provider.name] = (slots, standings, made)
        return known[2]

    def choice(self, provider: Provider, slot: KeySource) -> KeyChoice:
        """Return a key as routing sees it."""
        return status.choice(provider, slot, self._worth(slot))

    def _worth(self, slot: KeySource) -> Verification:
        """Return a key's standing; one that is worth another look is worth a try."""
        held = self._reader.held(slot)
        known = held.standing
        if known.is_usable or not self._reader.needs_reading(held):
            return known
        return verification.UNTRIED

    def _may_be_tried(self, provider: Provider, slot: KeySource) -> bool:
        state = self.choice(provider, slot).state
        return state in {KeyState.AUTHENTICATED, KeyState.UNVERIFIED}

    # -------------------------------------------------------------- rows

    def row(self, provider: Provider, slot: KeySource) -> KeyStatus:
        """Return the row of one key."""
        held = self._reader.held(slot)
        return status.key_row(
            provider,
            slot,
            held.standing,
            secret=held.secret,
            hidden=shadowed(provider, self.slots(provider), self._environ),
        )

    def rows_of(self, name: str) -> list[KeyStatus]:
        """Return the rows of one provider; also of one that only the index knows any more."""
        if provider := self._config().providers.get(name):
            rows = [self.row(provider, slot) for slot in self.slots(provider)]
            return rows or [status.keyless_row(provider, self._credentials.index.barrier(name))]
        stored = self._credentials.index.of(name)
        return [status.orphan_row(known, stored_source(known)) for known in stored]

    def rows(self) -> list[KeyStatus]:
        """Return the rows of all providers, in the configuration's order."""
        return [row for name in self._names() for row in self.rows_of(name)]

    def _names(self) -> list[str]:
        return list(
            dict.fromkeys((*self._config().providers, *self._credentials.index.providers()))
        )

    # -------------------------------------------------------------- telling

    def announce_all(self) -> None:
        """Publish every row that changed since it was last published."""
        for name in dict.fromkeys((*self._names(), *self._announced)):
            self.announce(name)

    def announce(self, name: str) -> None:
        """Publish what changed in one provider's rows since they were last published."""
        before = self._announced.get(name, {})
        now = {row.key: row for row in self.rows_of(name)}
        self._announced[name] = now
        for key, row in now.items():
            if before.get(key) != row:
                self._bus.publish("auth", status.as_data(row))
        # A row without a key needs no farewell: it ends where a row with a key begins.
        for key in before.keys() - now.keys() - {None}:
            gone = KeyStatus(provider=name, key=key, state=KeyState.NOT_CONFIGURED)
            self._bus.publish("auth", {**status.as_data(gone), "removed": True})

    def forget(self, entry: KeyId) -> None:
        """Hold a removed key no longer, and tell."""
        self._reader.drop(entry.provider, entry.label)
        self.announce(entry.provider)

    def __repr__(self) -> str:
        states = [f"{row.provider}/{row.key}: {row.state.value}" for row in self.rows() if row.key]
        return f"<KeyRegistry {', '.join(states) or 'without any key'}>"


def unusable(provider: Provider, slot: KeySource, verdict: Verification) -> NotAuthenticated:
    """Return the error that says why a key is not given out, and what to do."""
    error = _ERRORS.get(verdict.state, KeyringLocked)
    message = status.cannot_use(provider, slot, verdict)
    return error(message, provider=provider.name, key=slot.name)
