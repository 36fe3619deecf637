"""What carrying out a request takes: the services, and what requests share."""

import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from aircherd.auth.manager import AuthManager
from aircherd.catalog.catalog import Catalog
from aircherd.chat.accounting import UsageAccounting
from aircherd.chat.affinity import Recall
from aircherd.config.model import Provider
from aircherd.events import EventBus
from aircherd.providers.client import ProviderClient

AskForModels = Callable[[Sequence[Provider]], Awaitable[None]]
"""Fetches what these providers say they have, and waits until it is known; never fails."""


class ChatServices(msgspec.Struct, frozen=True, kw_only=True):
    """The same for all requests of a daemon. `clock` gives Unix time, in seconds."""

    auth: AuthManager
    catalog: Catalog
    provider_client: ProviderClient
    accounting: UsageAccounting
    bus: EventBus
    recall: Recall
    ask_for_models: AskForModels | None = None
    clock: Callable[[], float] = time.time
