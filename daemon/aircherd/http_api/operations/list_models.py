"""Lists the models that a client may name, and answers what else only needs that list.

The metadata of thousands of models takes a second to merge, so it is kept for as long as the
configuration and the catalogue stay the same. Which providers can answer is looked up each time.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from aircher_wire import methods
from aircherd.api.models import LIST_TIMEOUT
from aircherd.api.services import Services
from aircherd.api.status import best_state, first_default
from aircherd.api.wire import Slice
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.non_chat_names import does_not_chat, is_embedding_name
from aircherd.catalog.release_dates import date_in_name
from aircherd.config.model import Config, Provider, Route
from aircherd.errors import UnknownModel
from aircherd.http_api.call import ApiCall, Client
from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.operations.exchange import JSON, Exchange
from aircherd.http_api.operations.model_names import listed_names, resolve_name
from aircherd.vocabulary.keys import USABLE
from aircherd.vocabulary.models import Model

LATEST: Final = ":latest"
"""The tag that Ollama's clients add to a name without one."""


class _Kept:
    """The models of each provider, for one configuration and one generation of the catalogue."""

    def __init__(self, config: Config, generation: int) -> None:
        self.config = config
        self.generation = generation
        self.models: dict[str, Sequence[ListedModel]] = {}


_KEPT: WeakKeyDictionary[Catalog, _Kept] = WeakKeyDictionary()


async def list_models(exchange: Exchange) -> None:
    """Answer with the list."""
    models = await _permitted_models(exchange)
    await exchange.answer(exchange.dialect.model_list(exchange.call, models))


async def show_model(exchange: Exchange) -> None:
    """Answer with one model.

    Raises:
        UnknownModel: there is no such model, or the client may not name it.
    """
    models = await _permitted_models(exchange)
    name = _asked_name(exchange.call)
    found = next((each for each in models if each.id == name), None)
    if found is None:
        name = name.removesuffix(LATEST)
        found = next((each for each in models if each.id == name), None)
    if found is None:
        found = _find_unlisted(exchange, name)
    await exchange.answer(exchange.dialect.model_entry(exchange.call, found))


class _Named(msgspec.Struct):
    """What names a model in a body; Ollama's old clients call it `name`."""

    model: str | None = None
    name: str | None = None


_NAMED = msgspec.json.Decoder(_Named)


def _asked_name(call: ApiCall) -> str:
    """Return the model's name in the path, else that in the body."""
    if (name := call.params.get("model")) is not None:
        return name
    try:
        named = _NAMED.decode(call.body)
    except (ValueError, RecursionError):
        return ""
    return named.model or named.name or ""


async def plain(exchange: Exchange) -> None:
    """Answer what a dialect answers by itself."""
    answer = exchange.route.answer
    assert answer is not None
    models = await _permitted_models(exchange)
    status, body = answer(exchange.call, models)
    await exchange.response.whole(status, [("content-type", JSON)], body)


def _find_unlisted(exchange: Exchange, name: str) -> ListedModel:
    """Return a model that has a provider in its name, or that a pattern stands for."""
    services, config = exchange.services, exchange.services.config.usable()
    resolved = resolve_name(name, config) or name
    alias = config.models.get(resolved)
    try:
        route = alias.routes[0] if alias else Route.parse(resolved)
    except ValueError:
        route = next(iter(services.catalog.routes(resolved)), Route("", ""))
    provider = config.providers.get(route.provider)
    client = exchange.client
    is_other = alias is None and not client.may_ask(route.provider)
    if provider is None or is_other or not client.may_name(resolved):
        raise UnknownModel(f"unknown model {name!r}")
    return _listed(name, provider, services.catalog.find(provider, route.model))


# ------------------------------------------------------------------ the list


async def _permitted_models(exchange: Exchange) -> Sequence[ListedModel]:
    """Return the models that the client may name."""
    handler = exchange.client.permitted(methods.MODELS_LIST, _list)
    found = await handler(exchange.services, exchange, None)
    assert isinstance(found, list)
    config = exchange.services.config.usable()
    permitted = (_permitted(each, exchange.client, config) for each in found)
    unique = {each.id: each for each in permitted if each is not None}
    return list(unique.values())


def _permitted(model: ListedModel, client: Client, config: Config) -> ListedModel | None:
    """Return a model by a name that the client may use, None if there is none.

    What has a name of its own may have other routes. A token for `claude-*` may ask for
    `claude-opus-5`, but not for `anthropic/claude-opus-5`.
    """
    bare, provider = model.model or "", model.provider or ""
    is_of_provider = model.id == f"{provider}/{bare}"
    if is_of_provider and not client.may_ask(provider):
        return None
    if client.may_name(model.id):
        return model
    is_known = is_of_provider and "/" not in bare and resolve_name(bare, config) == bare
    if is_known and bare not in config.models and client.may_name(bare):
        return msgspec.structs.replace(model, id=bare)
    return None


async def _list(services: Services, _exchange: object, _params: object) -> list[ListedModel]:
    config = services.config.usable()
    found = _named(services, config)
    usable = [p for p in config.named_providers() if best_state(services, p) in USABLE]
    await services.fetcher.refresh_stale(usable, LIST_TIMEOUT)
    for provider in usable:
        found += await _models_of(services, config, provider)
    unique = {each.id: each for each in reversed(found)}
    return list(reversed(unique.values()))


def _named(services: Services, config: Config) -> list[ListedModel]:
    """Return the default model, the user's aliases, and the names that tools insist on."""
    found: list[ListedModel] = []
    default = config.default_model or first_default(services)
    names: Iterable[tuple[str, str]] = [
        *((name, name) for name in config.models),
        *listed_names(config),
    ]
    for name, stands_for in names:
        if each := _standing_for(services, config, name, stands_for):
            found.append(each)
    if default and default not in config.models:
        found += filter(None, [_standing_for(services, config, default, default)])
    return found


def _standing_for(
    services: Services, config: Config, name: str, stands_for: str
) -> ListedModel | None:
    alias = config.models.get(stands_for)
    if alias is not None:
        route = alias.routes[0]
    elif "/" in stands_for:
        route = Route.parse(stands_for)
    else:
        return ListedModel(id=name)
    provider = config.providers.get(route.provider)
    if provider is None:
        return None
    return _listed(name, provider, services.catalog.find(provider, route.model))


async def _models_of(
    services: Services, config: Config, provider: Provider
) -> Sequence[ListedModel]:
    kept = _kept_for(services.catalog, config)
    found = kept.models.get(provider.name)
    if found is None:
        made, current = [], Slice()
        for known in services.catalog.models(provider):
            model = known.model
            if model.chats is not False and (
                not does_not_chat(model.id) or is_embedding_name(model.id)
            ):
                made.append(_listed(f"{provider.name}/{model.id}", provider, model))
            if current.is_over:
                await current.pause()
        found = kept.models[provider.name] = made
    return found


def _kept_for(catalog: Catalog, config: Config) -> _Kept:
    generation, kept = catalog.current_generation(), _KEPT.get(catalog)
    if kept is None or kept.config is not config or kept.generation != generation:
        kept = _KEPT[catalog] = _Kept(config, generation)
    return kept


_ABILITIES = {
    "tools": "tools",
    "images": "images",
    "documents": "documents",
    "audio": "audio",
    "reasoning": "reasoning",
    "json_schema": "structured_output",
}
"""Field of `Model` -> ability of `ListedModel`."""


def _listed(name: str, provider: Provider, model: Model) -> ListedModel:
    abilities = {shown for field, shown in _ABILITIES.items() if getattr(model, field)}
    if is_embedding_name(model.id):
        abilities = {"embeddings"}
    return ListedModel(
        id=name,
        provider=provider.name,
        model=model.id,
        name=model.name,
        released=date_in_name(model.id) or model.released,
        window=model.window,
        max_output=model.max_output,
        abilities=frozenset(abilities),
    )
