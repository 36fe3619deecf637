"""The services that chat requests use, and the state that they share."""

import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import trio

from aircherd.auth.manager import AuthManager
from aircherd.catalog.catalog import Catalog
from aircherd.chat.accounting import UsageAccounting
from aircherd.chat.affinity import SessionAffinity
from aircherd.chat.last_failures import LastFailures
from aircherd.chat.latency import LatencyTracker
from aircherd.chat.route_cache import RouteCache
from aircherd.config.model import Provider
from aircherd.events import EventBus
from aircherd.providers.client import ProviderClient

FetchModelLists = Callable[[Sequence[Provider]], Awaitable[None]]
"""Fetches the model lists of these providers; returns when it is done, and never raises."""


class ChatServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services, the same for all requests. `clock` returns the Unix time in seconds."""

    auth: AuthManager
    catalog: Catalog
    provider_client: ProviderClient
    accounting: UsageAccounting
    bus: EventBus
    affinity: SessionAffinity
    latency: LatencyTracker
    routes: RouteCache
    last_failures: LastFailures
    fetch_model_lists: FetchModelLists | None = None
    clock: Callable[[], float] = time.time
    now: Callable[[], float] = trio.current_time
    """The time of trio's clock. Its own function takes a third of what `trio.current_time` does."""
