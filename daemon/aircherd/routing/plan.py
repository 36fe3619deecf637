"""From a model name to the ordered candidates: a provider, a key, and the model's name there.

A name is, in this order: nothing (the default), an alias of the user's, `provider/model`, or the
default model of a provider. For every candidate left out there is a reason.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from aircher_wire import codes
from aircherd.config.model import Config, Provider, Route
from aircherd.errors import BadRequest, UnknownModel
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.names import nearest

KeysOf = Callable[[Provider], Sequence[KeyChoice]]
"""The view of `auth`: a provider's keys in the order in which they should serve."""

# Keys in these states are not tried, and what the client is told instead.
_UNUSABLE = {
    KeyState.NOT_CONFIGURED: codes.NOT_AUTHENTICATED,
    KeyState.REJECTED: codes.AUTH_REJECTED,
    KeyState.LOCKED: codes.KEYRING_LOCKED,
}


class Models(Protocol):
    """The view of `catalog`."""

    def find(self, provider: Provider, name: str) -> Model:
        """Return what is known of the model that `provider` calls `name`."""

    def routes(self, name: str) -> Sequence[Route]:
        """Return where a model is served under this bare name; () if nobody knows it."""


class Candidate(msgspec.Struct, frozen=True):
    """One call that could be made; `key` is the key's name, None where none is needed."""

    provider: Provider
    model: Model
    key: str | None

    @property
    def origin(self) -> str:
        """What parts of this model's replies are marked with: `provider/model`."""
        return f"{self.provider.name}/{self.model.id}"


Step = Candidate | Skipped


class Plan(msgspec.Struct, frozen=True):
    """Who is asked, in order, with those who are passed over where they would have stood.

    So an answer can tell whom it passed over, and leaves out whom it never came to.
    """

    steps: tuple[Step, ...]

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Those who can be asked."""
        return tuple(step for step in self.steps if isinstance(step, Candidate))


def plan(
    model: str | None, options: RouteOptions, config: Config, keys_of: KeysOf, models: Models
) -> Plan:
    """Decide who is asked, in which order.

    Raises:
        UnknownModel: nobody knows that name.
        BadRequest: the request's own `route` leaves nobody.
    """
    routes = _only(options, _routes(model, config, keys_of, models), config)
    steps: list[Step] = []
    for route in routes:
        provider = config.providers[route.provider]
        found = models.find(provider, route.model)
        for key in keys_of(provider) or [KeyChoice(None, KeyState.NOT_CONFIGURED)]:
            if reason := _UNUSABLE.get(key.state):
                steps.append(_passed_over(provider, route, key, reason))
            else:
                steps.append(Candidate(provider, found, key.name))
    if options.no_fallback:
        first = next((n for n, step in enumerate(steps) if isinstance(step, Candidate)), len(steps))
        del steps[first + 1 :]
    return Plan(tuple(steps))


def _routes(model: str | None, config: Config, keys_of: KeysOf, models: Models) -> Sequence[Route]:
    name = model or config.default_model
    if name is None:
        return _default_chain(config, keys_of)
    if alias := config.models.get(name):
        return alias.routes
    if "/" in name:
        return [_explicit(name, config)]
    for provider in config.providers.values():
        if provider.default_model == name:
            return [Route(provider.name, name)]
    if routes := models.routes(name):
        return routes
    raise UnknownModel(_unknown_name(name, config), model=name)


def _default_chain(config: Config, keys_of: KeysOf) -> Sequence[Route]:
    """Every provider's default model, the signed-in ones; all of them when there is none.

    So a newcomer with two keys has a fallback, and one without any learns what could be signed in.
    """
    chain = [
        (provider, Route(provider.name, provider.default_model))
        for provider in config.providers.values()
        if provider.default_model is not None
    ]
    known = [route for provider, route in chain if _has_key(keys_of(provider))]
    return known or [route for _, route in chain]


def _has_key(keys: Sequence[KeyChoice]) -> bool:
    return any(key.state is not KeyState.NOT_CONFIGURED for key in keys)


def _explicit(name: str, config: Config) -> Route:
    try:
        route = Route.parse(name)
    except ValueError as error:
        raise UnknownModel(f"{error}; write for example anthropic/claude-sonnet-5") from None
    if route.provider not in config.providers:
        raise UnknownModel(
            f"there is no provider {route.provider!r}{_nearest(route.provider, config.providers)}; "
            f"known: {', '.join(config.providers)}",
            model=name,
        )
    return route


def _only(options: RouteOptions, routes: Sequence[Route], config: Config) -> Sequence[Route]:
    if options.providers is None:
        return routes
    for name in options.providers:
        if name not in config.providers:
            raise BadRequest(
                f"route.providers: there is no provider {name!r}{_nearest(name, config.providers)}"
            )
    kept = [route for route in routes if route.provider in options.providers]
    if not kept:
        raise BadRequest(
            f"route.providers: none of {', '.join(map(str, routes))} "
            f"is served by {', '.join(options.providers) or 'nobody'}"
        )
    return kept


def _passed_over(provider: Provider, route: Route, key: KeyChoice, reason: str) -> Skipped:
    message = key.message or (
        f"no key for {provider.name}: sign in with 'aircher-cli auth login {provider.name}'"
    )
    return Skipped(
        provider=provider.name, model=route.model, key=key.name, reason=reason, message=message
    )


def _unknown_name(name: str, config: Config) -> str:
    defaults = [p.default_model for p in config.providers.values() if p.default_model]
    return (
        f"nobody knows the model {name!r}{_nearest(name, [*config.models, *defaults])}; "
        f"write provider/model to pass a name on as it is: {_example(name, config)}"
    )


def _example(name: str, config: Config) -> str:
    return f"{name}/MODEL" if name in config.providers else f"openai/{name}"


def _nearest(name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    return f" (did you mean {close!r}?)" if close else ""
