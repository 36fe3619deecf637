"""From a request's query to the candidates in order, and the reasons why others are skipped.

    resolve_chain  a name -> routes                             `resolver`
    sort_routes    by strategy; the conversation's last first   `order`
    steps          each route -> a candidate for each key       here, lazily: most requests need
    filters        a candidate -> a reason to skip it           only the first candidate

Pure: the current state comes from a `RoutingState`.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from aircher_wire import codes
from aircherd.config.model import Config, Provider, Route, Strategy
from aircherd.routing import labels
from aircherd.routing.candidate import Candidate, Step
from aircherd.routing.filters import FilterContext, check_filters, may_be_last_resort
from aircherd.routing.order import move_to_front, sort_routes
from aircherd.routing.resolver import resolve_chain
from aircherd.routing.state import RoutingState
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.chat import Requirements, RouteOptions
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model

# Keys in these states are skipped, with this error code.
_SKIP_CODES = {
    KeyState.NOT_CONFIGURED: codes.NOT_AUTHENTICATED,
    KeyState.REJECTED: codes.AUTH_REJECTED,
    KeyState.LOCKED: codes.KEYRING_LOCKED,
    KeyState.UNREADABLE: codes.NOT_AUTHENTICATED,
}


class RouteQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a request that decide which candidates serve it."""

    model: str | None = None
    options: RouteOptions = RouteOptions()
    requirements: Requirements = Requirements()
    conversation: str | None = None


class Plan:
    """The candidates in order, with the skipped ones in their positions.

    A response lists the candidates that were skipped, but not those that were never reached.
    `preferred` is what answered last in the conversation: provider, model and key.
    """

    def __init__(
        self,
        query: RouteQuery,
        config: Config,
        state: RoutingState,
        *,
        routes: Sequence[Route],
        strategy: Strategy,
        preferred: tuple[str, str, str | None] | None,
    ) -> None:
        # The preferred candidate has the conversation in its prompt cache and can read its own
        # signatures.
        self.routes = move_to_front(preferred, routes) if preferred else routes
        self.strategy = strategy
        self.preferred = preferred
        self._ranked_routes = routes
        self._query = query
        self._config = config
        self._state = state

    def steps(self) -> Iterator[Step]:
        """Yield candidates and skips; each is checked only when it is reached.

        Candidates that are skipped only because of a guess are repeated at the end as last resorts.
        """
        context: FilterContext | None = None
        last_resorts: list[Candidate] = []
        seen: set[tuple[str, str | None, str | None]] = set()  # a key may be named and implied
        for route in self.routes:
            for step in self._steps_of(route):
                if (names := names_of(step)) in seen:
                    continue
                seen.add(names)
                if isinstance(step, Skipped):
                    yield step
                    continue
                context = context or self._context()
                skipped = check_filters(step, context)
                yield skipped or step
                if skipped is None and self._query.options.no_fallback:
                    return
                if skipped is not None and may_be_last_resort(step, context):
                    last_resorts.append(step)
        for candidate in last_resorts[:1] if self._query.options.no_fallback else last_resorts:
            yield msgspec.structs.replace(candidate, is_last_resort=True)

    @property
    def is_fixed(self) -> bool:
        """Whether the order depends on nothing but configuration, keys and catalog."""
        has_strategy = self.strategy != "priority" and len(self._ranked_routes) > 1
        has_price_limit = self._config.fallback.max_cost_increase is not None
        return self.preferred is None and not has_strategy and not has_price_limit

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The steps that can be called."""
        return tuple(step for step in self.steps() if isinstance(step, Candidate))

    def _steps_of(self, route: Route) -> Iterator[Step]:
        """Yield a step for each key of the route's provider; one skip for a refused route."""
        refusal = self._config.refused and self._config.refused.refusal_of(route)
        if refusal:
            skipped = Skipped(
                provider=route.provider,
                model=route.model,
                reason=codes.CONFIG_INVALID,
                message=refusal,
            )
            return iter((skipped,))
        provider = self._config.providers[route.provider]
        model = self._state.models.find(provider, route.model)
        keys = self._state.keys_of(provider) or [KeyChoice(None, KeyState.NOT_CONFIGURED)]
        if route.key is not None:
            keys = _named_keys(provider, route.key, keys)
        preferred = self.preferred
        if preferred is not None and preferred[:2] == (route.provider, route.model):
            keys = sorted(keys, key=lambda key: key.name != preferred[2])
        return (_make_step(provider, model, key) for key in keys)

    def _context(self) -> FilterContext:
        return FilterContext(self._query.requirements, self._state, self._max_price())

    def _max_price(self) -> Decimal | None:
        """Return the highest allowed cost of a call, relative to the price of the first choice.

        The preferred candidate is not the first choice here: it may already be the most expensive
        one that was allowed. Neither is a refused one, whose price is unknown.
        """
        increase = self._config.fallback.max_cost_increase
        if increase is None:
            return None
        providers, refused = self._config.providers, self._config.refused
        first = next(r for r in self._ranked_routes if not (refused and refused.refusal_of(r)))
        provider = providers[first.provider]
        price = self._state.price(first.provider, self._state.models.find(provider, first.model))
        return None if price is None else price * increase

    def __repr__(self) -> str:
        return f"<Plan {', '.join(map(str, self.routes))}>"


def make_plan(query: RouteQuery, config: Config, state: RoutingState) -> Plan:
    """Decide which candidates to call, in which order.

    Raises:
        UnknownModel: no provider has a model of that name.
        BadRequest: the request's own `route` excludes every provider.
        NotAuthenticated: no provider of the chain has a key with the label that it has to have.
        ConfigInvalid: the alias, or the default model, is refused.
    """
    chain = resolve_chain(query.model, query.options, config, state.keys_of, state.models)
    strategy = query.options.strategy or chain.strategy or config.fallback.strategy
    routes = sort_routes(chain.routes, strategy, config, state)
    preferred = state.preferred(query.conversation) if query.conversation else None
    return Plan(query, config, state, routes=routes, strategy=strategy, preferred=preferred)


def names_of(step: Step) -> tuple[str, str | None, str | None]:
    """Return the names of a step's provider, key and model."""
    if isinstance(step, Candidate):
        return (step.provider.name, step.key, step.model.id)
    return (step.provider, step.key, step.model)


def skipped_steps(steps: Iterable[Step]) -> list[Skipped]:
    """Return the steps that are never called: a last resort is skipped first and called later."""
    found = list(steps)
    called = {names_of(step) for step in found if isinstance(step, Candidate)}
    return [step for step in found if isinstance(step, Skipped) and names_of(step) not in called]


def _named_keys(provider: Provider, label: str, keys: Sequence[KeyChoice]) -> Sequence[KeyChoice]:
    """Return the keys that a route with a label may use: that key, or why there is none."""
    if not provider.needs_key:
        message = f"{provider.name} needs no key: name the model without @{label}"
        return [KeyChoice(label, KeyState.NOT_REQUIRED, message)]
    message = f"no key {label!r} for {provider.name}: {labels.how_to_get(provider.name, label)}"
    missing = KeyChoice(label, KeyState.NOT_CONFIGURED, message)
    return labels.keys_with(keys, label) or [missing]


def _make_step(provider: Provider, model: Model, key: KeyChoice) -> Step:
    candidate = Candidate(provider, model, key.name)
    reason = _SKIP_CODES.get(key.state)
    if not provider.needs_key and key.name is not None:
        reason = codes.BAD_REQUEST  # its route names one all the same
    if reason is None:
        return candidate
    message = key.message or (
        f"no key for {provider.name}: sign in with 'aircher-cli auth login {provider.name}'"
    )
    return candidate.skipped(reason, message)
