"""`AuthManager`: gives out keys, and records what answers say about them.

    get a key    pick a source -> forbidden? -> rejected before? -> read it (once) -> ApiKey
    an answer    a success or a 401 updates the key's verification, and publishes an `auth` event;
                 after a 401 the source is read again, and its new key is used at once
    a change     of a store, the index or the variables: what changed is read again (`refresh_*`)
    a login      check the format -> verify live -> store -> cache; a key that fails is not stored

The rules are in `key_sources`, `verification` and `status`, the state of all keys is in
`key_registry`. This module decides when a source is read and when a key is given out.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog
import trio

from aircherd.auth import status, verification
from aircherd.auth.importing import ImportOutcome, import_keys, plan_import
from aircherd.auth.key_cache import CachedKey, KeyCache, OnReplaced, ignore_replaced
from aircherd.auth.key_format import check_key as check_format
from aircherd.auth.key_registry import KeyRegistry, unusable_key_error
from aircherd.auth.key_sources import (
    KeySource,
    check_label,
    find_provider,
    forbidden_reason,
    plain_http_reason,
    stored_source,
)
from aircherd.auth.key_verifier import KeyChecker, KeyVerifier
from aircherd.auth.stores.base import KeyId, KeyStore, StoreHealth, StoreState
from aircherd.auth.stores.credential_store import KEYRING, STORES, CredentialStore, StoreName
from aircherd.auth.stores.index import KeyIndex
from aircherd.auth.stores.keyring_store import KeyringDetails
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.auth.verification import Verification
from aircherd.config.model import Config, Provider
from aircherd.errors import BadRequest, KeyringLocked
from aircherd.events import EventBus
from aircherd.redaction import Redactor
from aircherd.vocabulary.keys import DEFAULT_LABEL, ApiKey, KeyChoice, KeyState, KeyStatus
from aircherd.vocabulary.secret import Secret

log = structlog.get_logger()

MAX_CHECKS = 4
"""Live checks that run at the same time."""


class _IssuedKey(NamedTuple):
    """A key that was given out, with everything its checks depended on."""

    key: ApiKey
    provider: Provider
    cached: CachedKey
    verification: Verification
    generation: int


class AuthManager:
    """The interface to all keys. See the module's docstring."""

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        environ: Mapping[str, str],
        keyring: KeyStore,
        file: KeyStore,
        index: KeyIndex,
        bus: EventBus,
        redactor: Redactor,
        check_key: KeyChecker,
        clock: Callable[[], float] = time.time,
        environment_file: Path | None = None,
        on_key_replaced: OnReplaced = ignore_replaced,
    ) -> None:
        self._config = config
        self._redactor = redactor
        self._clock = clock
        self._issued: dict[tuple[str, str | None], _IssuedKey] = {}  # by provider and name
        self._credentials = CredentialStore(keyring=keyring, file=file, index=index, clock=clock)
        self._variables = KeyVariables(environ, environment_file)
        self._on_key_replaced = on_key_replaced
        self._cache = KeyCache(
            credentials=self._credentials,
            variables=self._variables,
            redactor=redactor,
            clock=clock,
            on_replaced=self._note_replaced,
        )
        self._registry = KeyRegistry(
            config=config,
            variables=self._variables,
            credentials=self._credentials,
            cache=self._cache,
            bus=bus,
        )
        self._verifier = KeyVerifier(check_key=check_key, redactor=redactor, clock=clock)

    # -------------------------------------------------------------- for requests

    async def preload(self) -> None:
        """Read all keys except those of commands, with at most one keyring child process.

        Raises nothing: a locked keyring is a state, not an error.
        """
        await self._cache.read(
            [source for source in self._registry.all_sources() if source.kind != "command"]
        )
        self._registry.publish_all_changes()

    def key_choices(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in order of preference, for routing. No I/O.

        Empty if a key is needed and there is none. A LOCKED choice without a name means that keys
        may be stored, but the list of stored keys is unreadable. An unreadable key is UNVERIFIED
        when its source may be read again: the request then reads it.
        """
        return self._registry.choices(provider)

    async def get_api_key(self, provider: Provider, name: str | None = None) -> ApiKey:
        """Return a key of `provider`, which must need one. The only way to get a key.

        No network, and no waiting if the key is cached.

        Args:
            provider: the key is only given out if it belongs to this provider's origin.
            name: a label, `command` or `env:NAME`; None for the first usable key.

        Raises:
            NotAuthenticated: there is no such key.
            KeyRejected: it was rejected, or is for another origin.
            KeyringLocked: its source is unreadable now.
        """
        issued = self._issued.get((provider.name, name))
        if issued is not None and self._is_current(issued, provider):
            return issued.key
        source = self._registry.pick(provider, name)
        cached = self._cache.get(source)
        if (cached.is_stale or self._cache.needs_reading(cached)) and status.effective_status(
            provider, source, verification.UNVERIFIED
        ).is_usable:
            await self._cache.read([source])
            self._registry.publish_changes(provider.name)
            cached = self._cache.get(source)
        effective = status.effective_status(provider, source, cached.verification)
        if not effective.is_usable or cached.secret is None or cached.is_stale:
            raise unusable_key_error(provider, source, effective)
        key = ApiKey(provider.name, source.name, cached.secret, source.kind, source.origin)
        if name is not None:  # without a name it depends on all keys of the provider
            generation = self._credentials.index.generation
            self._issued[provider.name, name] = _IssuedKey(
                key, provider, cached, cached.verification, generation
            )
        return key

    def _is_current(self, issued: _IssuedKey, provider: Provider) -> bool:
        """Return whether nothing changed since the key was checked. On the hot path."""
        cached = issued.cached
        return (
            issued.provider is provider
            and issued.generation == self._credentials.index.generation
            and cached.verification is issued.verification
            and cached.secret is issued.key.secret
            and not cached.is_stale
            and self._cache.peek(provider.name, issued.key.name) is cached
        )

    async def note_rejected(
        self, key: ApiKey, reason: str, *, may_read: bool = True
    ) -> ApiKey | None:
        """Record that a provider rejected `key`. Return a replacement to try once, if there is one.

        The source is read again, so a key that was renewed there is used at once; not if `may_read`
        is False, because that was done for this request already. Otherwise the key stays rejected
        until its source has another one: that is checked when a request needs the key, at growing
        intervals.
        """
        if may_read and key.source == "environment":
            await self.refresh_variables()
        found = self._registry.find(key.provider, key.name)
        if found is None or found[1].origin != key.origin:
            return None  # gone, or now for an origin that this request is not for
        provider, source = found
        secret = await self._cache.read_replacement(source, key.secret) if may_read else None
        cached = self._cache.get(source)
        is_new = cached.verification.state is not KeyState.REJECTED
        if secret is None and cached.secret == key.secret and is_new:
            cached.reject(
                verification.rejected(
                    cached.verification, self._clock(), "a request", self._redactor.redact(reason)
                )
            )
        self._registry.publish_changes(provider.name)
        if (
            secret is None
            or not status.effective_status(provider, source, cached.verification).is_usable
        ):
            return None
        return ApiKey(provider.name, source.name, secret, source.kind, source.origin)

    def note_accepted(self, key: ApiKey) -> None:
        """Record that a provider accepted `key`. Does nothing if that is known."""
        cached = self._cache.peek(key.provider, key.name)
        if cached is None or cached.verification.state is KeyState.AUTHENTICATED:
            return
        if cached.secret == key.secret:
            cached.verification = verification.accepted(self._clock(), "a request")
            if provider := self._config().providers.get(key.provider):
                self._registry.publish_changes(provider.name)

    # -------------------------------------------------------------- for people

    async def login(
        self,
        provider_name: str,
        secret: Secret,
        *,
        label: str = DEFAULT_LABEL,
        verify: bool = True,
    ) -> KeyStatus:
        """Verify and store a key. Return its row.

        Args:
            provider_name: the provider that the key is for.
            secret: as the user entered it; its format is checked here.
            label: the key's name, if the user has several.
            verify: False stores the key without asking the provider.

        Raises:
            BadRequest: unknown provider, provider without keys, invalid label, or not a key.
            KeyRejected: the provider rejected it; nothing was stored.
            ProviderFailed: the provider could not be asked; nothing was stored.
            KeyringLocked: it cannot be stored now.
        """
        provider = self._provider_with_keys(provider_name)
        secret = check_format(secret.reveal())
        self._redactor.add(secret)
        check_label(label)
        known = verification.UNVERIFIED
        if verify:
            known = await self._verifier.verify_new(provider, secret)
        try:
            source = stored_source(await self._credentials.store(provider, label, secret))
        except KeyringLocked:
            self._registry.publish_changes(provider.name)  # the old key may be unusable now
            raise
        self._issued.clear()  # an old key must not be kept in memory
        old = self._cache.peek(provider.name, source.name)
        self._cache.put(source, secret, known)
        if old is not None and old.secret not in (None, secret):
            self._on_key_replaced(provider.name, source.name)
        self._registry.publish_changes(provider.name)
        return self._registry.row(provider, source)

    async def stored_row(self, provider_name: str, secret: Secret, label: str) -> KeyStatus | None:
        """Return the row of a stored key if it is this one, for this server; None to store it.

        Raises:
            BadRequest: another key is stored under the label (`reason` is `exists`), or as `login`.
            KeyringLocked: the stored key cannot be read.
        """
        provider = self._provider_with_keys(provider_name)
        secret = check_format(secret.reveal())
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
        labels = self.stored_labels(provider_name)
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
            self._issued.clear()
        if label is None:
            await self._credentials.acknowledge_damage(provider_name)
            self._registry.publish_changes(provider_name)
        notes = "; ".join(note for note in leftovers if note)
        rows = self._registry.rows_of(provider_name)
        if notes and rows:
            rows[0] = msgspec.structs.replace(rows[0], hint=notes)
        return rows

    def stored_labels(self, provider_name: str) -> tuple[str, ...]:
        """Return the labels of a provider's stored keys."""
        return tuple(entry.label for entry in self._credentials.index.entries_of(provider_name))

    async def status(self) -> list[KeyStatus]:
        """Return all rows, after reading all sources again, except commands."""
        await self.refresh_variables()
        sources = [source for source in self._registry.all_sources() if source.kind != "command"]
        self._cache.invalidate_unusable(sources)
        await self.refresh_stored()
        await self._cache.read(sources)
        self._registry.publish_all_changes()
        return self.rows()

    def rows(self) -> list[KeyStatus]:
        """Return all rows as they are known now, for a snapshot. No I/O."""
        return self._registry.rows()

    async def keyring_state(self) -> StoreState:
        """Return whether the keyring can be used now, for the daemon's status.

        If keys are stored in it, they are read again, which takes as long.
        """
        if not self.has_stored(KEYRING):
            return await self._credentials.probe_keyring()
        state = await self._cache.reread([KEYRING])
        self._registry.publish_all_changes()
        return state or StoreState(StoreHealth.USABLE)

    async def describe_keyring(self) -> KeyringDetails:
        """Return the keyring's state, backend and bus, for a diagnosis."""
        return await self._credentials.describe_keyring()

    def has_stored(self, store: StoreName) -> bool:
        """Return whether any key is listed in a store."""
        return self.count_stored(store) > 0

    def count_stored(self, store: StoreName) -> int:
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

    @property
    def variables(self) -> KeyVariables:
        """The environment variables that keys come from."""
        return self._variables

    # -------------------------------------------------------------- changes outside of the daemon

    async def refresh_variables(self) -> None:
        """Read `~/.aircher/environment` again, and use what changed."""
        if not await self._variables.refresh():
            return
        self._issued.clear()
        self._registry.forget_sources()
        sources = [each for each in self._registry.all_sources() if each.kind == "environment"]
        await self._cache.read(sources)
        self._registry.publish_all_changes()

    async def refresh_stored(self, stores: Collection[StoreName] = STORES) -> None:
        """Read the index and the stored keys again, and use what changed.

        Unchanged keys stay as they are, and so do those whose store cannot be read now.
        """
        before = self._credentials.index.problem
        self._credentials.index.refresh()
        if (problem := self._credentials.index.problem) not in (None, before):
            log.warning("key_index_unusable", problem=problem)
        await self._cache.reread(stores)
        self._registry.publish_all_changes()

    def _note_replaced(self, provider: str, key: str) -> None:
        """A source has another key: nothing that is known about the old one applies to it."""
        self._issued.clear()
        self._registry.republish(provider)
        self._on_key_replaced(provider, key)

    async def test(self, provider_name: str | None = None) -> list[KeyStatus]:
        """Verify all keys now with a free call each, including rejected and unreadable ones.

        Raises:
            BadRequest: unknown provider.
        """
        self._credentials.index.refresh()
        config = self._config()
        chosen = [find_provider(config, provider_name)] if provider_name else None
        sources = [
            (provider, source)
            for provider in chosen or config.providers.values()
            for source in self._registry.sources(provider)
        ]
        self._cache.invalidate_unusable(source for _, source in sources)
        limit = trio.CapacityLimiter(MAX_CHECKS)
        async with trio.open_nursery() as nursery:
            for provider, source in sources:
                nursery.start_soon(self._test, provider, source, limit)
        return self._registry.rows_of(provider_name) if provider_name else self.rows()

    async def import_keys(
        self, variables: Mapping[str, str], *, verify: bool = True
    ) -> list[ImportOutcome]:
        """Store the keys among `variables`, which a client found in its own environment.

        Args:
            variables: names and values; those that no provider names are ignored.
            verify: as for `login`.
        """
        plan = plan_import(self._config(), variables)

        async def store(provider: Provider, secret: Secret) -> None:
            await self.login(provider.name, secret, verify=verify)

        return await import_keys(plan, variables, is_stored=self._is_stored, store=store)

    async def reload(self) -> None:
        """Read all sources again: the configuration changed, or the user asks for it.

        Rejected keys get another try. A key command whose key works is not run again.
        """
        self._issued.clear()
        self._cache.retry_unusable()
        await self.refresh_variables()
        await self.refresh_stored()
        await self.preload()

    async def config_changed(self) -> None:
        """Read the keys that a new configuration needs; those that are known are not read again."""
        self._issued.clear()
        await self.preload()

    # -------------------------------------------------------------- internal

    def _provider_with_keys(self, name: str) -> Provider:
        provider = find_provider(self._config(), name)
        if not provider.needs_key:
            raise BadRequest(f"{name} needs no key: it can be used without signing in")
        if reason := plain_http_reason(provider):
            raise BadRequest(f"{name}: {reason}")
        return provider

    async def _test(
        self, provider: Provider, source: KeySource, limit: trio.CapacityLimiter
    ) -> None:
        async with limit:
            is_old = not self._cache.get(source).is_stale
            await self._cache.read([source])
            cached = self._cache.get(source)
            secret = cached.secret
            if secret and not cached.is_stale and forbidden_reason(provider, source) is None:
                after = await self._verifier.verify_existing(provider, secret, cached.verification)
                if is_old and after.state is KeyState.REJECTED:
                    # As in a request: the source may have a new key.
                    renewed = await self._cache.read_replacement(source, secret)
                    if renewed is not None:
                        secret, before = renewed, verification.UNVERIFIED
                        after = await self._verifier.verify_existing(provider, secret, before)
                if (cached := self._cache.get(source)).secret == secret:  # no login meanwhile
                    cached.verification = after
                    if after.state is KeyState.REJECTED:
                        cached.schedule_retry()
        self._registry.publish_changes(provider.name)

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
        return f"<AuthManager {self._registry!r}>"
