"""From a model name to the routes that serve it, in their first order.

A name is, in this order: nothing (the default), an alias of the user's, `provider/model`, or a
model's name alone: the default model of a provider, or one that the catalogue knows. Whoever has a
`fallback` of his own brings it along, right after himself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Protocol, overload

import msgspec

from aircherd.config.model import Config, Provider, Route, Strategy
from aircherd.errors import BadRequest, UnknownModel
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.suggestions import suggestion, unknown_provider

KeysOf = Callable[[Provider], Sequence[KeyChoice]]
"""The view of `auth`: a provider's keys in the order in which they should serve."""

Served = Callable[[str], Mapping[str, Route]]
"""By a model's name: who serves it, and where."""


class Models(Protocol):
    """The view of `catalog`."""

    def find(self, provider: Provider, name: str) -> Model:
        """Return what is known of the model that `provider` calls `name`."""

    def routes(self, name: str) -> Sequence[Route]:
        """Return where a model is served under this bare name; () if nobody knows it.

        A vendor's own API comes before those who pass requests on.
        """

    def matching_routes(self, name: str) -> Sequence[Route]:
        """Return all that a name may mean, where a provider has several models of it."""

    def names(self) -> Iterable[str]:
        """Return every name known: to find what was meant."""

    def listed(self, provider: Provider) -> Sequence[Model]:
        """Return the models that `provider` last said it has; () while it has not been asked."""


class SignedIn(Sequence[Route]):
    """Those of `routes` over which somebody is signed in, all of them where nobody is.

    It looks for them as they are asked for: most requests come no further than the first, and to
    ask for all keys of all providers takes longer than the rest of a plan.
    """

    def __init__(self, routes: Sequence[Route], has_key: Callable[[Route], bool]) -> None:
        self.possible = routes
        self._has_key = has_key
        self._waiting: Iterator[Route] | None = iter(routes)
        self._found: list[Route] = []

    @overload
    def __getitem__(self, index: int) -> Route: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Route]: ...
    def __getitem__(self, index: int | slice) -> Route | Sequence[Route]:
        if isinstance(index, int) and index >= 0:
            self._look(index + 1)
        else:
            self._look(len(self.possible))
        return self._found[index]

    def __iter__(self) -> Iterator[Route]:
        number = 0
        while self._look(number + 1):
            yield self._found[number]
            number += 1

    def __len__(self) -> int:
        self._look(len(self.possible))
        return len(self._found)

    def __bool__(self) -> bool:
        return bool(self.possible)

    def _look(self, count: int) -> bool:
        """Look on until there are so many; return whether there are."""
        while len(self._found) < count and self._waiting is not None:
            route = next(self._waiting, None)
            if route is None:
                self._waiting = None
                self._found = self._found or list(self.possible)
            elif self._has_key(route):
                self._found.append(route)
        return len(self._found) >= count

    def __repr__(self) -> str:
        return f"<SignedIn {len(self._found)} found among {len(self.possible)}>"


class Chain(msgspec.Struct, frozen=True):
    """The routes that serve a name, and the strategy that an alias asks for."""

    routes: Sequence[Route]
    strategy: Strategy | None = None


def chain_of(
    model: str | None, options: RouteOptions, config: Config, keys_of: KeysOf, models: Models
) -> Chain:
    """Return who serves `model`, as far as the request's own `route` allows them.

    Raises:
        UnknownModel: nobody knows that name.
        BadRequest: the request's own `route` leaves nobody.
    """
    name = model or config.default_model
    alias = config.models.get(name) if name is not None else None
    routes = alias.routes if alias else _routes(name, config, keys_of, models)
    routes = _with_fallbacks(routes, config, models)
    return Chain(_only(options, routes, config), alias.strategy if alias else None)


def _with_fallbacks(routes: Sequence[Route], config: Config, models: Models) -> Sequence[Route]:
    """Put each provider's own `fallback` right after its routes.

    Two ways may lead to the same place: the first one counts.
    """
    possible = routes.possible if isinstance(routes, SignedIn) else routes
    if not any(config.providers[route.provider].fallback for route in possible):
        return routes
    served = cache(partial(_by_provider, models))
    found: dict[Route, None] = {}
    waiting = list(reversed(routes))
    while waiting:
        route = waiting.pop()
        if route in found:
            continue
        found[route] = None
        targets = config.providers[route.provider].fallback
        others = [_stand_in(each, route.model, served, config, models) for each in targets]
        waiting += reversed(others)
    return list(found)


def _by_provider(models: Models, model: str) -> Mapping[str, Route]:
    """Return where a model is served, by provider; those who pass on call it `maker/model`."""
    short = model.rpartition("/")[2]
    names = (model,) if short == model else (short, model)
    return {route.provider: route for name in names for route in models.routes(name)}


def _stand_in(text: str, model: str, served: Served, config: Config, models: Models) -> Route:
    """Read one entry of a `fallback`: `provider/model`, or a provider, which serves what it has.

    That is the same model, else its default, else the first that a local server lists. Of whom
    nothing is known, it is asked for the model by its name: then it says itself what is wrong.
    """
    if "/" in text:
        return Route.parse(text)
    if same := served(model).get(text):
        return same
    provider = config.providers[text]
    if provider.default_model:
        return Route(text, provider.default_model)
    listed = [] if provider.needs_key else models.listed(provider)
    return Route(text, listed[0].id if listed else model)


def _routes(name: str | None, config: Config, keys_of: KeysOf, models: Models) -> Sequence[Route]:
    if name is None:
        return _default_chain(config, keys_of, models)
    if "/" in name:
        return [_explicit(name, config, models)]
    if routes := _served(name, config, models):
        return _signed_in(routes, config, keys_of)
    raise UnknownModel(_unknown_name(name, config, keys_of, models), model=name)


def _served(name: str, config: Config, models: Models) -> list[Route]:
    """Return where a model's name alone leads: first whose default it is, then who else has it."""
    defaults = [Route(p.name, name) for p in config.providers.values() if p.default_model == name]
    taken = {route.provider for route in defaults}
    others = [r for r in models.routes(name) if r.provider not in taken]
    return [*defaults, *(route for route in others if route.provider in config.providers)]


def _signed_in(routes: Sequence[Route], config: Config, keys_of: KeysOf) -> SignedIn:
    """Return the routes over which somebody is signed in, or that need nobody to be; else all."""
    return SignedIn(routes, lambda route: _has_key(keys_of(config.providers[route.provider])))


def _default_chain(config: Config, keys_of: KeysOf, models: Models) -> Sequence[Route]:
    """The default models of the signed-in providers, then what local servers have installed.

    Where there is nothing of either, all default models: so a newcomer with two keys has a
    fallback, one with a running Ollama an answer, and one without any learns what to sign in to.
    """
    chain = [
        Route(provider.name, provider.default_model)
        for provider in config.providers.values()
        if provider.default_model is not None
    ]
    return _signed_in([*chain, *_installed(config, models)], config, keys_of)


def _installed(config: Config, models: Models) -> list[Route]:
    """The first model that each server without keys lists."""
    return [
        Route(provider.name, model.id)
        for provider in open_to_all(config)
        for model in models.listed(provider)[:1]
    ]


def open_to_all(config: Config) -> list[Provider]:
    """Return those that need no key and have no default model: what is there, only they know."""
    return [p for p in config.providers.values() if not (p.needs_key or p.default_model)]


def _has_key(keys: Sequence[KeyChoice]) -> bool:
    return any(key.state is not KeyState.NOT_CONFIGURED for key in keys)


def _explicit(name: str, config: Config, models: Models) -> Route:
    try:
        route = Route.parse(name)
    except ValueError as error:
        raise UnknownModel(f"{error}; write for example anthropic/claude-sonnet-5") from None
    if route.provider not in config.providers:
        raise UnknownModel(
            unknown_provider(route.provider, config.providers, _meant(route, config, models)),
            model=name,
        )
    return route


def _only(options: RouteOptions, routes: Sequence[Route], config: Config) -> Sequence[Route]:
    if options.providers is None:
        return routes
    if not options.providers:
        raise BadRequest("route.providers: names nobody; leave it out, or name a provider")
    for name in options.providers:
        if name not in config.providers:
            raise BadRequest(f"route.providers: {unknown_provider(name, config.providers)}")
    kept = [route for route in routes if route.provider in options.providers]
    if not kept:
        raise BadRequest(
            f"route.providers: none of {', '.join(map(str, routes))} "
            f"is served by {', '.join(options.providers)}"
        )
    return kept


def _meant(route: Route, config: Config, models: Models) -> str:
    """Guess what was meant by a provider that does not exist: a model's maker, or a typing error.

    Those who pass requests on call a model `maker/model`.
    """
    if matching := models.matching_routes(str(route)):
        return f" (did you mean {str(matching[0])!r}?)"
    return suggestion(route.provider, config.providers)


def _unknown_name(name: str, config: Config, keys_of: KeysOf, models: Models) -> str:
    if matching := models.matching_routes(name):
        several = " or ".join(map(str, matching))
        return f"{name!r} is the name of several models: write {several}"
    defaults = [p.default_model for p in config.providers.values() if p.default_model]
    known = [*config.models, *defaults, *models.names()]
    example = _example(name, config, keys_of, models)
    return (
        f"nobody knows the model {name!r}{suggestion(name, known)}; "
        f"write provider/model to pass a name on as it is: {example}"
    )


def _example(name: str, config: Config, keys_of: KeysOf, models: Models) -> str:
    """Return how the name would be passed on: by somebody who could be asked, if there is one."""
    if name in config.providers:
        return f"{name}/MODEL"
    signed_in = [p for p in config.providers.values() if p.needs_key and _has_key(keys_of(p))]
    ready = signed_in or [p for p in open_to_all(config) if models.listed(p)]
    return f"{ready[0].name if ready else 'openai'}/{name}"
