"""The current state of all keys, as rows, and the `auth` events when a row changes.

It combines `key_sources`, `key_cache` and `status` for requests and for people, and decides nothing
itself.
"""

from collections.abc import Callable, Sequence

from aircherd.auth import status, verification
from aircherd.auth.key_cache import KeyCache
from aircherd.auth.key_sources import KeySource, shadowed_sources, sources_of, stored_source
from aircherd.auth.lock.key_lock import KeyLock
from aircherd.auth.stores.base import KeyId
from aircherd.auth.stores.credential_store import CredentialStore
from aircherd.auth.stores.index import IndexEntry
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.auth.verification import Verification
from aircherd.config.accounts import accounts
from aircherd.config.model import Config, Provider
from aircherd.config.sections.shared.section import SIGN_IN_NAME
from aircherd.errors import KeyRejected, KeyringLocked, NotAuthenticated
from aircherd.events import EventBus
from aircherd.vocabulary.keys import KeyChoice, KeyState, KeyStatus

_ERRORS: dict[KeyState, type[NotAuthenticated]] = {
    KeyState.NOT_CONFIGURED: NotAuthenticated,
    KeyState.REJECTED: KeyRejected,
    KeyState.LOCKED: KeyringLocked,
    KeyState.UNREADABLE: NotAuthenticated,
}
"""The error for a key that cannot be used, by its state."""


class KeyRegistry:
    """The state of all keys of all providers, and of the engine's password. Nothing here waits.

    `after_password_change` is called when something about the password has changed.
    """

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        variables: KeyVariables,
        credentials: CredentialStore,
        cache: KeyCache,
        bus: EventBus,
        lock: KeyLock | None = None,
    ) -> None:
        self._config = config
        self._variables = variables
        self._credentials = credentials
        self._cache = cache
        self._bus = bus
        self._lock = lock or KeyLock()
        self._sources: dict[str, tuple[Provider, Sequence[IndexEntry], Sequence[KeySource]]] = {}
        self._choices: dict[
            str, tuple[Sequence[KeySource], list[Verification], Sequence[KeyChoice]]
        ] = {}
        self.after_password_change: Callable[[], None] = lambda: None
        self._published: dict[str, dict[str | None, KeyStatus | None]] = {}

    # -------------------------------------------------------------- finding keys

    def sources(self, provider: Provider) -> Sequence[KeySource]:
        """Return the sources of a provider's keys, in order of preference."""
        # Every request needs this, so it is kept until the config or the stored keys change.
        entries = self._credentials.index.entries_of(provider.name)
        known = self._sources.get(provider.name)
        if known is None or known[0] is not provider or known[1] is not entries:
            block = self._credentials.index.block_for(provider.name)
            found = sources_of(provider, entries, self._variables, block)
            known = (provider, entries, self._lock.block(found))
            self._sources[provider.name] = known
        return known[2]

    def all_sources(self) -> list[KeySource]:
        """Return the sources of all providers, and of the engine's password."""
        owners = accounts(self._config()).values()
        return [source for owner in owners for source in self.sources(owner)]

    def find(self, provider_name: str, key: str) -> tuple[Provider, KeySource] | None:
        """Return a provider and the source of its key by their names, None if one is gone."""
        provider = accounts(self._config()).get(provider_name)
        sources = self.sources(provider) if provider else []
        found = next((source for source in sources if source.name == key), None)
        return (provider, found) if provider and found else None

    def pick(self, provider: Provider, key: str | None) -> KeySource:
        """Return the source of the named key; without a name the first usable one, or the first.

        Raises:
            NotAuthenticated: there is no such key.
        """
        sources = self.sources(provider)
        if key is None:
            usable = (source for source in sources if self._is_usable(provider, source))
            source = next(usable, sources[0] if sources else None)
        else:
            source = next((source for source in sources if source.name == key), None)
        if source is None:
            block = self._credentials.index.block_for(provider.name)
            error = _ERRORS[status.state_without_key(block)]
            raise error(status.no_key_message(provider, block, key))
        return source

    def may_have_key(self, provider: Provider) -> bool:
        """Return whether a provider has a key, or may have one that cannot be listed now."""
        block = self._credentials.index.block_for(provider.name)
        return bool(self.sources(provider)) or status.state_without_key(block) is KeyState.LOCKED

    def choices(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return a provider's keys for routing, in order of preference."""
        sources = self.sources(provider)
        if not sources:
            return status.choices_without_key(
                provider, self._credentials.index.block_for(provider.name)
            )
        # Every request needs this for many providers, so it is kept until something changes.
        verifications = [self._verification_for_routing(source) for source in sources]
        known = self._choices.get(provider.name)
        if known is None or known[0] is not sources or known[1] != verifications:
            choices = [
                status.choice(provider, *pair) for pair in zip(sources, verifications, strict=True)
            ]
            known = self._choices[provider.name] = (sources, verifications, choices)
        return known[2]

    def choice(self, provider: Provider, source: KeySource) -> KeyChoice:
        """Return one key for routing."""
        return status.choice(provider, source, self._verification_for_routing(source))

    def _verification_for_routing(self, source: KeySource) -> Verification:
        """Return a key's verification; an unreadable source that may be reread is worth a try."""
        cached = self._cache.get(source)
        known = cached.verification
        if known.is_usable or not self._cache.needs_reading(cached):
            return known
        return verification.UNVERIFIED

    def _is_usable(self, provider: Provider, source: KeySource) -> bool:
        state = self.choice(provider, source).state
        return state in {KeyState.AUTHENTICATED, KeyState.UNVERIFIED}

    # -------------------------------------------------------------- rows

    def row(self, provider: Provider, source: KeySource) -> KeyStatus:
        """Return the row of one key."""
        cached = self._cache.get(source)
        return status.key_row(
            provider,
            source,
            cached.verification,
            secret=cached.secret,
            shadowed=shadowed_sources(provider, self.sources(provider), self._variables),
            file=self._credentials.file_protection,
        )

    def rows_of(self, name: str) -> list[KeyStatus]:
        """Return the rows of one provider, even if only the index still has it."""
        if provider := accounts(self._config()).get(name):
            rows = [self.row(provider, source) for source in self.sources(provider)]
            return rows or [status.keyless_row(provider, self._credentials.index.block_for(name))]
        entries = self._credentials.index.entries_of(name)
        return [
            status.orphan_row(entry, stored_source(entry), self._credentials.file_protection)
            for entry in entries
        ]

    def rows(self) -> list[KeyStatus]:
        """Return the rows of all providers, in the configuration's order.

        The engine's password has none among them: see `rows_of`.
        """
        return [row for name in self._names() for row in self.rows_of(name)]

    def _names(self) -> list[str]:
        config = self._config()
        names = dict.fromkeys((*config.providers, *self._credentials.index.providers()))
        if config.shared is not None:
            names.pop(SIGN_IN_NAME, None)
        return list(names)

    # -------------------------------------------------------------- events

    def publish_all_changes(self) -> None:
        """Publish every row that changed since it was last published."""
        names = (*self._names(), *accounts(self._config()), *self._published)
        for name in dict.fromkeys(names):
            self.publish_changes(name)

    def publish_changes(self, name: str) -> None:
        """Publish the rows of one provider that changed since they were last published.

        The engine is no provider, so those who need its password are called instead.
        """
        before = self._published.get(name, {})
        now = {row.key: row for row in self.rows_of(name)}
        self._published[name] = dict(now)
        if name == SIGN_IN_NAME and self._config().shared is not None:
            if before != now:
                self.after_password_change()
            return
        for key, row in now.items():
            if before.get(key) != row:
                self._bus.publish("auth", status.to_wire(row))
        # The row without a key is not reported as removed: a row with a key replaces it.
        for key in before.keys() - now.keys() - {None}:
            gone = KeyStatus(provider=name, key=key, state=KeyState.NOT_CONFIGURED)
            self._bus.publish("auth", {**status.to_wire(gone), "removed": True})

    def forget_sources(self) -> None:
        """List the sources of keys again: the variables or the lock changed."""
        self._sources.clear()

    def republish(self, name: str) -> None:
        """Publish the rows of a provider with the next changes, even if they look the same."""
        self._published[name] = dict.fromkeys(self._published.get(name, ()))

    def republish_keyless(self) -> None:
        """Do that for providers without a key: whether one can be stored may have changed."""
        for name, rows in self._published.items():
            if name != SIGN_IN_NAME and rows.keys() <= {None}:
                self.republish(name)

    def forget(self, key_id: KeyId) -> None:
        """Drop a removed key from the cache, and publish the change."""
        self._cache.drop(key_id.provider, key_id.label)
        self.publish_changes(key_id.provider)

    def __repr__(self) -> str:
        states = [f"{row.provider}/{row.key}: {row.state.value}" for row in self.rows() if row.key]
        return f"<KeyRegistry {', '.join(states) or 'without keys'}>"


def unusable_key_error(
    provider: Provider, source: KeySource, effective: Verification
) -> NotAuthenticated:
    """Return the error that says why a key cannot be used, and what to do."""
    error = _ERRORS.get(effective.state, KeyringLocked)
    message = status.unusable_message(provider, source, effective)
    return error(message, provider=provider.name, key=source.name)
