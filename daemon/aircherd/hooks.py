"""Callables that packages get from packages above them, which they may not import.

`catalog` gets the providers' lists of models, and `providers.health` the free checks that end a
cooldown early; both need keys from `auth`. Tokens of the HTTP side bring limits of their own.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from aircherd.auth.manager import AuthManager
from aircherd.catalog.fetcher import FetchHooks
from aircherd.catalog.models_dev import MAX_BYTES
from aircherd.config.model import Provider
from aircherd.config.store import ConfigStore
from aircherd.errors import ProviderFailed
from aircherd.http_api.tokens.service import TokenHooks
from aircherd.providers.client import ProviderClient
from aircherd.providers.health.credit import SHOWS_CREDIT
from aircherd.providers.health.recovery import Checks
from aircherd.vocabulary.builtin_providers import VENDORS
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import USABLE, ApiKey, KeyChoice
from aircherd.vocabulary.models import Model


async def list_with_current_key(
    auth: AuthManager, key: ApiKey, list_models: Callable[[ApiKey], Awaitable[list[Model]]]
) -> list[Model]:
    """Return the models, if need be with another key that the source of `key` has by now.

    A refusal of the list does not affect the key.
    """
    try:
        return await list_models(key)
    except ProviderFailed as error:
        failure = error.failure
        if failure.kind is not FailureClass.AUTH and not failure.denies_access:
            raise
        fresh = await auth.note_denied(key)
        if fresh is None:
            raise
        return await list_models(fresh)


def fetch_hooks(
    config: ConfigStore, auth: AuthManager, provider_client: ProviderClient
) -> FetchHooks:
    """Return how the catalogue queries providers and models.dev."""

    def choice(provider: Provider) -> KeyChoice | None:
        return next((c for c in auth.key_choices(provider) if c.state in USABLE), None)

    async def list_models(provider: Provider) -> list[Model]:
        list_models = provider_client.free_calls.list_models
        if not provider.needs_key:
            return await list_models(provider, None)
        chosen = choice(provider)
        # Without a usable one, the error says what is wrong with the first.
        key = await auth.get_api_key(provider, None if chosen is None else chosen.name)
        return await list_with_current_key(auth, key, partial(list_models, provider))

    def can_query_silently(provider: Provider) -> bool:
        chosen = choice(provider)
        return chosen is not None and chosen.name != "command"

    return FetchHooks(
        list_models=list_models,
        download=lambda: provider_client.free_calls.download(
            config.current.network.models_dev, MAX_BYTES
        ),
        can_query=lambda provider: choice(provider) is not None,
        can_query_silently=can_query_silently,
    )


def recovery_checks(
    config: ConfigStore, auth: AuthManager, provider_client: ProviderClient
) -> Checks:
    """Return how recovery checks providers; one that is no longer configured is not checked."""

    def provider(name: str) -> Provider | None:
        return config.current.providers.get(name)

    async def is_reachable(name: str) -> bool:
        found = provider(name)
        return found is not None and await provider_client.free_calls.is_reachable(found)

    async def has_credit(name: str, key_name: str | None) -> bool:
        found = provider(name)
        if found is None or not found.needs_key:
            return False
        key = await auth.get_api_key(found, key_name)
        return await provider_client.free_calls.has_credit(found, key)

    def shows_credit(name: str) -> bool:
        found = provider(name)
        return found is not None and found.kind in SHOWS_CREDIT

    return Checks(is_reachable=is_reachable, has_credit=has_credit, shows_credit=shows_credit)


def token_hooks(config: ConfigStore, apply_limits: Callable[[], Awaitable[None]]) -> TokenHooks:
    """Return what the tokens of programs that come over HTTP need of the configuration."""

    def key_variables() -> set[str]:
        vendors = {name for vendor in VENDORS.values() for name in vendor.env}
        return vendors.union(*(each.env for each in config.current.providers.values()))

    return TokenHooks(
        apply_limits=apply_limits,
        providers=lambda: config.current.providers,
        key_variables=key_variables,
    )
