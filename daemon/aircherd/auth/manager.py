"""`AuthManager`: gives out keys, and records what answers say about them.

    get a key    pick a source -> forbidden? -> rejected before? -> read it (once) -> ApiKey
    an answer    a success or a 401 updates the key's verification, and publishes an `auth` event;
                 after a 401 or a 403 the source is read again; its new key is used at once
    a change     of a store, the index or the variables: what changed is read again (`refresh_*`)
    a command    `stored` signs in and out, `tester` checks all keys live, `locker` locks all keys

The rules are in `key_sources`, `verification` and `status`, the state of all keys is in
`key_registry`. This module decides when a source is read and when a key is given out.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import structlog

from aircherd.auth import status, verification
from aircherd.auth.key_cache import CachedKey, KeyCache, OnReplaced, ignore_replaced
from aircherd.auth.key_registry import KeyRegistry, unusable_key_error
from aircherd.auth.key_sources import KeySource
from aircherd.auth.key_verifier import KeyChecker, KeyVerifier, PasswordChecker
from aircherd.auth.lock.key_lock import KeyLock
from aircherd.auth.lock.locker import Locker
from aircherd.auth.stored_keys import StoredKeys
from aircherd.auth.stores.base import FileProtection, KeyStore, StoreHealth, StoreState
from aircherd.auth.stores.checked_keys import CheckedKeys
from aircherd.auth.stores.credential_store import KEYRING, STORES, CredentialStore, StoreName
from aircherd.auth.stores.index import KeyIndex
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.auth.verification import Verification
from aircherd.config.accounts import accounts, engine_account
from aircherd.config.model import Config, Provider
from aircherd.events import EventBus
from aircherd.redaction import Redactor
from aircherd.vocabulary.keys import ApiKey, KeyChoice, KeyState, KeyStatus
from aircherd.vocabulary.secret import Secret

if TYPE_CHECKING:
    from aircherd.auth.key_tester import KeyTester

log = structlog.get_logger()


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
        lock_file: Path | None = None,
        on_locked: Callable[[], None] = lambda: None,
        checked: CheckedKeys | None = None,
        check_password: PasswordChecker | None = None,
    ) -> None:
        self._bus = bus
        self._checked = checked or CheckedKeys()
        self._config = config
        self._redactor = redactor
        self._clock = clock
        self._issued: dict[tuple[str, str | None], _IssuedKey] = {}  # by provider and name
        self._credentials = CredentialStore(keyring=keyring, file=file, index=index, clock=clock)
        self._variables = KeyVariables(environ, environment_file)
        self._on_key_replaced = on_key_replaced
        self._on_locked = on_locked
        self.lock = KeyLock()
        self._cache = KeyCache(
            credentials=self._credentials,
            variables=self._variables,
            redactor=redactor,
            clock=clock,
            on_replaced=self._note_replaced,
            key_names=lambda: {name for each in accounts(config()).values() for name in each.env},
            lock=self.lock,
            restore=self._checked.restore,
        )
        self._registry = KeyRegistry(
            config=config,
            variables=self._variables,
            credentials=self._credentials,
            cache=self._cache,
            bus=bus,
            lock=self.lock,
        )
        self.locker = Locker(
            self.lock,
            lock_file,
            lifetime=lambda: config().auth.lifetime,
            forget=self._forget_keys,
            reread=self._reread_keys,
        )
        if self.lock.is_closed():
            self._variables.forget()
        self._verifier = KeyVerifier(
            check_key=check_key, redactor=redactor, clock=clock, check_password=check_password
        )

    @property
    def file_protection(self) -> FileProtection:
        """Whether the credentials file is encrypted."""
        return self._credentials.file_protection

    @cached_property
    def stored(self) -> StoredKeys:
        """The stored keys, and the commands that change them."""
        return StoredKeys(
            config=self._config,
            credentials=self._credentials,
            cache=self._cache,
            registry=self._registry,
            verifier=self._verifier,
            redactor=self._redactor,
            forget_issued=self._issued.clear,
            on_key_replaced=self._on_key_replaced,
            lock=self.lock,
        )

    @cached_property
    def tester(self) -> "KeyTester":
        """Live checks of all keys."""
        from aircherd.auth.key_tester import KeyTester  # noqa: PLC0415 -- rarely needed

        return KeyTester(
            config=self._config,
            index=self._credentials.index,
            cache=self._cache,
            registry=self._registry,
            verifier=self._verifier,
        )

    # -------------------------------------------------------------- for requests

    async def preload(self) -> None:
        """Read all keys except those of commands, with at most one keyring child process.

        Raises nothing: a locked keyring is a state, not an error.
        """
        if not self.lock.is_closed():
            await self._credentials.seal_file()
        await self._cache.read(
            [source for source in self._registry.all_sources() if source.kind != "command"]
        )
        self._registry.publish_all_changes()

    async def record_checks(self) -> None:
        """Record which keys were accepted, for the next start; never returns."""
        with self._bus.subscribed(("auth",), lambda _: self._checked.note_change()):
            try:
                while True:
                    await self._checked.wait_changed()
                    self._write_checks()
            finally:
                self._write_checks()

    def _write_checks(self) -> None:
        if self.lock.is_closed():
            return  # which keys there are is not known
        sources = self._registry.all_sources()
        keys = ((each, self._cache.get(each)) for each in sources)
        self._checked.write([(each, key.secret, key.verification) for each, key in keys])

    def key_choices(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in order of preference, for routing. No I/O.

        Empty if a key is needed and there is none. A LOCKED choice without a name means that keys
        may be stored, but the list of stored keys is unreadable. An unreadable key is UNVERIFIED
        when its source may be read again: the request then reads it.
        """
        return self._registry.choices(provider)

    def known_keys(self, provider: Provider) -> Iterator[tuple[str, Secret]]:
        """Yield the names and values of a provider's keys that were read. No I/O."""
        for choice in self._registry.choices(provider):
            cached = self._cache.peek(provider.name, choice.name) if choice.name else None
            if cached is not None and cached.secret is not None and choice.name is not None:
                yield choice.name, cached.secret

    async def get_api_key(self, provider: Provider, name: str | None = None) -> ApiKey:
        """Return a key of `provider`, which must need one. The only way to get a key.

        No network, and no waiting if the key is cached.

        Args:
            provider: the key is only given out if it belongs to this provider's origin.
            name: a label, `command` or `env:NAME`; None for the first usable key.

        Raises:
            NotAuthenticated: there is no such key.
            KeyRejected: it was rejected, or is for another origin.
            KeyringLocked: its source is unreadable now, or all keys are locked.
        """
        if self.locker.expires_at is not None and self.locker.is_expired():
            self.locker.expire()
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

    async def engine_password(self) -> ApiKey | None:
        """Return the password of the fleet's engine, None if there is none or no `[shared]`.

        Ask for it whenever a connection is opened, and keep it no longer: it may change, and keys
        may be locked. `note_accepted` and `note_rejected` take what the engine says about it.

        Raises:
            KeyRejected: it was stored for another address, or would be sent unencrypted.
            KeyringLocked: its source is unreadable now, or all keys are locked.
            NotAuthenticated: its command fails.
        """
        shared = self._config().shared
        if shared is None:  # removed while a connection was opened
            return None
        account = engine_account(shared)
        if not self._registry.may_have_key(account):
            return None
        return await self.get_api_key(account)

    def engine_row(self) -> KeyStatus | None:
        """Return the row of the engine's password, None without `[shared]`. No I/O."""
        shared = self._config().shared
        return self._registry.rows_of(engine_account(shared).name)[0] if shared else None

    def on_password_change(self, call: Callable[[], None]) -> None:
        """Call `call` whenever something about the engine's password has changed."""
        self._registry.after_password_change = call

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
        return self._replacement(provider, source, secret)

    async def note_denied(self, key: ApiKey) -> ApiKey | None:
        """Return another key to try once, if the source of `key` has one by now.

        For a provider that denies access and does not say that the key is why: some say so of an
        expired token. The key stays usable; its source is read at growing intervals.
        """
        found = self._registry.find(key.provider, key.name)
        if key.source == "environment" or found is None or found[1].origin != key.origin:
            return None
        secret = await self._cache.read_replacement(found[1], key.secret, is_certain=False)
        return self._replacement(*found, secret)

    def _replacement(
        self, provider: Provider, source: KeySource, secret: Secret | None
    ) -> ApiKey | None:
        """Return the new key of a source if it may be used, after its row was published."""
        self._registry.publish_changes(provider.name)
        known = self._cache.get(source).verification
        if secret is None or not status.effective_status(provider, source, known).is_usable:
            return None
        return ApiKey(provider.name, source.name, secret, source.kind, source.origin)

    def note_accepted(self, key: ApiKey) -> None:
        """Record that a provider accepted `key`. Does nothing if that is known."""
        cached = self._cache.peek(key.provider, key.name)
        if cached is None:
            return
        known = cached.verification
        if known.state is KeyState.AUTHENTICATED and not known.is_restored:
            return
        if cached.secret == key.secret:
            cached.verification = verification.accepted(self._clock(), "a request")
            if provider := accounts(self._config()).get(key.provider):
                self._registry.publish_changes(provider.name)

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
        if self.lock.is_closed() or not self.stored.has(KEYRING):
            return await self._credentials.probe_keyring()
        state = await self._cache.reread([KEYRING])
        self._registry.publish_all_changes()
        return state or StoreState(StoreHealth.USABLE)

    def note_session_bus(self, named: str) -> None:
        """Look for the keyring on a client's bus, too, and read there what could not be read."""
        if self._credentials.note_bus(named):
            sources = self._registry.all_sources()
            self._cache.invalidate_unusable(each for each in sources if each.kind == "keyring")

    @property
    def variables(self) -> KeyVariables:
        """The environment variables that keys come from."""
        return self._variables

    # -------------------------------------------------------------- changes outside of the daemon

    async def refresh_variables(self) -> None:
        """Read `~/.aircher/environment` again, and use what changed."""
        if self.lock.is_closed() or not await self._variables.refresh():
            return
        if self.lock.is_closed():  # in the meantime
            self._variables.forget()
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

    # -------------------------------------------------------------- the lock

    def _forget_keys(self) -> None:
        """Drop every key: all keys are locked from now on."""
        self._issued.clear()
        self._cache.forget()
        self._variables.forget()
        self._redactor.forget()
        self._registry.forget_sources()
        self._on_locked()
        self._registry.republish_keyless()
        self._registry.publish_all_changes()

    async def _reread_keys(self) -> None:
        self._registry.forget_sources()
        self._registry.republish_keyless()
        await self.reload()

    def __repr__(self) -> str:
        return f"<AuthManager {self._registry!r}>"
