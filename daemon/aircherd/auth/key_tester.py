"""`KeyTester`: verifies all keys now, each with a free call to its provider."""

from collections.abc import Callable

import trio

from aircherd.auth import verification
from aircherd.auth.key_cache import KeyCache
from aircherd.auth.key_registry import KeyRegistry
from aircherd.auth.key_sources import KeySource, find_provider, forbidden_reason
from aircherd.auth.key_verifier import KeyVerifier
from aircherd.auth.stores.index import KeyIndex
from aircherd.config.accounts import accounts
from aircherd.config.model import Config, Provider
from aircherd.vocabulary.keys import KeyState, KeyStatus

MAX_CHECKS = 4
"""Live checks that run at the same time."""


class KeyTester:
    """Tests the keys of one provider or of all. It shares its parts with `AuthManager`."""

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        index: KeyIndex,
        cache: KeyCache,
        registry: KeyRegistry,
        verifier: KeyVerifier,
    ) -> None:
        self._config = config
        self._index = index
        self._cache = cache
        self._registry = registry
        self._verifier = verifier

    async def test(self, provider_name: str | None = None) -> list[KeyStatus]:
        """Verify all keys now with a free call each, including rejected and unreadable ones.

        Raises:
            BadRequest: unknown provider.
        """
        self._index.refresh()
        config = self._config()
        chosen = [find_provider(config, provider_name)] if provider_name else None
        sources = [
            (provider, source)
            for provider in chosen or accounts(config).values()
            if self._verifier.can_check(provider)
            for source in self._registry.sources(provider)
        ]
        self._cache.invalidate_unusable(source for _, source in sources)
        limit = trio.CapacityLimiter(MAX_CHECKS)
        async with trio.open_nursery() as nursery:
            for provider, source in sources:
                nursery.start_soon(self._test, provider, source, limit)
        return self._registry.rows_of(provider_name) if provider_name else self._registry.rows()

    async def _test(
        self, provider: Provider, source: KeySource, limit: trio.CapacityLimiter
    ) -> None:
        async with limit:
            is_old = not self._cache.get(source).is_stale
            await self._cache.read([source])
            cached = self._cache.get(source)
            secret = cached.secret
            if secret and not cached.is_stale and forbidden_reason(provider, source) is None:
                verify = self._verifier.verify_existing
                after, may_have_expired = await verify(provider, secret, cached.verification)
                if is_old and may_have_expired:
                    # As in a request: the source may have a new key.
                    renewed = await self._cache.read_replacement(source, secret)
                    if renewed is not None:
                        secret, before = renewed, verification.UNVERIFIED
                        after, _ = await verify(provider, secret, before)
                if (cached := self._cache.get(source)).secret == secret:  # no login meanwhile
                    cached.verification = after
                    if after.state is KeyState.REJECTED:
                        cached.schedule_retry()
        self._registry.publish_changes(provider.name)

    def __repr__(self) -> str:
        return "<KeyTester>"
