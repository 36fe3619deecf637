"""Models for clients: what there is, which one is the default, and asking for news of them."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import structlog
import trio

from aircherd.api.services import Services
from aircherd.api.status import best_state
from aircherd.api.wire import to_wire
from aircherd.catalog import cost as prices
from aircherd.catalog.catalog import SourcedModel
from aircherd.config.edit import set_default_model
from aircherd.config.load import load_config
from aircherd.config.model import Config, Provider, Route
from aircherd.errors import AircherError, ConfigInvalid, UnknownModel
from aircherd.files.file_worker import DiskTimeout
from aircherd.routing.resolver import chain_of
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import USABLE, KeyState
from aircherd.vocabulary.models import Prices, Rates
from aircherd.vocabulary.suggestions import nearest

LIST_PATIENCE = 2.0
"""Seconds that a client waits for lists that are missing or old; then it is told what is known."""
USE_PATIENCE = 10.0
"""The same where a wrong name would be written into the user's file."""
WRITE_PATIENCE = 5.0
"""Seconds for the file itself: nobody waits for a disk that hangs."""
LOOK_PATIENCE = 1.0
"""Seconds to see whether it is changed all the same."""

Map = dict[str, object]

log = structlog.get_logger()


# ------------------------------------------------------------------ models.list


async def listing(services: Services, provider: str | None, query: str, *, every: bool) -> Map:
    """Return the models that can be asked, with what is known of each.

    `every` adds those of providers where nobody is signed in; they are also shown when there are no
    others, and when their provider is named.

    Raises:
        UnknownModel: there is no such provider.
    """
    config = services.config.current
    chosen = [_find(config, provider)] if provider else list(config.providers.values())
    await services.fetcher.refresh_stale(chosen, LIST_PATIENCE)
    shown = chosen if every or provider else _ready(services, chosen)
    first = _first_of_default(services)
    rows: list[Map] = []
    for each in shown:
        await trio.lowlevel.checkpoint()  # there may be a thousand models, and somebody may stream
        rows += _rows(services, each, query, first)
    result: Map = {"models": rows, "aliases": _aliases(config), "lists": _lists(services, chosen)}
    default = config.default_model or first
    return {**result, "default": default} if default else result


async def only(services: Services, name: str) -> Map:
    """Return what is known of one `provider/model`, be it on a list or not; it is asked either way.

    Raises:
        UnknownModel: it has not that form, or there is no such provider.
    """
    config = services.config.current
    try:
        route = Route.parse(name)
    except ValueError as error:
        raise UnknownModel(f"{error}; write for example anthropic/claude-sonnet-5") from None
    provider = _find(config, route.provider)
    await services.fetcher.refresh_stale([provider], LIST_PATIENCE)
    known = services.catalog.known(provider, route.model)
    row = _row(services, provider, known, best_state(services, provider))
    return {"models": [row], "aliases": _aliases(config), "lists": _lists(services, [provider])}


def _ready(services: Services, providers: list[Provider]) -> list[Provider]:
    return [p for p in providers if best_state(services, p) in USABLE] or providers


def _rows(services: Services, provider: Provider, query: str, first: str | None) -> Iterator[Map]:
    state, words = best_state(services, provider), query.lower().split()
    for known in services.catalog.models(provider):
        full = f"{provider.name}/{known.model.id}"
        text = f"{full} {known.model.name or ''}".lower()
        if all(word in text for word in words):
            default = {"is_default": True} if full == first else {}
            yield _row(services, provider, known, state) | default


def _row(services: Services, provider: Provider, known: SourcedModel, state: KeyState) -> Map:
    aliases = _aliases_of(services.config.current, provider.name, known.model.id)
    return {
        "provider": provider.name,
        **_model_row(known),
        "state": state.value,
        **({"aliases": aliases} if aliases else {}),
    }


def _model_row(known: SourcedModel) -> Map:
    row = to_wire(known.model)
    row["model"] = row.pop("id")
    if known.model.prices is not None:
        row["prices"] = _price_row(known.model.prices)
    return {**row, "source": list(known.sources)}


def _price_row(found: Prices) -> Map:
    """Return prices as decimal strings, USD per million tokens."""
    row = _rates_row(found.rates)
    if found.tiers:
        row["tiers"] = [{"above": tier.above, **_rates_row(tier.rates)} for tier in found.tiers]
    return row


def _rates_row(rates: Rates) -> Map:
    known = {name: getattr(rates, name) for name in ("input", "output", "cached", "cache_write")}
    return {name: prices.decimal_text(rate) for name, rate in known.items() if rate is not None}


def _aliases(config: Config) -> list[Map]:
    return [
        {"name": alias.name, "routes": [str(route) for route in alias.routes]}
        for alias in config.models.values()
    ]


def _aliases_of(config: Config, provider: str, model: str) -> list[str]:
    route = Route(provider, model)
    return [alias.name for alias in config.models.values() if route in alias.routes]


def _lists(
    services: Services, providers: Sequence[Provider], *, absent_too: bool = False
) -> list[Map]:
    """Return how fresh each list is; a local server that does not run only `absent_too`."""
    rows: list[Map] = []
    for provider in providers:
        row: Map = {"provider": provider.name}
        if found := services.catalog.cached_list(provider):
            row["fetched_at"] = found.fetched_at
        last_error = services.fetcher.last_error(provider)
        if last_error and (absent_too or not last_error.is_absent):
            row["error"] = last_error.message
            if last_error.is_absent:
                row["is_absent"] = True
        if len(row) > 1:
            rows.append(row)
    return rows


def _first_of_default(services: Services) -> str | None:
    """Return whom a request without a model comes to first, as `provider/model`."""
    try:
        return _first(services, None)
    except AircherError:
        return None


def _first(services: Services, name: str | None) -> str | None:
    """Return where a name leads first."""
    config, keys_of = services.config.current, services.auth.key_choices
    chain = chain_of(name, RouteOptions(), config, keys_of, services.catalog)
    return next((str(route) for route in chain.routes), None)


def _find(config: Config, name: str) -> Provider:
    if name in config.providers:
        return config.providers[name]
    close = nearest(name, config.providers)
    hint = f" (did you mean {close!r}?)" if close else ""
    known = ", ".join(config.providers)
    raise UnknownModel(f"there is no provider {name!r}{hint}; known: {known}")


# ------------------------------------------------------------------ models.use


async def use(services: Services, name: str) -> Map:
    """Make a model the default, in the user's own file; return what is written there, and where.

    Raises:
        UnknownModel: nobody knows it.
        ConfigInvalid: the file does not hold; it stays as it is.
        AircherError: it cannot be written, or not in time; it stays as it is, or the message says
            that it may still be changed.
    """
    model = await _settled(services, name)
    file = services.config.file
    try:
        await services.config.changes.do(partial(set_default_model, file, model), WRITE_PATIENCE)
    except OSError as error:
        # The disk may have failed or gone silent after the file was replaced.
        if not await _is_default(services, model):
            raise AircherError(_unwritten(file, error)) from None
        log.warning("default_may_not_last", file=str(file), reason=error.strerror)
    await services.reload()
    return {"model": model, "file": str(file)}


async def _is_default(services: Services, model: str) -> bool:
    """Tell whether the file names this default now, as far as it can be read in time."""
    file = services.config.file
    try:
        found = await services.config.check_worker.do(lambda _: load_config(file), LOOK_PATIENCE)
    except (OSError, ConfigInvalid):
        return False
    return found.default_model == model


def _unwritten(file: Path, error: OSError) -> str:
    late = isinstance(error, DiskTimeout) and error.may_change
    cure = ": look at it, then reload the configuration" if late else ""
    return f"{file} cannot be written: {error.strerror}{cure}"


async def _settled(services: Services, name: str) -> str:
    """Return what `default_model` has to be: an alias, or `provider/model`."""
    config = services.config.usable()
    if name in config.models:
        return name
    model = _first(services, name)
    assert model is not None  # a name leads somewhere, or there is an error
    route = Route.parse(model)
    provider = config.providers[route.provider]
    await services.fetcher.refresh_stale([provider], USE_PATIENCE)
    if services.catalog.is_unknown(provider, route.model):
        close = nearest(route.model, services.catalog.names(provider.name))
        hint = f" (did you mean '{provider.name}/{close}'?)" if close else ""
        raise UnknownModel(f"{provider.name} has no model {route.model!r}{hint}", model=name)
    return model


# ------------------------------------------------------------------ models.refresh


async def refresh(services: Services, provider: str | None) -> Map:
    """Ask one provider, or all that can be asked and models.dev, for what there is.

    Raises:
        UnknownModel: there is no such provider.
    """
    config = services.config.current
    if provider is not None:
        chosen = [_find(config, provider)]
        await services.fetcher.refresh(chosen)
        return {"lists": _lists(services, chosen, absent_too=True)}
    chosen = _askable(services)
    public: Map = {}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(services.fetcher.refresh, chosen)
        nursery.start_soon(_refresh_public, services, public)
    return {"lists": _lists(services, chosen, absent_too=True), "models_dev": public}


def _askable(services: Services) -> list[Provider]:
    providers = services.config.current.providers.values()
    return [p for p in providers if best_state(services, p) in USABLE]


async def _refresh_public(services: Services, row: Map) -> None:
    """Fetch models.dev; put into `row` what came of it."""
    try:
        row["models"] = await services.fetcher.refresh_models_dev()
    except AircherError as error:
        row["error"] = error.message
    if (date := services.catalog.models_dev_date) is not None:
        row["fetched_at"] = date
