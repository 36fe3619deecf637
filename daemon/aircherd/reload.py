"""Everything that a new configuration changes, in order.

    the file -> cooldowns of providers with a new origin -> limits -> keys -> subscribers

Everything else reads `config.current` when it needs it: the catalogue, the model fetcher, the
ledger and transports. A request keeps the configuration that it started with.
"""

import structlog

from aircherd.api.services import Services
from aircherd.api.status import problem_row
from aircherd.errors import ConfigInvalid
from aircherd.usage.limits.backfill import Backfill

BACKFILL_SECONDS = 3.0
"""How long a start and a reload wait for the backfill of new limits."""

log = structlog.get_logger()


async def reload_configuration(services: Services, backfill: Backfill) -> bool:
    """Load the configuration and the keys again; return whether the configuration changed.

    A "config" event reports the outcome.

    Raises:
        ConfigInvalid: the file is invalid, and the last good configuration stays in effect.
    """
    config, bus = services.config, services.bus
    before = config.current.providers
    try:
        changed = config.reload()
    except ConfigInvalid as error:
        bus.publish("config", {"ok": False, "problem": problem_row(error)})
        log.warning("config_invalid", problem=error.message)
        raise
    for name, provider in config.current.providers.items():
        if name in before and before[name].origin != provider.origin:
            # The cooldowns were caused by another server.
            services.provider_client.cooldowns.clear(name)
    backfill.configure(config.current.limits)
    await backfill.wait(BACKFILL_SECONDS)
    await services.auth.reload()
    bus.publish("config", {"ok": True, "changed": changed})
    return changed
