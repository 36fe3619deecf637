"""Measures plans over 1,000 models on 10 providers with 10 keys each, in microseconds.

    python plan.py           one line for each kind of request
    python plan.py --json    the figures for a script

No daemon runs; the keys are in a real `AuthManager`, the models in a real `Catalog`. It times what
a request needs: its routing state, its plan, and the first candidate. The figure is the minimum of
many rounds, because the others include other load on the machine.
"""

import json
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec
import trio

from aircherd.auth.manager import AuthManager
from aircherd.auth.stores.index import KeyIndex
from aircherd.catalog.catalog import Catalog
from aircherd.chat.accounting import UsageAccounting
from aircherd.chat.caller import Caller
from aircherd.chat.controller import ChatController
from aircherd.chat.live_state import LiveRoutingState
from aircherd.config.model import Alias, Config, Fallback, Limit, Network, Provider, Route, Strategy
from aircherd.events import EventBus
from aircherd.providers.client import ProviderClient
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.redaction import Redactor
from aircherd.routing.candidate import Candidate
from aircherd.routing.plan import RouteQuery, make_plan
from aircherd.testing.keyring import MemoryStore
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.chat import Requirements, RouteOptions
from aircherd.vocabulary.keys import KeyCheck
from aircherd.vocabulary.models import Model, Prices, Rates
from aircherd.vocabulary.secret import Secret

PROVIDERS = 10
KEYS = 10
MODELS = 100
"""Models of each provider; half of them are on all providers."""
ROUNDS = 100
CALLS = 20

NEEDS = Requirements(abilities=("tools", "images"), input_tokens=20_000, output_tokens=1000)
CHAIN = tuple(Route(f"p{number}", f"shared-{number}") for number in range(PROVIDERS))


def a_provider(number: int) -> Provider:
    """Return one of ten providers."""
    name = f"p{number}"
    return Provider(name=name, kind="openai", base_url=f"https://{name}.test/v1")


def a_model(provider: int, number: int) -> Model:
    """Return a model with all metadata."""
    name = f"shared-{number}" if number < MODELS // 2 else f"own-{provider}-{number}"
    rates = Rates(input=Decimal(number + 1), output=Decimal(5 * number + 1))
    return Model(
        id=name,
        window=200_000,
        tools=True,
        images=True,
        reasoning=True,
        json_schema=True,
        sampling=True,
        prices=Prices(rates=rates),
    )


class NoLedger:
    """A ledger without calls in progress."""

    in_progress = ()


class Rig:
    """The services of a plan. `config` may be changed between measurements."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(
            providers={f"p{number}": a_provider(number) for number in range(PROVIDERS)},
            models={"alias": Alias("alias", CHAIN)},
        )
        self.catalog = Catalog(config=lambda: self.config)
        bus, redactor = EventBus(), Redactor()
        self.auth = AuthManager(
            config=lambda: self.config,
            environ={},
            keyring=MemoryStore(),
            file=MemoryStore("file"),
            index=KeyIndex(folder / "keys.json"),
            bus=bus,
            redactor=redactor,
            check_key=_no_check,
        )
        self.limits = LimitTracker(time.time)
        provider_client = ProviderClient(
            transport_for=_no_transport,
            network=Network,
            cooldowns=CooldownManager(bus),
            redactor=redactor,
        )
        controller = ChatController(
            config=self,  # type: ignore[arg-type] - it has the methods that are used
            auth=self.auth,
            catalog=self.catalog,
            provider_client=provider_client,
            accounting=UsageAccounting(NoLedger(), self.limits, bus),  # type: ignore[arg-type] - no call is recorded
            bus=bus,
        )
        self.services = controller.services

    @property
    def current(self) -> Config:
        return self.config

    def usable(self) -> Config:
        return self.config

    async def fill(self) -> None:
        """Store ten keys and a model list for each provider."""
        for number, provider in enumerate(self.config.providers.values()):
            for key in range(KEYS):
                secret = Secret(f"bench-key-{number}-{key}-0123456789")
                await self.auth.stored.login(
                    provider.name, secret, label=f"key-{key}", verify=False
                )
            models = [a_model(number, each) for each in range(MODELS)]
            self.catalog.store_list(provider, models, now=0.0)

    def first(self, query: RouteQuery) -> Candidate:
        """Make a plan and take its first step, as the hot path does."""
        step = next(
            make_plan(
                query,
                self.config,
                LiveRoutingState(self.services, query.requirements, Caller("bench")),
            ).steps()
        )
        assert isinstance(step, Candidate)
        return step

    def count_candidates(self, query: RouteQuery) -> int:
        """Return the number of candidates."""
        return len(
            make_plan(
                query,
                self.config,
                LiveRoutingState(self.services, query.requirements, Caller("bench")),
            ).candidates
        )


async def _no_check(_provider: Provider, _secret: Secret) -> KeyCheck:
    raise RuntimeError("nothing is checked here")


def _no_transport(_network: Network) -> object:
    raise RuntimeError("nothing is sent here")


def microseconds(call: Callable[[], object]) -> float:
    """Return the shortest time of a call."""
    call()  # not timed: it fills caches
    return 1e6 / CALLS * min(timeit.repeat(call, number=CALLS, repeat=ROUNDS))


def queries() -> dict[str, RouteQuery]:
    """Return queries with different model names and options."""

    def by(strategy: Strategy) -> RouteOptions:
        return RouteOptions(strategy=strategy)

    return {
        "provider/model": RouteQuery(model="p1/shared-1", requirements=NEEDS),
        "alias of 10 routes": RouteQuery(model="alias", requirements=NEEDS),
        "the same, cheapest": RouteQuery(model="alias", requirements=NEEDS, options=by("cheapest")),
        "the same, fastest": RouteQuery(model="alias", requirements=NEEDS, options=by("fastest")),
        "a conversation's": RouteQuery(model="alias", requirements=NEEDS, conversation="c"),
        "a name that 10 have": RouteQuery(model="shared-7", requirements=NEEDS),
    }


def measure(rig: Rig) -> Iterator[tuple[str, float]]:
    """Time all kinds of requests."""
    preferred = Candidate(rig.config.providers["p7"], Model(id="shared-7"), "key-7")
    rig.services.affinity.note_answer(preferred, "c")
    for name, query in queries().items():
        yield f"first of {name}", microseconds(partial(rig.first, query))
    alias = queries()["alias of 10 routes"]
    yield "all 100 of the alias", microseconds(partial(all_hundred, rig, alias))
    plain = rig.config
    with_price_limit = Fallback(max_cost_increase=Decimal(1000))
    rig.config = msgspec.structs.replace(plain, fallback=with_price_limit)
    yield "first under max_cost_increase", microseconds(partial(rig.first, alias))
    yield "all 100 under max_cost_increase", microseconds(partial(all_hundred, rig, alias))
    rig.limits.configure([Limit(per="day", usd=Decimal(10**6))])
    yield "first under a limit of money", microseconds(partial(rig.first, alias))
    rig.limits.configure([])
    first, *others = plain.providers.values()
    chained = msgspec.structs.replace(first, fallback=tuple(p.name for p in others))
    rig.config = msgspec.structs.replace(plain, providers={**plain.providers, "p0": chained})
    query = RouteQuery(model="p0/shared-1", requirements=NEEDS)
    yield "first of a provider's chain of 9", microseconds(partial(rig.first, query))


def all_hundred(rig: Rig, query: RouteQuery) -> None:
    """Take all candidates."""
    assert rig.count_candidates(query) == PROVIDERS * KEYS


async def main() -> None:
    """Fill, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        await rig.fill()
        figures = dict(measure(rig))
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:<38}{figure:>10,.1f} µs")


if __name__ == "__main__":
    trio.run(main)
