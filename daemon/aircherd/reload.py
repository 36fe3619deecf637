"""Everything a new configuration touches, in order.

    the file -> providers whose host changed lose their cooldowns -> limits -> keys -> subscribers

What is not here reads `config.current` each time it needs it: the catalogue, the model fetcher,
the ledger, transports and requests, each of which keeps the configuration that it began with.
"""

import structlog

from aircherd.api.services import Services
from aircherd.api.status import problem_row
from aircherd.errors import ConfigInvalid
from aircherd.usage.limits.backfill import Backfill

BACKFILL_SECONDS = 3.0
"""How long a start and a reload wait for limits to learn what was used before."""

log = structlog.get_logger()


async def reload_configuration(services: Services, pasts: Backfill) -> bool:
    """Load the configuration again, and the keys with it; return whether it changed.

    Subscribers of "config" events learn how it went.

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
            services.provider_client.cooldowns.clear(
                name
            )  # what another host did is not this one's fault
    pasts.configure(config.current.limits)
    await pasts.wait(BACKFILL_SECONDS)
    await services.auth.reload()
    bus.publish("config", {"ok": True, "changed": changed})
    return changed
