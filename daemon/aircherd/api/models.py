"""Lists models for clients, refreshes the lists, and sets the default model."""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import trio

from aircherd.api.services import Services
from aircherd.api.status import best_state, first_default, first_route, health_row
from aircherd.api.wire import to_wire
from aircherd.catalog.catalog import SourcedModel
from aircherd.catalog.decimal_cost import decimal_text
from aircherd.config.load import load_config
from aircherd.config.model import Config, Provider, Route
from aircherd.errors import AircherError, UnknownModel
from aircherd.vocabulary.keys import USABLE, Health, KeyState
from aircherd.vocabulary.models import Prices, Rates
from aircherd.vocabulary.suggestions import nearest, unknown_provider

LIST_TIMEOUT = 2.0
"""Seconds to wait for missing and stale lists; after that the known models are returned."""
NAME_CHECK_TIMEOUT = 10.0
"""The same before a name is written to the user's file, where a wrong one would do damage."""

Map = dict[str, object]


# ------------------------------------------------------------------ models.list


async def list_models(
    services: Services, provider: str | None, query: str, *, every: bool, wait: bool = True
) -> Map:
    """Return the models of signed-in providers with their metadata.

    Models of other providers are included if `every` is set, if their `provider` is named, or if no
    provider is signed in. Without `wait`, lists that are fetched now are reported by an event.

    Raises:
        UnknownModel: there is no such provider.
    """
    config = services.config.current
    chosen = [_find_provider(config, provider)] if provider else list(config.providers.values())
    await services.fetcher.refresh_stale(chosen, LIST_TIMEOUT if wait else 0)
    shown = chosen if every or provider else _signed_in(services, chosen)
    first = first_default(services)
    rows: list[Map] = []
    for each in shown:
        await trio.lowlevel.checkpoint()  # thousands of models must not delay running streams
        rows += _rows(services, each, query, first)
    result: Map = {
        "models": rows,
        "aliases": _alias_rows(config),
        "lists": [*_list_rows(services, chosen), *([] if provider else _refused_rows(config))],
    }
    default = config.default_model or first
    return {**result, "default": default} if default else result


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
    row = _row(services, provider, known, best_state(services, provider))
    return {
        "models": [row],
        "aliases": _alias_rows(config),
        "lists": _list_rows(services, [provider]),
    }


def _signed_in(services: Services, providers: list[Provider]) -> list[Provider]:
    return [p for p in providers if best_state(services, p) in USABLE] or providers


def _rows(services: Services, provider: Provider, query: str, first: str | None) -> Iterator[Map]:
    state, words = best_state(services, provider), query.lower().split()
    for known in services.catalog.models(provider):
        full = f"{provider.name}/{known.model.id}"
        text = f"{full} {known.model.name or ''}".lower()
        if all(word in text for word in words):
            default = {"is_default": True} if full == first else {}
            yield _row(services, provider, known, state) | default


def _health_of(services: Services, provider: Provider, model: str) -> Map:
    """Return the health of a model as a field of its row; none if a key can be used for it now."""
    cooldowns = services.provider_client.cooldowns
    if not cooldowns.has(provider.name):
        return {}
    health = health_row(services, provider)["health"]
    if health == Health.UNREACHABLE.value:
        return {"health": health}
    usable = [each for each in services.auth.key_choices(provider) if each.state in USABLE]
    if not usable or any(not cooldowns.cooling(provider.name, e.name, model) for e in usable):
        return {}
    return {"health": Health.COOLING.value if health == Health.OK.value else health}


def _row(services: Services, provider: Provider, known: SourcedModel, state: KeyState) -> Map:
    name = known.model.id
    aliases = _aliases_of(services.config.current, provider.name, name)
    latency = services.chat.services.latency.latency_of(provider.name, name)
    return {
        "provider": provider.name,
        **_model_row(known),
        "state": state.value,
        **_health_of(services, provider, name),
        **({"aliases": aliases} if aliases else {}),
        **({} if latency is None else {"latency_s": round(latency, 3)}),
    }


def _model_row(known: SourcedModel) -> Map:
    from aircherd.catalog.non_chat_names import does_not_chat  # noqa: PLC0415 -- rarely used
    from aircherd.catalog.release_dates import date_in_name  # noqa: PLC0415 -- likewise

    row = to_wire(known.model)
    row["model"] = row.pop("id")
    # The name of a version is exact; other sources may have the date of the first version.
    if released := date_in_name(known.model.id) or known.model.released:
        row["released"] = released
    if row.pop("chats", None) is False or does_not_chat(known.model.id):
        row["chats"] = False
    if known.model.prices is not None:
        row["prices"] = _price_row(known.model.prices)
    return {**row, "source": list(known.sources)}


def _price_row(found: Prices) -> Map:
    """Return prices as decimal strings in USD per million tokens."""
    row = _rates_row(found.rates)
    if found.tiers:
        row["tiers"] = [{"above": tier.above, **_rates_row(tier.rates)} for tier in found.tiers]
    return row


def _rates_row(rates: Rates) -> Map:
    known = msgspec.structs.asdict(rates)
    return {name: decimal_text(rate) for name, rate in known.items() if rate is not None}


def _alias_rows(config: Config) -> list[Map]:
    return [
        {"name": alias.name, "routes": [str(route) for route in alias.routes]}
        for alias in config.models.values()
    ]


def _aliases_of(config: Config, provider: str, model: str) -> list[str]:
    route = Route(provider, model)
    return [alias.name for alias in config.models.values() if route in alias.routes]


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
    """Return a row for each provider that has no list because its entry is invalid."""
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

    Raises:
        UnknownModel: the model is unknown.
        ConfigInvalid: the file is invalid and stays unchanged.
        AircherError: the file cannot be written in time. It stays unchanged, or the message says
            that it may still change.
    """
    from aircherd.api.config import change_and_reload  # noqa: PLC0415 -- rarely used
    from aircherd.config.edit.default_model import set_default_model  # noqa: PLC0415 -- likewise

    model = await _resolve_default(services, name)
    file = services.config.file
    write = partial(set_default_model, file, model)
    result = await change_and_reload(
        services, write, lambda: load_config(file).default_model == model
    )
    return {"model": model, "file": result["file"]}


async def _resolve_default(services: Services, name: str) -> str:
    """Return the value for `default_model`: an alias, or `provider/model`."""
    config = services.config.usable()
    if name in config.models:
        return name
    model = first_route(services, name)
    assert model is not None  # an unknown name raises
    route = Route.parse(model)
    provider = _find_provider(config, route.provider)
    await services.fetcher.refresh_stale([provider], NAME_CHECK_TIMEOUT)
    if services.catalog.is_unknown(provider, route.model):
        close = nearest(route.model, services.catalog.names(provider.name))
        hint = f" (did you mean '{provider.name}/{close}'?)" if close else ""
        raise UnknownModel(f"{provider.name} has no model {route.model!r}{hint}", model=name)
    return model


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
