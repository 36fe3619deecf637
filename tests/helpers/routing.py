"""A fake routing state and fake catalogs for plans in tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from aircherd.catalog.catalog import Catalog
from aircherd.config.model import Alias, Config, Provider, Route, builtin_providers
from aircherd.routing.candidate import Candidate, Step
from aircherd.routing.plan import RouteQuery, make_plan
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Cooling, Limited
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model

OK = KeyState.AUTHENTICATED
WORK = Provider(name="work", kind="openai", base_url="http://gpu:8000/v1", needs_key=False)
ALIASES = {
    "sonnet": Alias(
        "sonnet", (Route("anthropic", "claude-x"), Route("openrouter", "anthropic/claude-x"))
    )
}
CONFIG = Config(providers={**builtin_providers(), "work": WORK}, models=ALIASES)

StateKey = tuple[str, str | None, str]
"""Provider, key, model."""
Keys = KeyState | list[tuple[str, KeyState]]


class Listed(Catalog):
    """A catalog in which providers list these models."""

    def __init__(self, **models: list[str]) -> None:
        super().__init__()
        self._models = {name: [Model(id=each) for each in ids] for name, ids in models.items()}

    def listed(self, provider: Provider) -> Sequence[Model]:
        return self._models.get(provider.name, [])


class Known(Catalog):
    """A catalog in which these providers have these models, by `provider/model`."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._known = [Route.parse(name) for name in names]

    def matching_routes(self, name: str) -> Sequence[Route]:
        return [r for r in self._known if name in (r.model, r.model.rpartition("/")[2])]

    def routes(self, name: str) -> Sequence[Route]:
        found = self.matching_routes(name)
        return [r for r in found if [x.provider for x in found].count(r.provider) == 1]

    def names(self) -> Sequence[str]:  # type: ignore[override]
        return [route.model for route in self._known]


class Described(Catalog):
    """A catalog with these models, by name."""

    def __init__(self, *models: Model) -> None:
        super().__init__()
        self._by_name = {model.id: model for model in models}

    def find(self, provider: Provider, name: str) -> Model:
        return self._by_name.get(name) or Model(id=name)


@dataclass
class FakeRoutingState:
    """A `RoutingState` without cooldowns or limits and with unknown prices, unless set.

    `keys` has one state for a provider, or a list of (name, state). `prices` are by model name.
    """

    keys: dict[str, Keys] = field(default_factory=dict)
    models: Catalog = field(default_factory=Listed)
    cooldowns: dict[StateKey, Cooling] = field(default_factory=dict)
    limits_reached: dict[StateKey, Limited] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)
    latencies: dict[tuple[str, str], float] = field(default_factory=dict)
    preferred_by: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)

    def keys_of(self, provider: Provider) -> list[KeyChoice]:
        if not provider.needs_key:
            return [KeyChoice(None, KeyState.NOT_REQUIRED)]
        found = self.keys.get(provider.name, [])
        found = [("default", found)] if isinstance(found, KeyState) else found
        return [KeyChoice(name, state) for name, state in found]

    def cooling(self, provider: str, key: str | None, model: str) -> Cooling | None:
        return self.cooldowns.get((provider, key, model))

    def limited(self, provider: str, key: str | None, model: Model) -> Limited | None:
        return self.limits_reached.get((provider, key, model.id))

    def price(self, provider: str, model: Model) -> Decimal | None:
        return self.prices.get(model.id)

    def latency_of(self, provider: str, model: str) -> float | None:
        return self.latencies.get((provider, model))

    def preferred(self, conversation: str) -> tuple[str, str, str | None] | None:
        return self.preferred_by.get(conversation)


def keys(models: Catalog | None = None, **states: Keys) -> FakeRoutingState:
    """Return a state in which only keys are set."""
    return FakeRoutingState(keys=states, models=models or Listed())


def names_of_step(step: Step) -> tuple[str, str | None, str | None]:
    """Return provider, model and key of a step, as rows have them."""
    if isinstance(step, Candidate):
        return (step.provider.name, step.model.id, step.key)
    return (step.provider, step.model, step.key)


def rows(
    query: RouteQuery, state: FakeRoutingState, config: Config = CONFIG
) -> list[tuple[object, ...]]:
    """Return the steps of a plan in order; skips end with their code."""
    steps = make_plan(query, config, state).steps()
    return [
        (*names_of_step(s), s.reason) if isinstance(s, Skipped) else names_of_step(s) for s in steps
    ]
