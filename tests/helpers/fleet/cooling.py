"""Machines of a fleet that share cooldowns by an engine, within this process.

Their clocks differ, and only the engine's is trio's. Tests use `autojump_clock`, so that waiting
costs nothing.
"""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec
import trio

from aircherd.config.model import Provider
from aircherd.events import Event, EventBus
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.health.fleet.exchange import FleetCooldowns
from aircherd.shared_state.base import SharedState
from aircherd.shared_state.memory import MemoryEngine
from aircherd.vocabulary.availability import Cooling
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import a_provider

KEY = Secret("canary-first-0123456789abcdef")
OTHER_KEY = Secret("canary-other-0123456789abcdef")

_numbers = itertools.count(1)


def an_engine() -> MemoryEngine:
    """Return an engine that has trio's clock."""
    return MemoryEngine(trio.current_time)


class CoolingMachine:
    """One machine. It calls its only provider `provider`, and its key `label`."""

    def __init__(
        self,
        engine: SharedState,
        *,
        provider: Provider | None = None,
        label: str = "default",
        key: Secret | None = KEY,
    ) -> None:
        number = next(_numbers)
        self.provider = msgspec.structs.replace(
            provider or a_provider("openai"), name=f"provider{number}"
        )
        self.label = label
        self.keys = {} if key is None else {label: key}
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(("provider",), self.events.append)
        self.clocks = Clocks(
            ticks=lambda: trio.current_time() + 1000.0 * number,
            running=lambda: trio.current_time() + 1000.0 * number,
            wall=lambda: trio.current_time() + 3600.0 * number,
        )
        self.cooldowns = CooldownManager(self.bus, clocks=self.clocks, jitter=lambda: 0.0)
        self.engine = engine
        self.number = number
        self.fleet = self.a_fleet()

    def a_fleet(self) -> FleetCooldowns:
        """Return what shares the cooldowns, not yet running."""
        return FleetCooldowns(
            self.engine,
            self.cooldowns,
            label=f"host{self.number}",
            providers=lambda: {self.provider.name: self.provider},
            keys_of=self._keys_of,
            clocks=self.clocks,
        )

    def _keys_of(self, provider: Provider) -> Iterator[tuple[str, Secret]]:
        yield from self.keys.items()

    def restart(self) -> None:
        """Forget everything, as a daemon that was killed and lost its file."""
        self.cooldowns = CooldownManager(self.bus, clocks=self.clocks, jitter=lambda: 0.0)
        self.fleet = self.a_fleet()

    def use_key(self, key: Secret, label: str | None = None) -> None:
        """Sign in with another key."""
        self.label = label or self.label
        self.keys[self.label] = key
        self.cooldowns.note_other_key(self.provider.name, self.label)
        self.bus.publish("auth", {})

    @property
    def secret(self) -> Secret | None:
        return self.keys.get(self.label)

    # -------------------------------------------------------------- what happens

    def fails(self, failure: Failure, model: str = "m", *, began: float | None = None) -> None:
        self.cooldowns.note_failure(
            self.provider, self.label, model, failure, began=began, secret=self.secret
        )

    def succeeds(self, model: str = "m", *, began: float | None = None) -> None:
        began = self.cooldowns.now() if began is None else began
        self.cooldowns.note_ok(self.provider, self.label, model, began=began, secret=self.secret)

    def cooling(self, model: str = "m") -> Cooling | None:
        return self.cooldowns.cooling(self.provider.name, self.label, model)

    def seconds(self, model: str = "m") -> float | None:
        """Return how long it cools, rounded; None if it does not."""
        found = self.cooling(model)
        if found is None or found.until is None:
            return None
        return round(found.until - self.clocks.wall(), 1)

    async def takes_probe(self, model: str = "m") -> bool:
        return await self.cooldowns.take_probe(self.provider.name, self.label, model)

    def __repr__(self) -> str:
        return f"<CoolingMachine {self.number}>"


@asynccontextmanager
async def sharing(*machines: CoolingMachine) -> AsyncIterator[trio.Nursery]:
    """Let these machines share for the duration of the context."""
    async with trio.open_nursery() as nursery:
        for machine in machines:
            nursery.start_soon(machine.fleet.run, machine.bus)
        await trio.sleep(0.1)
        yield nursery
        nursery.cancel_scope.cancel()


async def soon() -> None:
    """Wait for as long as news takes at most while messages arrive."""
    await trio.sleep(0.2)
