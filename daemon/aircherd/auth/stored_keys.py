"""`StoredKeys`: what a person does with the keys in the keyring and the private file, by command.

    login    check the format -> verify live -> store -> cache; a key that fails is not stored
    logout   remove it from its store and from the index -> drop it from the cache
    import   choose among a client's variables -> login for each that is not stored yet

It shares its parts with `AuthManager`, which uses the keys for requests.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from aircherd.auth import status, verification
from aircherd.auth.key_cache import KeyCache, OnReplaced
from aircherd.auth.key_format import check_key, check_password
from aircherd.auth.key_registry import KeyRegistry
from aircherd.auth.key_sources import check_label, find_provider, plain_http_reason, stored_source
from aircherd.auth.key_verifier import KeyVerifier
from aircherd.auth.lock.key_lock import KeyLock
from aircherd.auth.stores.base import KeyId
from aircherd.auth.stores.credential_store import CredentialStore, StoreName
from aircherd.auth.stores.keyring_store import KeyringDetails
from aircherd.config.accounts import EngineAccount
from aircherd.config.model import Config, Provider
from aircherd.errors import BadRequest, KeyringLocked
from aircherd.redaction import Redactor
from aircherd.vocabulary.keys import DEFAULT_LABEL, KeyState, KeyStatus
from aircherd.vocabulary.secret import Secret

if TYPE_CHECKING:
    from aircherd.auth.importing import ImportOutcome


class StoredKeys:
    """The keys that `login` stores. `forget_issued` drops the keys that were given out."""

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        credentials: CredentialStore,
        cache: KeyCache,
        registry: KeyRegistry,
        verifier: KeyVerifier,
        redactor: Redactor,
        forget_issued: Callable[[], None],
        on_key_replaced: OnReplaced,
        lock: KeyLock | None = None,
    ) -> None:
        self._config = config
        self._credentials = credentials
        self._cache = cache
        self._registry = registry
        self._verifier = verifier
        self._redactor = redactor
        self._forget_issued = forget_issued
        self._on_key_replaced = on_key_replaced
        self._lock = lock or KeyLock()

    # -------------------------------------------------------------- commands

    async def login(
        self,
        provider_name: str,
        secret: Secret,
        *,
        label: str = DEFAULT_LABEL,
        verify: bool = True,
        where: StoreName | None = None,
    ) -> KeyStatus:
        """Verify and store a key. Return its row.

        Args:
            provider_name: the provider that the key is for.
            secret: as the user entered it; its format is checked here.
            label: the key's name, if the user has several.
            verify: False stores the key without asking the provider.
            where: the store that the user chose, as in `CredentialStore.store`.

        Raises:
            BadRequest: unknown provider, provider without keys, invalid label, or not a key.
            KeyRejected: the provider rejected it; nothing was stored.
            ProviderFailed: the provider could not be asked; nothing was stored.
            KeyringLocked: it cannot be stored now, or all keys are locked.
        """
        provider = self._provider_with_keys(provider_name)
        self._lock.check()
        secret = _check_format(provider, secret)
        check_label(label)
        if isinstance(provider, EngineAccount) and label != DEFAULT_LABEL:
            raise BadRequest("the engine has one password: leave out the label")
        known = verification.UNVERIFIED
        with self._redactor.trying(secret):
            if verify and self._verifier.can_check(provider):
                old_entry = self._credentials.index.get(KeyId(provider.name, label))
                replaces = old_entry is not None and not old_entry.is_pending
                known = await self._verifier.verify_new(provider, secret, label, replaces=replaces)
            self._lock.check()  # again: it may have been closed in the meantime
        self._redactor.add(secret)
        try:
            entry = await self._credentials.store(provider, label, secret, where=where)
            source = stored_source(entry)
        except KeyringLocked:
            self._registry.publish_changes(provider.name)  # the old key may be unusable now
            raise
        self._forget_issued()  # an old key must not be kept in memory
        old = self._cache.peek(provider.name, source.name)
        if self._lock.is_closed():  # since then
            self._redactor.forget()
        else:
            self._cache.put(source, secret, known)
        if old is not None and old.secret not in (None, secret):
            self._on_key_replaced(provider.name, source.name)
        self._registry.publish_changes(provider.name)
        row = self._registry.row(provider, source)
        once = status.encryption_hint(source, self._credentials.file_protection)
        return row if row.hint else msgspec.structs.replace(row, hint=once)

    async def matching_row(
        self, provider_name: str, secret: Secret, label: str
    ) -> KeyStatus | None:
        """Return the row of a stored key if it is this one, for this server; None to store it.

        Raises:
            BadRequest: another key is stored under the label (`reason` is `exists`), or as `login`.
            KeyringLocked: the stored key cannot be read.
        """
        provider = self._provider_with_keys(provider_name)
        self._lock.check()
        secret = _check_format(provider, secret)
        entry = self._credentials.index.get(KeyId(provider.name, label))
        if entry is None or entry.is_pending:
            return None
        source = stored_source(entry)
        self._cache.invalidate_unusable([source])
        await self._cache.read([source])
        cached = self._cache.get(source)
        if cached.secret is None:
            if cached.verification.state is KeyState.NOT_CONFIGURED:
                return None  # it is listed, but no longer in the keyring
            raise KeyringLocked(status.unusable_message(provider, source, cached.verification))
        if cached.secret != secret:
            message = f"{provider_name} has another key {label!r}; nothing was stored"
            raise BadRequest(message, reason="exists")
        return self._registry.row(provider, source) if entry.origin == provider.origin else None

    async def logout(self, provider_name: str, label: str | None = None) -> list[KeyStatus]:
        """Remove one stored key of a provider, or all. Return the provider's remaining rows.

        Without a label it also confirms that no key is stored: after the list of stored keys was
        damaged, the provider's other sources can be used again.

        Raises:
            BadRequest: unknown provider, or nothing stored under this label.
            KeyringLocked: the store is locked and the key still there, or the list is unusable.
        """
        self._credentials.index.refresh()
        self._credentials.index.require_usable()
        labels = self.labels(provider_name)
        if not labels:
            find_provider(self._config(), provider_name)
        if label is not None:
            if label not in labels:
                stored = ", ".join(labels) or "none"
                raise BadRequest(f"{provider_name} has no key {label!r}; stored: {stored}")
            labels = (label,)
        leftovers: list[str | None] = []
        for key_id in (KeyId(provider_name, name) for name in labels):
            leftovers.append(await self._credentials.remove(key_id))
            self._registry.forget(key_id)
            self._forget_issued()
        if label is None:
            await self._credentials.acknowledge_damage(provider_name)
            self._registry.publish_changes(provider_name)
        notes = "; ".join(note for note in leftovers if note)
        rows = self._registry.rows_of(provider_name)
        if notes and rows:
            rows[0] = msgspec.structs.replace(rows[0], hint=notes)
        return rows

    async def import_keys(
        self,
        variables: Mapping[str, str],
        *,
        verify: bool = True,
        where: StoreName | None = None,
    ) -> "list[ImportOutcome]":
        """Store the keys among `variables`, which a client found in its own environment.

        Args:
            variables: names and values; those that no provider names are ignored.
            verify: as for `login`.
            where: as for `login`.

        Raises:
            KeyringLocked: all keys are locked.
        """
        from aircherd.auth.importing import (  # noqa: PLC0415 -- rarely needed
            import_keys,
            plan_import,
        )

        self._lock.check()
        plan = plan_import(self._config(), variables)

        async def store(provider: Provider, secret: Secret) -> None:
            await self.login(provider.name, secret, verify=verify, where=where)

        return await import_keys(plan, variables, is_stored=self._is_stored, store=store)

    # -------------------------------------------------------------- what is stored

    def labels(self, provider_name: str) -> tuple[str, ...]:
        """Return the labels of a provider's stored keys."""
        return tuple(entry.label for entry in self._credentials.index.entries_of(provider_name))

    async def describe_keyring(self) -> KeyringDetails:
        """Return the keyring's state, backend and bus, for a diagnosis."""
        return await self._credentials.describe_keyring()

    def has(self, store: StoreName) -> bool:
        """Return whether any key is listed in a store."""
        return self.count(store) > 0

    def count(self, store: StoreName) -> int:
        """Return how many keys are listed in a store."""
        index = self._credentials.index
        entries = (entry for name in index.providers() for entry in index.entries_of(name))
        return sum(entry.store == store for entry in entries)

    @property
    def index_problem(self) -> str | None:
        """What is wrong with the list of stored keys, None if nothing is."""
        return self._credentials.index.problem

    def is_index_changed(self) -> bool:
        """Return whether the list of stored keys is not what the daemon read or wrote last."""
        return self._credentials.index.is_changed()

    @property
    def keyring_written_at(self) -> float:
        """When the daemon itself last changed the keyring, on trio's clock."""
        return self._credentials.keyring_written_at

    # -------------------------------------------------------------- internal

    def _provider_with_keys(self, name: str) -> Provider:
        provider = find_provider(self._config(), name)
        if not provider.needs_key:
            command = status.require_key_command(name)
            raise BadRequest(
                f"{name} needs no key: it can be used without signing in. If your server wants "
                f"one, run '{command}', then sign in again"
            )
        if reason := plain_http_reason(provider):
            raise BadRequest(f"{name}: {reason}")
        return provider

    async def _is_stored(self, provider: Provider, secret: Secret) -> bool:
        """Return whether this key is stored for this origin, and was not rejected since."""
        entries = self._credentials.index.entries_of(provider.name)
        sources = [stored_source(entry) for entry in entries]
        await self._cache.read(sources)
        cached = [(source, self._cache.get(source)) for source in sources]
        return any(
            key.secret == secret
            and status.effective_status(provider, source, key.verification).is_usable
            for source, key in cached
        )

    def __repr__(self) -> str:
        index = self._credentials.index
        count = sum(len(index.entries_of(name)) for name in index.providers())
        return f"<StoredKeys: {count}>"


def _check_format(provider: Provider, secret: Secret) -> Secret:
    check = check_password if isinstance(provider, EngineAccount) else check_key
    return check(secret.reveal())
