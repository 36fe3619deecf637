"""What a call to a candidate takes, computed once and cached.

The first choice of a chain is cached with everything that follows from the configuration: endpoint,
prepared call, size limit. Requests that fit use it without a plan. The cache is cleared when the
configuration, the keys or the catalog change. Cooldowns and limits are checked for each request.
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
"""Cached model names: clients may send any name."""


class Target:
    """A candidate with its prepared call. `names` are those of its provider, key and model."""

    __slots__ = ("average", "call", "candidate", "max_input", "names", "origin")

    def __init__(self, candidate: Candidate, call: CallTarget, average: Average) -> None:
        provider, model = candidate.provider, candidate.model
        self.candidate = candidate
        self.call = call
        self.average = average
        self.origin = candidate.origin
        self.names = (provider.name, candidate.key, model.id)
        self.max_input = None if model.window is None else model.window * SIZE_TOLERANCE

    def fits(self, requirements: Requirements) -> bool:
        """Return whether nothing known about the model rules out the request."""
        if self.max_input is not None and requirements.input_tokens > self.max_input:
            return False
        model = self.candidate.model
        return all(getattr(model, name) is not False for name in requirements.abilities)

    def __repr__(self) -> str:
        return f"<Target {self.origin}>"


class RouteCache:
    """The first choices by the model name in the request, None for the default model."""

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
        """Return the first choice for `model`, None if it is not cached."""
        if config is self._config and self._catalog.generation == self._generation:
            return self._first.get(model)
        self.clear()
        self._config, self._generation = config, self._catalog.generation
        return None

    def keep(self, config: Config, model: str | None, target: Target) -> None:
        """Cache the first choice of a chain whose order depends on the configuration only."""
        if config is not self._config:
            return  # the configuration has changed in the meantime
        if self._catalog.generation != self._generation or len(self._first) >= MAX_KEPT:
            self.clear()
            self._generation = self._catalog.generation
        self._first[model] = target

    def clear(self) -> None:
        """Drop all first choices."""
        self._first.clear()

    def note_auth_event(self, _event: Event) -> None:
        """Drop all first choices: a key was stored, removed, rejected or accepted."""
        self._first.clear()

    def target(self, candidate: Candidate, config: Config) -> Target:
        """Return `candidate` with its prepared call."""
        provider, model = candidate.provider, candidate.model
        call = self._provider_client.prepare(provider, model, config.network)
        return Target(candidate, call, self._latency.average_of(provider.name, model.id))

    def __repr__(self) -> str:
        return f"<RouteCache of {len(self._first)} first choices>"
