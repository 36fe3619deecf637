"""What a request needs to reach a candidate, worked out once and not for each request.

The first choice of a chain is kept with everything that follows from the configuration: endpoint,
prepared call, limits of its size. A request that fits uses it without a plan. It is dropped with
the configuration, and when keys or the catalogue change; whether it cools, and whether a limit is
full, is asked for each request.
"""

from aircherd.catalog.catalog import Catalog
from aircherd.chat.latency import Average, LatencyTracker
from aircherd.config.model import Config
from aircherd.events import Event
from aircherd.providers.call_target import CallTarget
from aircherd.providers.client import ProviderClient
from aircherd.routing.candidate import Candidate
from aircherd.routing.filters import SIZE_TOLERANCE
from aircherd.vocabulary.chat import Requirements

MAX_KEPT = 1000
"""Names of models that are kept: clients make them up as they like."""


class Target:
    """A candidate with what calling it takes. `scope` is its provider, key and model by name."""

    __slots__ = ("average", "call", "candidate", "most_input", "origin", "scope")

    def __init__(self, candidate: Candidate, call: CallTarget, average: Average) -> None:
        provider, model = candidate.provider, candidate.model
        self.candidate = candidate
        self.call = call
        self.average = average
        self.origin = candidate.origin
        self.scope = (provider.name, candidate.key, model.id)
        self.most_input = None if model.window is None else model.window * SIZE_TOLERANCE

    def fits(self, requirements: Requirements) -> bool:
        """Whether the model can do what a request asks of it, as far as is known."""
        if self.most_input is not None and requirements.input_tokens > self.most_input:
            return False
        model = self.candidate.model
        return all(getattr(model, name) is not False for name in requirements.abilities)

    def __repr__(self) -> str:
        return f"<Target {self.origin}>"


class RouteCache:
    """Targets by the model that requests name, None for the default."""

    def __init__(
        self, catalog: Catalog, provider_client: ProviderClient, latency: LatencyTracker
    ) -> None:
        self._catalog = catalog
        self._provider_client = provider_client
        self._latency = latency
        self._first: dict[str | None, Target] = {}
        self._config: Config | None = None
        self._generation = -1

    def first(self, config: Config, model: str | None) -> Target | None:
        """Return the first choice for `model`, None where it has to be planned."""
        if config is self._config and self._catalog.generation == self._generation:
            return self._first.get(model)
        self.clear()
        self._config, self._generation = config, self._catalog.generation
        return None

    def keep(self, config: Config, model: str | None, target: Target) -> None:
        """Keep the first choice of a chain whose order depends on nothing but the configuration."""
        if config is not self._config:
            return  # another one has come meanwhile
        if self._catalog.generation != self._generation or len(self._first) >= MAX_KEPT:
            self.clear()
            self._generation = self._catalog.generation
        self._first[model] = target

    def clear(self) -> None:
        """Forget all first choices."""
        self._first.clear()

    def note_auth_event(self, _event: Event) -> None:
        """Forget all first choices: a key was stored, removed, refused or accepted."""
        self._first.clear()

    def target(self, candidate: Candidate, config: Config) -> Target:
        """Return what calling `candidate` takes."""
        provider, model = candidate.provider, candidate.model
        call = self._provider_client.prepare(provider, model, config.network)
        return Target(candidate, call, self._latency.average_of(provider.name, model.id))

    def __repr__(self) -> str:
        return f"<RouteCache of {len(self._first)} first choices>"
