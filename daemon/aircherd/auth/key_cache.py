"""Keys read once and kept in memory: the only place where key values live.

A source is read when its key is first needed, and again after `invalidate`, after a rejection, and
at intervals while it is unreadable. Concurrent callers share one read. All stored keys are read
together, with one keyring child process.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import trio

from aircherd.auth import verification
from aircherd.auth.command import KeyCommandFailed, run_key_command
from aircherd.auth.key_format import check_key
from aircherd.auth.key_sources import KeySource, stored_source
from aircherd.auth.stores.base import KeyId, KeyMissing, KeyUnreadable, ReadResult
from aircherd.auth.stores.credential_store import CredentialStore
from aircherd.errors import BadRequest
from aircherd.redaction import Redactor
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret

REREAD_SECONDS = 5.0
"""How long an unreadable source is not read again. A keyring may be unlocked at any moment, but
reading one that hangs costs a request three seconds."""


class CachedKey:
    """A key's value, if it was read, and its verification."""

    __slots__ = ("is_stale", "reread_at", "secret", "source", "verification")

    def __init__(self, source: KeySource) -> None:
        self.source = source
        self.secret: Secret | None = None
        self.verification = verification.UNVERIFIED
        self.is_stale = True  # the source must be read before the key is used
        self.reread_at = -math.inf  # on trio's clock

    def __repr__(self) -> str:
        state = self.verification.state.value
        return f"<CachedKey {self.source.provider}/{self.source.name} {state}>"


class KeyCache:
    """Cached keys, by provider and name."""

    def __init__(
        self,
        *,
        credentials: CredentialStore,
        environ: Mapping[str, str],
        redactor: Redactor,
        clock: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._environ = environ
        self._redactor = redactor
        self._clock = clock
        self._keys: dict[tuple[str, str], CachedKey] = {}
        self._stored_lock = trio.Lock()
        self._locks: dict[KeySource, trio.Lock] = {}

    def get(self, source: KeySource) -> CachedKey:
        """Return the cached key of `source`; a new one if the source or its origin changed."""
        cached = self._keys.get((source.provider, source.name))
        if cached is None or cached.source != source:
            cached = self._keys[source.provider, source.name] = CachedKey(source)
        return cached

    def peek(self, provider: str, name: str) -> CachedKey | None:
        """Return the cached key of this name, None if there is none. For the hot path."""
        return self._keys.get((provider, name))

    def needs_reading(self, cached: CachedKey) -> bool:
        """Return whether the source must be read before the key is used, and may be read now."""
        return cached.is_stale and trio.current_time() >= cached.reread_at

    def put(self, source: KeySource, secret: Secret, known: verification.Verification) -> None:
        """Cache a key that was just stored."""
        cached = self._keys[source.provider, source.name] = CachedKey(source)
        cached.secret, cached.verification, cached.is_stale = secret, known, False

    def drop(self, provider: str, name: str) -> None:
        """Remove a key from the cache."""
        self._keys.pop((provider, name), None)

    def invalidate(self) -> None:
        """Read every source again before its key is used, and give rejected keys another try."""
        for cached in self._keys.values():
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
        sources = [source for source in sources if source.block is None]
        for source in sources:
            if source.kind == "environment" and self.get(source).is_stale:
                self._update(self.get(source), _from_environment(source, self._environ))
        if any(source.is_stored and self.needs_reading(self.get(source)) for source in sources):
            await self._read_stored()
        for source in sources:
            if source.kind == "command" and self.needs_reading(self.get(source)):
                await self._read_command(source)

    async def read_replacement(self, source: KeySource, rejected: Secret) -> Secret | None:
        """Read the source again and return its key, None if that is still the `rejected` one.

        Concurrent requests with the same rejected key share one read.
        """
        async with self._lock(source):
            cached = self.get(source)
            if cached.secret == rejected and cached.verification.state is not KeyState.REJECTED:
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
                for provider in index.providers()
                for entry in index.entries_of(provider)
                if not entry.is_pending
                and self.needs_reading(self.get(stored_source(entry)))  # another task may have
            ]
            found = await self._credentials.read_all(entries)
            for entry in entries:
                if index.get(entry.key_id) == entry:  # no login or logout in the meantime
                    self._update(self.get(stored_source(entry)), found[entry.key_id])

    async def _read_command(self, source: KeySource) -> None:
        async with self._lock(source):
            if self.needs_reading(self.get(source)):
                self._update(self.get(source), await self._run_command(source))

    async def _read_source(self, source: KeySource) -> "ReadResult | KeyCommandFailed":
        if source.kind == "command":
            return await self._run_command(source)
        if source.kind == "environment":
            return _from_environment(source, self._environ)
        key_id = KeyId(source.provider, source.name)
        entry = self._credentials.index.get(key_id)
        return (await self._credentials.read_all([entry]))[key_id] if entry else KeyMissing()

    async def _run_command(self, source: KeySource) -> Secret | KeyCommandFailed:
        try:
            return await run_key_command(source.locator, self._environ)
        except KeyCommandFailed as error:
            return error

    # -------------------------------------------------------------- updating the cache

    def _update(self, cached: CachedKey, found: "ReadResult | KeyCommandFailed") -> None:
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
                cached.verification = verification.unreadable(before, now, str(found))

    def _update_secret(self, cached: CachedKey, found: Secret) -> None:
        """Cache a key that was read; the verification of an unchanged key is kept."""
        cached.is_stale = False
        try:
            secret = check_key(found.reveal())
        except BadRequest as error:
            reason = f"{cached.source.description}: {error.message}"
            cached.secret = None
            cached.verification = verification.invalid(cached.verification, self._clock(), reason)
            return
        self._redactor.add(secret)
        if cached.secret != secret:
            cached.verification = verification.UNVERIFIED
        cached.secret = secret

    def __repr__(self) -> str:
        return f"<KeyCache of {len(self._keys)} keys>"


def _mark_stale(cached: CachedKey) -> None:
    cached.is_stale, cached.reread_at = True, -math.inf


def _from_environment(source: KeySource, environ: Mapping[str, str]) -> ReadResult:
    value = environ.get(source.locator[0])
    return KeyMissing() if value is None else Secret(value)
