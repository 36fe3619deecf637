"""From a request's wishes to the ordered candidates, and why everybody else is passed over.

    chain_of      a name -> routes                            `names`
    ordered       by strategy; who holds the conversation first `order`
    steps         each route -> a candidate for each key      here, one after the other as they are
    filters       a candidate -> a reason to pass it over     asked for: most requests need one

Pure: how things stand is asked of a `RoutingState`.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from aircher_wire import codes
from aircherd.config.model import Config, Provider, Route, Strategy
from aircherd.routing.candidate import Candidate, Step
from aircherd.routing.filters import FilterContext, may_be_last_resort, reason_against
from aircherd.routing.order import first_to, ordered
from aircherd.routing.resolver import chain_of
from aircherd.routing.state import RoutingState
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.chat import Requirements, RouteOptions
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model

# Keys in these states are not tried, and what the client is told instead.
_UNUSABLE = {
    KeyState.NOT_CONFIGURED: codes.NOT_AUTHENTICATED,
    KeyState.REJECTED: codes.AUTH_REJECTED,
    KeyState.LOCKED: codes.KEYRING_LOCKED,
}


class RouteQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says about who should answer it."""

    model: str | None = None
    options: RouteOptions = RouteOptions()
    requirements: Requirements = Requirements()
    conversation: str | None = None


class Plan:
    """Who is asked, in order, with those who are passed over where they would have stood.

    So an answer can tell whom it passed over, and leaves out whom it never came to. `held` is who
    answered last in the conversation: provider, model and key.
    """

    def __init__(
        self,
        query: RouteQuery,
        config: Config,
        view: RoutingState,
        *,
        routes: Sequence[Route],
        strategy: Strategy,
        held: tuple[str, str, str | None] | None,
    ) -> None:
        # Who holds the conversation has its prompt in a cache, and can read its signatures.
        self.routes = first_to(Route(held[0], held[1]), routes) if held else routes
        self.strategy = strategy
        self.held = held
        self._by_rank = routes
        self._query = query
        self._config = config
        self._view = view

    def steps(self) -> Iterator[Step]:
        """Yield the candidates, and why others are none, as things stand when each is asked for.

        After all of them come those who were passed over only on a guess: better than nobody.
        """
        context: FilterContext | None = None
        held_back: list[Candidate] = []
        for route in self.routes:
            for step in self._steps_of(route):
                if isinstance(step, Skipped):
                    yield step
                    continue
                context = context or self._context()
                skipped = reason_against(step, context)
                yield skipped or step
                if skipped is None and self._query.options.no_fallback:
                    return
                if skipped is not None and may_be_last_resort(step, context):
                    held_back.append(step)
        for candidate in held_back[:1] if self._query.options.no_fallback else held_back:
            yield msgspec.structs.replace(candidate, is_last_resort=True)

    @property
    def is_fixed(self) -> bool:
        """Whether the order depends on nothing but configuration, keys and catalogue."""
        has_strategy = self.strategy != "priority" and len(self._by_rank) > 1
        has_price_limit = self._config.fallback.max_cost_increase is not None
        return self.held is None and not has_strategy and not has_price_limit

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Those who can be asked."""
        return tuple(step for step in self.steps() if isinstance(step, Candidate))

    def _steps_of(self, route: Route) -> Iterator[Step]:
        """Yield a candidate for each key of the route's provider."""
        provider = self._config.providers[route.provider]
        model = self._view.models.find(provider, route.model)
        keys = self._view.keys_of(provider) or [KeyChoice(None, KeyState.NOT_CONFIGURED)]
        held = self.held
        if held is not None and held[:2] == (route.provider, route.model):
            keys = sorted(keys, key=lambda key: key.name != held[2])
        return (_step(provider, model, key) for key in keys)

    def _context(self) -> FilterContext:
        return FilterContext(self._query.requirements, self._view, self._dearest())

    def _dearest(self) -> Decimal | None:
        """Return the most that a call may cost, by the price of the first choice.

        Who holds the conversation is none: he may have been the dearest that was allowed.
        """
        increase = self._config.fallback.max_cost_increase
        if increase is None:
            return None
        first = self._by_rank[0]
        provider = self._config.providers[first.provider]
        price = self._view.price(first.provider, self._view.models.find(provider, first.model))
        return None if price is None else price * increase

    def __repr__(self) -> str:
        return f"<Plan {', '.join(map(str, self.routes))}>"


def plan(query: RouteQuery, config: Config, view: RoutingState) -> Plan:
    """Decide who is asked, in which order.

    Raises:
        UnknownModel: nobody knows that name.
        BadRequest: the request's own `route` leaves nobody.
    """
    chain = chain_of(query.model, query.options, config, view.keys_of, view.models)
    strategy = query.options.strategy or chain.strategy or config.fallback.strategy
    routes = ordered(chain.routes, strategy, config, view)
    held = view.held_by(query.conversation) if query.conversation else None
    return Plan(query, config, view, routes=routes, strategy=strategy, held=held)


def names_of(step: Step) -> tuple[str, str | None, str | None]:
    """Return provider, key and model of a step by name."""
    if isinstance(step, Candidate):
        return (step.provider.name, step.key, step.model.id)
    return (step.provider, step.key, step.model)


def passed_over(steps: Iterable[Step]) -> list[Skipped]:
    """Return those of a plan's steps who are not asked: a last resort is passed over at first."""
    found = list(steps)
    asked = [step.skipped("", "") for step in found if isinstance(step, Candidate)]
    places = {(own.provider, own.model, own.key) for own in asked}
    skipped = [step for step in found if isinstance(step, Skipped)]
    return [each for each in skipped if (each.provider, each.model, each.key) not in places]


def _step(provider: Provider, model: Model, key: KeyChoice) -> Step:
    candidate = Candidate(provider, model, key.name)
    reason = _UNUSABLE.get(key.state)
    if reason is None:
        return candidate
    message = key.message or (
        f"no key for {provider.name}: sign in with 'aircher-cli auth login {provider.name}'"
    )
    return candidate.skipped(reason, message)
