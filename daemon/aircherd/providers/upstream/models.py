"""Another daemon's list of models as ours: pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.errors import fail
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

Map = Mapping[str, object]

USABLE = frozenset({"authenticated", "unverified", "not_required"})
"""The states of providers that can answer there."""

MAX_TIERS = 16

_SIZES = ("window", "max_output")
_ABILITIES = ("tools", "images", "documents", "audio", "reasoning", "json_schema", "sampling")
_RATES = ("cached", "cache_write", "cache_write_1h")


def read_models(result: object) -> list[Model]:
    """Return the models that the daemon can answer with, named `provider/model`, its default first.

    Raises:
        ProviderFailed: it is not the result of `models.list`.
    """
    rows = result.get("models") if isinstance(result, Mapping) else None
    if not isinstance(rows, list):
        fail(FailureClass.PROTOCOL, "the daemon sent what is no list of models")
    assert isinstance(result, Mapping)
    models = {model.id: model for model in _models(rows[:MAX_LISTED])}
    named = {alias.id: alias for alias in _aliases(result.get("aliases"), models)}
    both = {**models, **named}
    default = result.get("default")
    first = [both[default]] if isinstance(default, str) and default in both else []
    return [*first, *(model for model in both.values() if model not in first)]


def _models(rows: list[object]) -> Iterator[Model]:
    for row in rows:
        if not isinstance(row, Mapping) or row.get("state") not in USABLE:
            continue
        provider, model = row.get("provider"), row.get("model")
        if isinstance(provider, str) and isinstance(model, str):
            yield _model(f"{provider}/{model}", row)


def _aliases(aliases: object, models: Mapping[str, Model]) -> Iterator[Model]:
    """Yield the daemon's own names for models: each is as its first route that is listed."""
    for alias in aliases if isinstance(aliases, list) else ():
        name = alias.get("name") if isinstance(alias, Mapping) else None
        routes = alias.get("routes") if isinstance(alias, Mapping) else None
        if not isinstance(name, str) or not isinstance(routes, list):
            continue
        route = next((each for each in routes if isinstance(each, str) and each in models), None)
        if route is not None:
            yield msgspec.structs.replace(models[route], id=name, name=None)


def _model(name: str, row: Map) -> Model:
    title, released = row.get("name"), row.get("released")
    sizes = {field: _size(row.get(field)) for field in _SIZES}
    abilities = {field: _flag(row.get(field)) for field in _ABILITIES}
    model = Model(
        id=name,
        name=title if isinstance(title, str) else None,
        released=released if isinstance(released, str) else None,
        prices=_prices(row.get("prices")),
        chats=False if row.get("chats") is False else None,
    )
    return msgspec.structs.replace(model, **sizes, **abilities)


def _size(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _prices(value: object) -> Prices | None:
    """Return prices; None if one is missing or malformed: half of a price is a wrong one."""
    if not isinstance(value, Mapping):
        return None
    try:
        tiers = value.get("tiers", ())
        if not isinstance(tiers, list | tuple) or len(tiers) > MAX_TIERS:
            return None
        read = tuple(Tier(above=_above(each), rates=_rates(each)) for each in tiers)
        return Prices(rates=_rates(value), tiers=read)
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None


def _above(tier: Map) -> int:
    above = tier["above"]
    if type(above) is not int:
        raise TypeError
    return above


def _rates(row: Map) -> Rates:
    more = {name: _amount(row[name]) for name in _RATES if name in row}
    return Rates(input=_amount(row["input"]), output=_amount(row["output"]), **more)


def _amount(value: object) -> Decimal:
    if not isinstance(value, str) or len(value) > 40:
        raise TypeError
    return Decimal(value)
