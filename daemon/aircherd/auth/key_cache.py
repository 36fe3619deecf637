"""Keys read once and kept in memory: the only place where key values live.

A source is read when its key is first needed, and again when it may have changed (`reread`), after
a rejection, and at growing intervals while its key is unreadable or rejected. Concurrent callers
share one read. All stored keys are read together, with one keyring child process.
"""

import hashlib
import math
import os
from collections.abc import Callable, Collection, Iterable, Sequence

import trio

from aircherd.auth import verification
from aircherd.auth.command import KeyCommandFailed, run_key_command
from aircherd.auth.key_format import check_key, check_password, key_problem, password_problem
from aircherd.auth.key_sources import KeySource, stored_source
from aircherd.auth.lock.key_lock import KeyLock
from aircherd.auth.stores.base import KeyId, KeyMissing, KeyUnreadable, ReadResult, StoreState
from aircherd.auth.stores.credential_store import STORES, CredentialStore, StoreName
from aircherd.auth.stores.index import IndexEntry
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.errors import BadRequest
from aircherd.redaction import Redactor
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret

REREAD_SECONDS = 5.0
"""How long an unreadable source is not read again. A keyring may be unlocked at any moment, but
reading one that hangs costs a request three seconds."""
RETRY_SECONDS = 30.0
"""How long the source of a rejected key is not read again at first; then twice as long each time. A
command may print another key at any moment, but running it may ask for a fingerprint."""
MAX_RETRY_SECONDS = 900.0

_SALT = os.urandom(16)

OnReplaced = Callable[[str, str], None]
"""Called with the names of a provider and of its key when a source has another key than before."""


def ignore_replaced(_provider: str, _key: str) -> None:
    """Do nothing."""


def _nothing_known(_source: KeySource, _secret: Secret) -> None:
    """Return what a record of earlier checks says of a key, which is nothing without one."""


class CachedKey:
    """A key's value, if it was read, and its verification. Times are on trio's clock."""

    __slots__ = (
        "ask_seconds",
        "asked_at",
        "is_stale",
        "is_store_spoiled",
        "last_print",
        "reread_at",
        "retry_at",
        "retry_seconds",
        "secret",
        "source",
        "verification",
    )

    def __init__(self, source: KeySource, last_print: bytes | None = None) -> None:
        self.source = source
        self.secret: Secret | None = None
        self.last_print = last_print  # of the last one that was read under this name
        self.verification = verification.UNVERIFIED
        self.is_stale = True  # the source must be read before the key is used
        self.reread_at = -math.inf
        self.is_store_spoiled = False  # it could not be read again; the key is still used
        self.retry_at = math.inf  # when the source of a rejected key is read again
        self.retry_seconds = 0.0
        self.asked_at = -math.inf  # when the source was read because access was denied
        self.ask_seconds = 0.0  # how long it is not read again for that

    def reject(self, known: verification.Verification) -> None:
        """Set the verification of a rejected key; its source is read again after a while."""
        self.verification = known
        self.schedule_retry()

    def schedule_retry(self) -> None:
        """Read the source of the rejected key again later, and later each time."""
        if self.source.kind == "environment":
            return  # it is read whenever it changes
        doubled = min(2 * self.retry_seconds, MAX_RETRY_SECONDS)
        self.retry_seconds = doubled or RETRY_SECONDS
        self.retry_at = trio.current_time() + self.retry_seconds

    def may_ask(self) -> bool:
        """Return whether to read the source now because a provider denied access."""
        return trio.current_time() >= self.asked_at + self.ask_seconds

    def note_asked(self) -> None:
        """Read the source for that reason later, and later each time while it goes on."""
        now = trio.current_time()
        if now - self.asked_at > 4 * self.ask_seconds:
            self.ask_seconds = RETRY_SECONDS
        else:
            self.ask_seconds = min(2 * self.ask_seconds, MAX_RETRY_SECONDS)
        self.asked_at = now

    def __repr__(self) -> str:
        state = self.verification.state.value
        return f"<CachedKey {self.source.provider}/{self.source.name} {state}>"


class KeyCache:
    """Cached keys, by provider and name."""

    def __init__(
        self,
        *,
        credentials: CredentialStore,
        variables: KeyVariables,
        redactor: Redactor,
        clock: Callable[[], float],
        on_replaced: OnReplaced = ignore_replaced,
        key_names: Callable[[], Collection[str]] = tuple,
        lock: KeyLock | None = None,
        restore: Callable[[KeySource, Secret], verification.Verification | None] = _nothing_known,
    ) -> None:
        self._restore = restore
        self._key_names = key_names
        self._credentials = credentials
        self._variables = variables
        self._redactor = redactor
        self._clock = clock
        self._on_replaced = on_replaced
        self._lock_of_all = lock or KeyLock()
        self._keys: dict[tuple[str, str], CachedKey] = {}
        self._stored_lock = trio.Lock()
        self._locks: dict[KeySource, trio.Lock] = {}
        self._rereads: dict[tuple[StoreName, ...], tuple[float, StoreState | None]] = {}

    def get(self, source: KeySource) -> CachedKey:
        """Return the cached key of `source`; a new one if the source or its origin changed."""
        cached = self._keys.get((source.provider, source.name))
        if cached is None or cached.source != source:
            last = cached.last_print if cached else None
            cached = self._keys[source.provider, source.name] = CachedKey(source, last)
        return cached

    def peek(self, provider: str, name: str) -> CachedKey | None:
        """Return the cached key of this name, None if there is none. For the hot path."""
        return self._keys.get((provider, name))

    def needs_reading(self, cached: CachedKey) -> bool:
        """Return whether the source must be read before the key is used, and may be read now."""
        if cached.is_stale:
            return trio.current_time() >= cached.reread_at
        is_rejected = cached.verification.state is KeyState.REJECTED
        return is_rejected and trio.current_time() >= cached.retry_at

    def put(self, source: KeySource, secret: Secret, known: verification.Verification) -> None:
        """Cache a key that was just stored."""
        cached = self._keys[source.provider, source.name] = CachedKey(source)
        cached.secret, cached.verification, cached.is_stale = secret, known, False
        cached.last_print = _print_of(secret)

    def drop(self, provider: str, name: str) -> None:
        """Remove a key from the cache."""
        self._keys.pop((provider, name), None)

    def forget(self) -> None:
        """Drop every key; what a read that is under way brings is dropped, too (`_update`)."""
        for name, cached in self._keys.items():
            self._keys[name] = CachedKey(cached.source, cached.last_print)

    def retry_unusable(self) -> None:
        """Read every unusable key again before it is used, and give rejected keys another try."""
        for cached in self._keys.values():
            if not cached.verification.is_usable:
                _mark_stale(cached)
            if cached.verification.state is KeyState.REJECTED:
                cached.verification = verification.UNVERIFIED

    def invalidate_unusable(self, sources: Iterable[KeySource]) -> None:
        """Read those of `sources` again whose keys are not usable now."""
        for source in sources:
            if not (cached := self.get(source)).verification.is_usable:
                _mark_stale(cached)

    async def read(self, sources: Sequence[KeySource]) -> None:
        """Read those of `sources` that need it. Never raises: the verification has any failure.

        If a stored key is among them, all stored keys that need it are read, too. A blocked source
        is not read.
        """
        if self._lock_of_all.is_closed():
            return
        sources = [source for source in sources if source.block is None]
        for source in sources:
            if source.kind == "environment":
                self._update(self.get(source), self._from_environment(source))
        if any(source.is_stored and self.needs_reading(self.get(source)) for source in sources):
            await self._read_stored()
        for source in sources:
            if source.kind == "command" and self.needs_reading(self.get(source)):
                await self._read_command(source)

    async def reread(self, stores: Collection[StoreName] = STORES) -> StoreState | None:
        """Read the stored keys again that are in `stores`: they may have changed outside.

        A key that was read before stays usable while its store cannot be read. Return the state of
        the last store that could not be read, None if all could. Callers that wait for one that is
        reading share the next read.
        """
        called_at = trio.current_time()
        async with self._stored_lock:
            began_at, state = self._rereads.get(tuple(stores), (-math.inf, None))
            if began_at <= called_at:
                began_at = trio.current_time()
                state = await self._reread(stores)
                self._rereads[tuple(stores)] = (began_at, state)
            return state

    async def _reread(self, stores: Collection[StoreName]) -> StoreState | None:
        state = None
        if self._lock_of_all.is_closed():
            return None
        entries = [e for e in self._entries() if e.store in stores]
        found = await self._credentials.read_all(entries)
        for entry in entries:
            if self._credentials.index.get(entry.key_id) != entry:
                continue  # a login or logout in the meantime
            cached, result = self.get(stored_source(entry)), found[entry.key_id]
            if isinstance(result, KeyUnreadable):
                state = result.state
                if not cached.is_stale:
                    self._keep_unreadable(cached, state)
                    continue
            self._update(cached, result)
        return state

    def _keep_unreadable(self, cached: CachedKey, state: StoreState) -> None:
        """Keep a key whose file was spoiled; that a keyring was locked is no news about its key."""
        if cached.source.kind == "file" and cached.verification.is_usable:
            reason = f"the key in use is the one read before: {state.reason}"
            cached.verification = verification.inconclusive(cached.verification, reason)
            cached.is_store_spoiled = True

    async def read_replacement(
        self, source: KeySource, rejected: Secret, *, is_certain: bool = True
    ) -> Secret | None:
        """Read the source again and return its key, None if that is still the `rejected` one.

        Concurrent requests with the same rejected key share one read. If it is not certain that the
        key is the reason, the source is not read for each request.
        """
        if self._lock_of_all.is_closed():
            return None
        async with self._lock(source):
            cached = self.get(source)
            may_ask = is_certain or cached.may_ask()
            is_known = cached.verification.state is KeyState.REJECTED
            if cached.secret == rejected and may_ask and not is_known:
                if not is_certain:
                    cached.note_asked()
                found = await self._read_source(source)
                cached = self.get(source)  # a login may have replaced it in the meantime
                if isinstance(found, Secret) and cached.secret == rejected:
                    self._update(cached, found)
            if cached.secret == rejected or not cached.verification.is_usable:
                return None
            return cached.secret

    # -------------------------------------------------------------- reading the sources

    def _lock(self, source: KeySource) -> trio.Lock:
        if source.is_stored:
            return self._stored_lock
        return self._locks.setdefault(source, trio.Lock())

    async def _read_stored(self) -> None:
        async with self._stored_lock:
            index = self._credentials.index
            entries = [
                entry
                for entry in self._entries()
                if self.needs_reading(self.get(stored_source(entry)))  # another task may have
            ]
            found = await self._credentials.read_all(entries)
            for entry in entries:
                if index.get(entry.key_id) == entry:  # no login or logout in the meantime
                    self._update(self.get(stored_source(entry)), found[entry.key_id])

    def _entries(self) -> list[IndexEntry]:
        index = self._credentials.index
        entries = (entry for name in index.providers() for entry in index.entries_of(name))
        return [entry for entry in entries if not entry.is_pending]

    async def _read_command(self, source: KeySource) -> None:
        async with self._lock(source):
            if self.needs_reading(self.get(source)):
                self._update(self.get(source), await self._run_command(source))

    async def _read_source(self, source: KeySource) -> "ReadResult | KeyCommandFailed":
        if source.kind == "command":
            return await self._run_command(source)
        if source.kind == "environment":
            return self._from_environment(source)
        key_id = KeyId(source.provider, source.name)
        entry = self._credentials.index.get(key_id)
        return (await self._credentials.read_all([entry]))[key_id] if entry else KeyMissing()

    async def _run_command(self, source: KeySource) -> Secret | KeyCommandFailed:
        try:
            environ = self._variables.for_command(self._key_names(), self._redactor.is_key)
            problem_of = password_problem if source.is_password else key_problem
            return await run_key_command(source.locator, environ, problem_of=problem_of)
        except KeyCommandFailed as error:
            return error

    def _from_environment(self, source: KeySource) -> ReadResult:
        value = self._variables.get(source.locator[0])
        return KeyMissing() if value is None else Secret(value)

    # -------------------------------------------------------------- updating the cache

    def _update(self, cached: CachedKey, found: "ReadResult | KeyCommandFailed") -> None:
        if self._lock_of_all.is_closed():
            return  # the lock was closed while this was read
        if isinstance(found, Secret):
            self._redactor.add(found)
            self._update_secret(cached, found)
            return
        before, now = cached.verification, self._clock()
        cached.secret, cached.is_stale = None, True
        cached.reread_at = trio.current_time() + REREAD_SECONDS
        match found:
            case KeyMissing():
                reason = f"the {cached.source.kind} no longer has this key"
                cached.verification = verification.missing(before, now, reason)
            case KeyUnreadable(state=state):
                reason = f"the {cached.source.kind} cannot be read: {state.reason}"
                cached.verification = verification.unreadable(before, now, reason)
            case KeyCommandFailed():
                cached.verification = verification.command_failed(before, now, str(found))

    def _update_secret(self, cached: CachedKey, found: Secret) -> None:
        """Cache a key that was read; the verification of an unchanged key is kept."""
        cached.is_stale = False
        try:
            check = check_password if cached.source.is_password else check_key
            secret = check(found.reveal())
        except BadRequest as error:
            reason = f"{cached.source.description}: {error.message}"
            cached.secret = None
            cached.reject(verification.invalid(cached.verification, self._clock(), reason))
            return
        self._redactor.add(secret)
        if cached.secret != secret:
            before_start = self._restore(cached.source, secret) if cached.secret is None else None
            cached.verification = before_start or verification.UNVERIFIED
        elif cached.verification.state is KeyState.REJECTED:
            cached.schedule_retry()
        elif cached.is_store_spoiled:
            cached.verification = verification.without_reason(cached.verification)
        cached.is_store_spoiled = False
        if cached.secret == secret:
            return  # the same object means an unchanged key: calls stay prepared
        last_print, cached.last_print = cached.last_print, _print_of(secret)
        if last_print not in (None, cached.last_print):
            cached.retry_seconds = 0.0
            self._on_replaced(cached.source.provider, cached.source.name)
        cached.secret = secret

    def __repr__(self) -> str:
        return f"<KeyCache of {len(self._keys)} keys>"


def _print_of(secret: Secret) -> bytes:
    """Return what tells a key from another one of the same name, without keeping it."""
    return hashlib.blake2b(secret.reveal().encode(), key=_SALT, digest_size=16).digest()


def _mark_stale(cached: CachedKey) -> None:
    cached.is_stale, cached.reread_at = True, -math.inf
