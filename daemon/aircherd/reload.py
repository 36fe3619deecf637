"""Everything that a new configuration changes, in order.

    the file -> cooldowns of providers with a new origin -> limits -> keys -> subscribers

Everything else reads `config.current` when it needs it: the catalogue, the model fetcher, the
ledger and transports. A request keeps the configuration that it started with.
"""

from collections.abc import Mapping

import structlog

from aircherd.api.services import Services
from aircherd.api.status import problem_row
from aircherd.config.model import Provider
from aircherd.errors import ConfigInvalid
from aircherd.usage.limits.backfill import Backfill

BACKFILL_SECONDS = 3.0
"""How long a start and a reload wait for the backfill of new limits."""

log = structlog.get_logger()


async def reload_configuration(services: Services, backfill: Backfill) -> bool:
    """Load the configuration and the keys again; return whether the configuration changed.

    A "config" event reports the outcome.

    Raises:
        ConfigInvalid: the file is invalid, and the last good configuration stays in effect. If
            there never was one, what can be used of the file is in effect.
    """
    config, bus = services.config, services.bus
    before = config.current
    try:
        changed = config.reload()
    except ConfigInvalid as error:
        log.warning("config_invalid", problem=error.message)
        if config.current is not before:
            await _apply(services, backfill, before.providers)
        bus.publish("config", {"ok": False, "problem": problem_row(error)})
        raise
    await _apply(services, backfill, before.providers)
    bus.publish("config", {"ok": True, "changed": changed})
    return changed


async def _apply(services: Services, backfill: Backfill, before: Mapping[str, Provider]) -> None:
    """Apply the current configuration to what does not read it by itself, and reload the keys."""
    config = services.config.current
    for name, provider in config.providers.items():
        if name in before and before[name].origin != provider.origin:
            # The cooldowns were caused by another server.
            services.provider_client.cooldowns.clear(name)
    backfill.configure(config.limits)
    await backfill.wait(BACKFILL_SECONDS)
    await services.auth.reload()
