"""From a model name to the routes that serve it, in the configured order.

A name is, in this order: absent (the default), one of the user's aliases, `provider/model`, or a
bare model name: the default model of a provider, or a model that the catalog knows. A provider with
a `fallback` adds its fallback routes right after its own.

A route may name the one key to use (`labels`), and the request one for all routes that do not. A
fallback route inherits it: only the user may mix accounts, by naming another key.

Routes of refused providers stay in a chain, so that the response says why they are skipped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Protocol

import msgspec

from aircherd.config.model import Config, Provider, Refused, Route, Strategy
from aircherd.errors import BadRequest, NotServed, UnknownModel
from aircherd.routing import labels
from aircherd.routing.signed_in_routes import SignedInRoutes
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.suggestions import suggestion, unknown_provider

KeysOf = Callable[[Provider], Sequence[KeyChoice]]
"""Returns a provider's keys in the order of use; `auth` implements it."""

RoutesByProvider = Callable[[str], Mapping[str, Route]]
"""Returns the routes of a model name, by provider."""


class Models(Protocol):
    """What routing needs of the catalog."""

    def find(self, provider: Provider, name: str) -> Model:
        """Return what is known of the model that `provider` calls `name`."""

    def routes(self, name: str) -> Sequence[Route]:
        """Return the routes that serve a bare model name; () if it is unknown.

        The vendor's own API comes before resellers.
        """

    def matching_routes(self, name: str) -> Sequence[Route]:
        """Return all routes that a name may mean, if a provider has several models of that name."""

    def names(self) -> Iterable[str]:
        """Return all known names, for suggestions."""

    def listed(self, provider: Provider) -> Sequence[Model]:
        """Return the models that `provider` listed last; () if its list was not fetched yet."""


class Chain(msgspec.Struct, frozen=True):
    """The routes that serve a name, and the strategy of its alias, if any."""

    routes: Sequence[Route]
    strategy: Strategy | None = None


def resolve_chain(
    model: str | None, options: RouteOptions, config: Config, keys_of: KeysOf, models: Models
) -> Chain:
    """Return the routes that serve `model`, restricted to what the request allows.

    Raises:
        UnknownModel: no provider has a model of that name.
        BadRequest: the request's own `route` excludes every provider.
        NotAuthenticated: no provider of the chain has a key with the label that it has to have.
        ConfigInvalid: the alias, or the default model, is refused.
    """
    name = model or config.default_model
    if config.refused:
        _check_refused(name, config.refused)
    alias = config.models.get(name) if name is not None else None
    own_keys = keys_of if options.key is None else labels.restrict_keys(keys_of, options.key)
    routes = alias.routes if alias else _resolve_name(name, config, own_keys, models)
    if options.key is not None and type(routes) is SignedInRoutes:
        routes = _unless_only_keyless(routes, config)
    own = routes
    routes = _with_fallbacks(routes, config, models, options.key)
    if options.fallbacks is not None and routes is not own:
        routes = _with_named_only(routes, own, options.fallbacks)
    routes = _restrict(options, routes, config, name)
    if options.key is not None:
        routes = labels.add_label(routes, options.key, config)
    if type(routes) is not SignedInRoutes:  # the routes of a bare name have no labels
        labels.check_labels(routes, options.key, config, keys_of)
    return Chain(routes, alias.strategy if alias else None)


def _check_refused(name: str | None, refused: Refused) -> None:
    """Check that a name's routes are known; None is the default model.

    Raises:
        ConfigInvalid: they are not, as its entry is invalid.
    """
    if name is None and refused.default_model is not None:
        raise refused.default_model.error("the default model")
    if name is not None and (entry := refused.models.get(name)):
        raise entry.error(f"the alias {name!r}")


# ------------------------------------------------------------------ names


def _resolve_name(
    name: str | None, config: Config, keys_of: KeysOf, models: Models
) -> Sequence[Route]:
    if name is None:
        return _default_chain(config, keys_of, models)
    if "/" in name:
        return [_explicit_route(name, config, models)]
    if routes := _routes_of_model(name, config, models):
        return _signed_in_routes(routes, config, keys_of)
    raise UnknownModel(_unknown_model_message(name, config, keys_of, models), model=name)


def _routes_of_model(name: str, config: Config, models: Models) -> list[Route]:
    """Return the routes of a bare name: providers whose default model it is come first."""
    defaults = [Route(p.name, name) for p in config.named_providers() if p.default_model == name]
    taken = {route.provider for route in defaults}
    others = [r for r in models.routes(name) if r.provider not in taken]
    return [*defaults, *(route for route in others if config.has_entry_of(route.provider))]


def _signed_in_routes(routes: Sequence[Route], config: Config, keys_of: KeysOf) -> SignedInRoutes:
    """Return the routes of providers that have a key or need none; all if there is none.

    A refused provider counts as one with a key: the user has configured it.
    """

    def has_key(route: Route) -> bool:
        provider = config.providers.get(route.provider)
        return provider is None or _has_key(keys_of(provider))

    return SignedInRoutes(routes, has_key)


def _unless_only_keyless(routes: SignedInRoutes, config: Config) -> Sequence[Route]:
    """Return the routes; before the check if no provider that may have the label is left.

    Otherwise a local server would answer, and hide a misspelt label.
    """
    providers = (config.providers.get(route.provider) for route in routes)
    is_answerable = any(provider is None or provider.needs_key for provider in providers)
    return routes if is_answerable else routes.all_routes


def _default_chain(config: Config, keys_of: KeysOf, models: Models) -> Sequence[Route]:
    """Return the default models of signed-in providers, then the first model of local servers.

    If there is none, return all default models. So a new user with two keys has a fallback, one
    with a running Ollama gets an answer, and one with neither learns where to sign in. Refused
    vendors come last: a user without any other learns why.
    """
    chain = [
        Route(provider.name, provider.default_model)
        for provider in config.named_providers()
        if provider.default_model is not None
    ]
    return _signed_in_routes([*chain, *_local_routes(config, models)], config, keys_of)


def _local_routes(config: Config, models: Models) -> list[Route]:
    return [
        Route(provider.name, model.id)
        for provider in keyless_providers(config)
        for model in models.listed(provider)[:1]
    ]


def keyless_providers(config: Config) -> list[Provider]:
    """Return the providers that need no key and have no default model.

    Only their model list says what they serve.
    """
    return [p for p in config.providers.values() if not (p.needs_key or p.default_model)]


def _has_key(keys: Sequence[KeyChoice]) -> bool:
    return any(key.state is not KeyState.NOT_CONFIGURED for key in keys)


def _explicit_route(name: str, config: Config, models: Models) -> Route:
    try:
        route = Route.parse(name)
    except ValueError as error:
        raise UnknownModel(f"{error}; write for example anthropic/claude-sonnet-5") from None
    if route.key is not None:
        labels.check_label(route.key)
    if not config.has_entry_of(route.provider):
        hint = _suggest_route(route, config, models)
        raise UnknownModel(unknown_provider(route.provider, config.providers, hint), model=name)
    return route


# ------------------------------------------------------------------ fallbacks and restrictions


def _with_fallbacks(
    routes: Sequence[Route], config: Config, models: Models, key: str | None
) -> Sequence[Route]:
    """Insert each provider's own `fallback` right after its routes; drop duplicates.

    A fallback that names no key itself has that of the request, `key`, or else of the route that it
    replaces.
    """
    all_routes = routes.all_routes if isinstance(routes, SignedInRoutes) else routes
    if not any(_fallback_of(route, config) for route in all_routes):
        return routes
    served = cache(partial(_routes_by_provider, models))
    found: dict[Route, None] = {}
    stack = list(reversed(routes))
    while stack:
        route = stack.pop()
        if route in found:
            continue
        found[route] = None
        entries = _fallback_of(route, config)
        others = [_fallback_route(each, route.model, served, config, models) for each in entries]
        if label := key or route.key:
            others = labels.add_label(others, label, config)
        stack += reversed(others)
    return list(found)


def _with_named_only(
    routes: Sequence[Route], own: Sequence[Route], names: Sequence[str]
) -> Sequence[Route]:
    """Leave out fallback routes that none of the names is for; `own` are those of the model."""
    meant = {route.name for route in own}
    return [route for route in routes if route.name in meant or _is_named(route, names)]


def _is_named(route: Route, names: Sequence[str]) -> bool:
    """Return whether one of the names, with `*` in them, is that of the route or of its model."""
    forms = (route.name, str(route), route.model, route.model.rpartition("/")[2])
    return any(fnmatchcase(form, name) for name in names for form in forms)


def _fallback_of(route: Route, config: Config) -> Sequence[str]:
    """Return the `fallback` of a route's provider; a refused one has none."""
    provider = config.providers.get(route.provider)
    return () if provider is None else provider.fallback


def _routes_by_provider(models: Models, model: str) -> Mapping[str, Route]:
    """Return the routes of a model by provider; resellers call it `maker/model`."""
    short = model.rpartition("/")[2]
    names = (model,) if short == model else (short, model)
    return {route.provider: route for name in names for route in models.routes(name)}


def _fallback_route(
    entry: str, model: str, served: RoutesByProvider, config: Config, models: Models
) -> Route:
    """Return the route of one entry of a `fallback`: `provider/model`, or a provider's name.

    Each may have a key: `provider@key`.

    A provider serves the same model, else its default, else the first model that a local server
    lists. An unknown provider is asked for the same model name: its error says what is wrong. A
    refused provider is skipped later, whatever the model is.
    """
    if "/" in entry:
        return Route.parse(entry)
    entry, at, key = entry.partition("@")
    if at:
        route = _fallback_route(entry, model, served, config, models)
        return Route(entry, route.model, key)
    if same := served(model).get(entry):
        return same
    provider = config.providers.get(entry)
    if provider is None:
        return Route(entry, model)
    if provider.default_model:
        return Route(entry, provider.default_model)
    listed = [] if provider.needs_key else models.listed(provider)
    return Route(entry, listed[0].id if listed else model)


def _restrict(
    options: RouteOptions, routes: Sequence[Route], config: Config, name: str | None
) -> Sequence[Route]:
    """Return the routes of the providers that the request allows; `name` is what it asks for."""
    if options.providers is None:
        return routes
    if not options.providers:
        raise BadRequest("the list of providers to ask is empty: leave it out, or name one")
    for provider in options.providers:
        if not config.has_entry_of(provider):
            raise BadRequest(unknown_provider(provider, config.providers))
    kept = [route for route in routes if route.provider in options.providers]
    if not kept:
        raise NotServed(_not_served_message(options.providers, routes, name))
    return kept


# ------------------------------------------------------------------ error messages


def _not_served_message(providers: Sequence[str], routes: Sequence[Route], name: str | None) -> str:
    """Return that none of the providers that may be asked is in the chain of what is asked for."""
    what = "the default model" if name is None else repr(name)
    served = " or ".join(dict.fromkeys(route.provider for route in routes))
    verb = "does" if len(providers) == 1 else "do"
    return (
        f"{' and '.join(providers)} {verb} not serve {what}, which is asked of {served}: "
        f"name a model of its own, as in {providers[0]}/MODEL"
    )


def _suggest_route(route: Route, config: Config, models: Models) -> str:
    """Suggest what an unknown provider means: the maker in a reseller's name, or a misspelling."""
    if matching := models.matching_routes(str(route)):
        return f" (did you mean {str(matching[0])!r}?)"
    return suggestion(route.provider, config.providers)


def _unknown_model_message(name: str, config: Config, keys_of: KeysOf, models: Models) -> str:
    if matching := models.matching_routes(name):
        several = " or ".join(map(str, matching))
        return f"{name!r} is the name of several models: write {several}"
    defaults = [p.default_model for p in config.providers.values() if p.default_model]
    known = [*config.models, *defaults, *models.names()]
    example = _example_route(name, config, keys_of, models)
    return (
        f"unknown model {name!r}{suggestion(name, known)}; "
        f"write provider/model to pass a name on unchanged: {example}"
    )


def _example_route(name: str, config: Config, keys_of: KeysOf, models: Models) -> str:
    """Return `provider/name` with a provider that is ready to use, if there is one."""
    if name in config.providers:
        return f"{name}/MODEL"
    signed_in = [p for p in config.providers.values() if p.needs_key and _has_key(keys_of(p))]
    ready = signed_in or [p for p in keyless_providers(config) if models.listed(p)]
    return f"{ready[0].name if ready else 'openai'}/{name}"
