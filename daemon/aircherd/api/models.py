"""Lists models for clients, refreshes the lists, and sets the default model."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import trio

from aircherd.api.model_rows import encode_pairs, model_row
from aircherd.api.services import Services
from aircherd.api.status import best_state, first_default, first_route, health_row
from aircherd.api.wire import Slice, array_header, encode_map
from aircherd.catalog.catalog import SourcedModel
from aircherd.config.load import load_config
from aircherd.config.model import Config, Provider, Route
from aircherd.errors import AircherError, UnknownModel
from aircherd.vocabulary.builtin_providers import SOCKET
from aircherd.vocabulary.keys import USABLE, Health
from aircherd.vocabulary.suggestions import nearest, unknown_provider

LIST_TIMEOUT = 2.0
"""Seconds to wait for missing and stale lists; after that the known models are returned."""
NAME_CHECK_TIMEOUT = 10.0
"""The same before a name is written to the user's file, where a wrong one would do damage."""

Map = dict[str, object]


# ------------------------------------------------------------------ models.list


async def refresh_stale(
    services: Services, provider: str | None, timeout: float, *, own: bool = False
) -> None:
    """Fetch missing and stale lists of one provider or of all; wait at most `timeout` seconds.

    Those of other daemons are left out for `own`.

    Raises:
        UnknownModel: there is no such provider.
    """
    chosen = _chosen(services.config.current, provider, own=own)
    await services.fetcher.refresh_stale(chosen, timeout)


async def known_models(
    services: Services, provider: str | None, query: str, *, every: bool, own: bool = False
) -> msgspec.Raw:
    """Return the known models of signed-in providers with their metadata, encoded.

    Models of other providers are included if `every` is set, if their `provider` is named, or if no
    provider is signed in. Those of other daemons are left out for `own`: two that list each other
    would never end.

    Raises:
        UnknownModel: there is no such provider.
    """
    config = services.config.current
    chosen = _chosen(config, provider, own=own)
    shown = chosen if every or provider else _signed_in(services, chosen)
    first = first_default(services)
    rows = _Rows(services, config, query, first)
    for each in shown:
        await rows.add(each)
    result: Map = {
        "models": rows.encoded(),
        "aliases": _alias_rows(config),
        "lists": [*_list_rows(services, chosen), *([] if provider else _refused_rows(config))],
    }
    default = config.default_model or first
    return encode_map({**result, "default": default} if default else result)


def _chosen(config: Config, provider: str | None, *, own: bool) -> list[Provider]:
    chosen = [_find_provider(config, provider)] if provider else config.providers.values()
    return [each for each in chosen if not (own and each.kind == SOCKET)]


async def show_model(services: Services, name: str, *, wait: bool = True) -> Map:
    """Return the metadata of one `provider/model`, whether or not it is on a list.

    Raises:
        UnknownModel: the name has another form, or there is no such provider.
    """
    config = services.config.current
    try:
        route = Route.parse(name)
    except ValueError as error:
        raise UnknownModel(f"{error}; write for example anthropic/claude-sonnet-5") from None
    provider = _find_provider(config, route.provider)
    await services.fetcher.refresh_stale([provider], LIST_TIMEOUT if wait else 0)
    known = services.catalog.known(provider, route.model)
    return {
        "models": [_row(services, provider, known)],
        "aliases": _alias_rows(config),
        "lists": _list_rows(services, [provider]),
    }


def _signed_in(services: Services, providers: list[Provider]) -> list[Provider]:
    return [p for p in providers if best_state(services, p) in USABLE] or providers


class _Rows:
    """The encoded rows of a list, provider by provider; other tasks run in between."""

    def __init__(self, services: Services, config: Config, query: str, first: str | None) -> None:
        self._services = services
        self._config = config
        self._words = query.lower().split()
        self._first = None if first is None else Route.parse(first).name
        self._aliases = _aliases_by_route(config)
        self._parts = [b""]
        self._count = 0
        self._slice = Slice()

    async def add(self, provider: Provider) -> None:
        """Add the models of a provider that match the query."""
        state = encode_pairs({"state": best_state(self._services, provider).value})
        health_of = _health_of(self._services, provider)
        latency_of = self._services.chat.services.latency.latency_of
        for model in await self._services.model_rows.of(self._config, provider):
            if all(word in model.text for word in self._words):
                more: Map = health_of(model.name) if health_of else {}
                route = Route(provider.name, model.name)
                if aliases := self._aliases.get(route):
                    more["aliases"] = aliases
                if (latency := latency_of(provider.name, model.name)) is not None:
                    more["latency_s"] = round(latency, 3)
                if self._first is not None and self._first == str(route):
                    more["is_default"] = True
                pairs = state + encode_pairs(more) if more else state
                self._parts += model.row(pairs, len(more) + 1)
                self._count += 1
            if self._slice.is_over:
                await self._slice.pause()

    def encoded(self) -> msgspec.Raw:
        """Return all rows."""
        self._parts[0] = array_header(self._count)
        return msgspec.Raw(b"".join(self._parts))


def _health_of(services: Services, provider: Provider) -> Callable[[str], Map] | None:
    """Return what gives a model's health as fields of its row, None if all models are healthy.

    There are no fields if a key can be used for the model now.
    """
    cooldowns = services.provider_client.cooldowns
    if not cooldowns.has(provider.name):
        return None
    health = health_row(services, provider)["health"]
    if health == Health.UNREACHABLE.value:
        return lambda _: {"health": health}
    usable = [each for each in services.auth.key_choices(provider) if each.state in USABLE]
    if not usable:
        return None
    shown = Health.COOLING.value if health == Health.OK.value else health

    def health_of(model: str) -> Map:
        is_cooling = all(cooldowns.cooling(provider.name, e.name, model) for e in usable)
        return {"health": shown} if is_cooling else {}

    return health_of


def _row(services: Services, provider: Provider, known: SourcedModel) -> Map:
    name = known.model.id
    aliases = _aliases_by_route(services.config.current).get(Route(provider.name, name))
    latency = services.chat.services.latency.latency_of(provider.name, name)
    health_of = _health_of(services, provider)
    return {
        "provider": provider.name,
        **model_row(known),
        "state": best_state(services, provider).value,
        **(health_of(name) if health_of else {}),
        **({"aliases": aliases} if aliases else {}),
        **({} if latency is None else {"latency_s": round(latency, 3)}),
    }


def _alias_rows(config: Config) -> list[Map]:
    return [
        {"name": alias.name, "routes": [str(route) for route in alias.routes]}
        for alias in config.models.values()
    ]


def _aliases_by_route(config: Config) -> dict[Route, list[str]]:
    found: dict[Route, list[str]] = {}
    for alias in config.models.values():
        for route in dict.fromkeys(Route(each.provider, each.model) for each in alias.routes):
            found.setdefault(route, []).append(alias.name)
    return found


def _list_rows(
    services: Services, providers: Sequence[Provider], *, absent_too: bool = False
) -> list[Map]:
    """Return the date and the last error of each list.

    The error of a local server that is not running is left out unless `absent_too` is set.
    """
    rows: list[Map] = []
    for provider in providers:
        row: Map = {"provider": provider.name}
        if found := services.catalog.cached_list(provider):
            row["fetched_at"] = found.fetched_at
        error = services.fetcher.last_error(provider)
        if error and error.is_absent:
            row["is_absent"] = True
        if error and (absent_too or not error.is_absent):
            row["error"] = error.message
        if len(row) > 1:
            rows.append(row)
    return rows


def _refused_rows(config: Config) -> list[Map]:
    """Return a row for each provider that has no list because its entry is invalid.

    There is none if all are refused, as the whole file is invalid then, which is said elsewhere.
    """
    if not config.providers:
        return []
    return [
        {"provider": name, "error": f"refused: {entry.reason}"}
        for name, entry in config.refused.providers.items()
    ]


def _find_provider(config: Config, name: str) -> Provider:
    if name in config.providers:
        return config.providers[name]
    if entry := config.refused.providers.get(name):
        raise entry.error(name)
    raise UnknownModel(unknown_provider(name, config.providers))


# ------------------------------------------------------------------ models.use


async def set_default(services: Services, name: str) -> Map:
    """Write the default model to the configuration file; return the model and the file.

    As in a chat, `provider/model` may be any model. If the provider is known not to list it, the
    result has `unlisted`, and `nearest` if one was probably meant.

    Raises:
        UnknownModel: the model is unknown.
        ConfigInvalid: the file is invalid and stays unchanged.
        AircherError: the file cannot be written in time. It stays unchanged, or the message says
            that it may still change.
    """
    from aircherd.api.config import change_and_reload  # noqa: PLC0415 -- rarely used
    from aircherd.config.edit.default_model import set_default_model  # noqa: PLC0415 -- likewise

    model, about = await _resolve_default(services, name)
    file = services.config.file
    write = partial(set_default_model, file, model)
    result = await change_and_reload(
        services, write, lambda: load_config(file).default_model == model
    )
    return {"model": model, "file": result["file"], **about}


async def _resolve_default(services: Services, name: str) -> tuple[str, Map]:
    """Return the value for `default_model`, an alias or `provider/model`, and what is odd in it."""
    config = services.config.usable()
    if name in config.models:
        return name, {}
    model = first_route(services, name)
    assert model is not None  # an unknown name raises
    route = Route.parse(model)
    provider = _find_provider(config, route.provider)
    await services.fetcher.refresh_stale([provider], NAME_CHECK_TIMEOUT)
    if services.catalog.is_unknown(provider, route.model):
        with trio.move_on_after(NAME_CHECK_TIMEOUT):  # it may be new, such as just pulled
            await services.fetcher.refresh([provider])
    if not services.catalog.is_unknown(provider, route.model):
        return model, {}
    close = nearest(route.model, services.catalog.names(provider.name))
    return model, {"unlisted": True, **({"nearest": f"{provider.name}/{close}"} if close else {})}


# ------------------------------------------------------------------ models.refresh


async def refresh_models(services: Services, provider: str | None) -> Map:
    """Fetch the list of one provider, or all lists and models.dev.

    Raises:
        UnknownModel: there is no such provider.
    """
    config = services.config.current
    if provider is not None:
        chosen = [_find_provider(config, provider)]
        await services.fetcher.refresh(chosen)
        return {"lists": _list_rows(services, chosen, absent_too=True)}
    chosen = _usable_providers(services)
    public: Map = {}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(services.fetcher.refresh, chosen)
        nursery.start_soon(_refresh_models_dev, services, public)
    return {"lists": _list_rows(services, chosen, absent_too=True), "models_dev": public}


def _usable_providers(services: Services) -> list[Provider]:
    providers = services.config.current.providers.values()
    return [p for p in providers if best_state(services, p) in USABLE]


async def _refresh_models_dev(services: Services, row: Map) -> None:
    """Fetch models.dev and put the result into `row`."""
    try:
        row["models"] = await services.fetcher.refresh_models_dev()
    except AircherError as error:
        row["error"] = error.message
    if (date := services.catalog.models_dev_date) is not None:
        row["fetched_at"] = date
