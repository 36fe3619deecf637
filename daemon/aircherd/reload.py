"""Everything that a new configuration touches.

    file -> ConfigStore -> rights of clients -> cooldowns of providers with a new origin
         -> the fleet -> limits and their history -> connections of what is gone -> keys
         -> event "config" to subscribers

Everything else reads `config.current` when it needs it: the catalogue, the model fetcher, the
ledger and transports. A request keeps the configuration that it started with, and its connection.

The file is loaded when a client asks for it, and when it changed (`reload_changed_file`).
"""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import structlog
import trio

from aircherd.api.audit import changed_entries
from aircherd.api.services import Services
from aircherd.api.status import default_row, problem_row
from aircherd.config.model import UNIX, Config, Limit, Provider
from aircherd.errors import ConfigInvalid
from aircherd.memory.budget import MEGABYTE
from aircherd.process.time_zone import TimeZone
from aircherd.providers.transport.transport_by_network import Transports
from aircherd.usage.limits.backfill import Backfill

if TYPE_CHECKING:
    from aircherd.config.changes import ReloadResult
    from aircherd.config.store import Loaded

BACKFILL_SECONDS = 3.0
"""How long a start and a reload wait for the backfill of new limits."""
HANGING_RETRY_SECONDS = 10.0
"""Pause until a file on a disk that hangs is read again."""
UNCHANGED_SECONDS = 0.3
"""How long a file must stay the same until it is reported as invalid."""
MAX_LOGGED = 20
"""Changes in one line of the log."""

log = structlog.get_logger()


class _Order:
    """A reload that a client asked for, and its outcome."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.done = trio.Event()
        self.result: ReloadResult | None = None
        self.error: Exception | None = None


class Reloader:
    """Loads the configuration again, one reload at a time.

    `run` carries out what clients ask for: a client that leaves must not stop a reload half-way,
    after the change and before its event. `reloading` is entered while one is
    under way: it reports to a service manager. `limits_with` returns limits together with those
    that are not in the configuration. `share` is called before limits are applied: it connects
    them with a fleet, as the configuration says.
    """

    def __init__(
        self,
        backfill: Backfill,
        transports: Transports,
        zone: TimeZone,
        reloading: Callable[[], AbstractContextManager[None]] = nullcontext,
        *,
        limits_with: Callable[[Sequence[Limit]], Sequence[Limit]] = tuple,
        share: Callable[[Config], None] = lambda _: None,
    ) -> None:
        self._share = share
        self._reloading = reloading
        self._limits_with = limits_with
        self._backfill = backfill
        self._transports = transports
        self._zone = zone
        self._lock = trio.Lock()
        self._give, self._take = trio.open_memory_channel[_Order](math.inf)

    async def run(self) -> None:
        """Carry out the reloads that are asked for; never returns."""
        async for order in self._take:
            try:
                order.result = await self._reload_at_once(order.services)
            except Exception as error:  # noqa: BLE001 -- raised again below
                order.error = error
            order.done.set()

    async def reload(self, services: Services) -> "ReloadResult":
        """Load the configuration and all keys again, because a client asked for it.

        A "config" event reports the outcome.

        Raises:
            ConfigInvalid: the file is invalid, and the last good configuration stays in effect.
        """
        order = _Order(services)
        self._give.send_nowait(order)
        # No deadline: each step of a reload has one.
        await order.done.wait()
        if order.error is not None:
            raise order.error
        assert order.result is not None
        return order.result

    async def _reload_at_once(self, services: Services) -> "ReloadResult":
        async with self._lock:
            with self._reloading():
                return await self._reload(services)

    async def _reload(self, services: Services) -> "ReloadResult":
        before = services.config.current
        try:
            result = await self._use(services, await services.config.load(may_vanish=True))
        except ConfigInvalid:
            if services.config.current is not before:
                await services.auth.reload()
            raise
        await services.auth.reload()
        self._publish(services, result)
        return result

    async def reload_changed_file(self, services: Services) -> None:
        """Load the configuration after its file changed, and the keys that it needs.

        Nothing is reported if the content means the same as before. An invalid file is reported
        once, however often it is saved with the same problem. So is one that is gone or empty.
        """
        await self._reload_changed_file(services)
        while services.config.is_disk_hanging:
            await trio.sleep(HANGING_RETRY_SECONDS)
            await self._reload_changed_file(services)

    async def _reload_changed_file(self, services: Services) -> None:
        """Load the file once; an invalid one only if it stays as it is, else it is half-written.

        The watcher lets a file settle first. But a program that writes slowly, or saves again and
        again, may be in the middle of it when the file is read here.
        """
        seen = None
        while True:
            async with self._lock:
                loaded = await services.config.load(may_vanish=False)
                if loaded.checked.problem is None or loaded.identity in (None, seen):
                    await self._use_changed_file(services, loaded)
                    return
            seen = loaded.identity
            # Without the lock: a client's reload need not wait.
            await trio.sleep(UNCHANGED_SECONDS)

    async def _use_changed_file(self, services: Services, loaded: "Loaded") -> None:
        problem, before = services.config.problem, services.config.current
        try:
            result = await self._use(services, loaded)
        except ConfigInvalid as error:
            result = None  # reported
            if is_other_problem(problem, error):
                services.audit.note("config_reload", by="file", outcome=error.code)
        if has_other_keys(before, services.config.current):
            await services.auth.config_changed()
        if result and (result.changed or problem):
            self._publish(services, result)
            entries = changed_entries([change.path for change in result.changes])
            services.audit.note("config_reload", None, None, by="file", outcome="ok", **entries)

    async def _use(self, services: Services, loaded: "Loaded") -> "ReloadResult":
        """Apply what was loaded, except for keys.

        Without any good file so far, what can be used of an invalid one is applied, too.
        """
        config = services.config
        before, problem = config.current, config.problem
        try:
            return config.use(loaded)
        except ConfigInvalid as error:
            if is_other_problem(problem, error):
                log.warning("config_invalid", problem=error.message)
                with self._reloading():
                    services.bus.publish("config", {"ok": False, "problem": problem_row(error)})
            raise
        finally:
            if config.current is not before:
                with self._reloading():
                    await self._apply(services, before, config.current)

    async def _apply(self, services: Services, before: Config, after: Config) -> None:
        if before.has_roles or after.has_roles:
            for client in services.clients:
                client.decide_rights()
        for name, provider in before.providers.items():
            if name not in after.providers or after.providers[name].origin != provider.origin:
                # Another server may have the name now; cooldowns and failures are not its own.
                services.provider_client.cooldowns.forget(name)
                services.chat.services.last_failures.forget(name)
        gone = [provider.base_url for provider in gone_providers(before, after)]
        self._transports.close_unused(
            after.network, [url for url in gone if not url.startswith(UNIX)]
        )
        services.provider_client.links.close_unused(gone)
        services.memory.configure(after.daemon.max_memory * MEGABYTE)
        if before.default_model != after.default_model:
            services.bus.publish("models", {"default": "", **default_row(services)})
        services.auth.locker.poke()
        if self._zone.use(after.time_zone):
            services.limits.change_zone()
        await self.apply_limits(after)

    async def apply_limits(self, config: Config) -> None:
        """Let the limits of this configuration be in effect, and those that are not in it."""
        self._share(config)
        limits = self._limits_with(config.limits)
        self._backfill.configure(limits, refuses_unknown=config.refuses_unknown)
        await self._backfill.wait(BACKFILL_SECONDS)

    def _publish(self, services: Services, result: "ReloadResult") -> None:
        services.bus.publish("config", {"ok": True, **result.to_wire()})
        if result.changed:
            changes = [str(change) for change in result.changes[:MAX_LOGGED]]
            log.info("config_changed", count=len(result.changes), changes=changes)


def is_other_problem(before: ConfigInvalid | None, after: ConfigInvalid) -> bool:
    """Return whether a problem of the file has not been reported yet."""
    return before is None or problem_row(before) != problem_row(after)


def gone_providers(before: Config, after: Config) -> list[Provider]:
    """Return the old form of the providers whose connections are of no more use.

    An origin that is still used by a provider with the same key settings keeps its connections.
    """
    kept = {
        provider.origin
        for name, provider in after.providers.items()
        if name in before.providers and not _has_other_key(before.providers[name], provider)
    }
    return [provider for provider in before.providers.values() if provider.origin not in kept]


def has_other_keys(before: Config, after: Config) -> bool:
    """Return whether a provider was added or removed, or keys come from or go to elsewhere."""
    old, new = before.providers, after.providers
    return (
        _sealing(before) != _sealing(after)
        or _engine(before) != _engine(after)
        or old.keys() != new.keys()
        or any(_has_other_key(old[name], provider) for name, provider in new.items())
    )


def _sealing(config: Config) -> tuple[object, ...]:
    return config.auth.encrypt_with, config.auth.age_identity


def _engine(config: Config) -> tuple[object, ...] | None:
    """Return what the engine's password depends on."""
    shared = config.shared
    return None if shared is None else (shared.address.origin, shared.key_command)


def _has_other_key(before: Provider, after: Provider) -> bool:
    return before is not after and _key_settings(before) != _key_settings(after)


def _key_settings(provider: Provider) -> tuple[object, ...]:
    return provider.needs_key, provider.env, provider.key_command, provider.origin
