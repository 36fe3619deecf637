"""One picture of a model out of what several sources say: pure.

    shipped data < models.dev < the provider's own list < the user's configuration

Later sources win field by field, and an unknown field takes nothing away. Prices are one field: a
rate of one source and a rate of another make no price that anybody asks.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from aircherd.config.model import Override
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

Source = Literal["shipped", "models.dev", "provider", "config"]

_FIELDS = tuple(name for name in Model.__struct_fields__ if name != "id")
_PLAIN = ("window", "max_output", "tools", "images", "reasoning", "json_schema", "sampling", "api")


def merged(name: str, layers: Sequence[Model | None]) -> Model:
    """Return the model `name` as `layers` know it, the later ones first to be believed."""
    known = [layer for layer in layers if layer is not None]
    if len(known) == 1 and known[0].id == name:
        return known[0]
    fields: dict[str, Any] = {}
    for layer in known:
        for field in _FIELDS:
            value = getattr(layer, field)
            if value is not None:
                fields[field] = value
    return Model(id=name, **fields)


def overridden(model: Model, override: Override | None) -> Model:
    """Return `model` with what the user says of it."""
    if override is None:
        return model
    changes: dict[str, Any] = {
        field: value for field in _PLAIN if (value := getattr(override, field)) is not None
    }
    prices = _prices(model.prices, override)
    return msgspec.structs.replace(model, **changes, prices=prices)


def _prices(known: Prices | None, override: Override) -> Prices | None:
    """Return the prices with the user's, which hold for calls of every size.

    Without a price for input and one for output there is none: half a price is unknown.
    """
    given = {
        "input": override.input_price,
        "output": override.output_price,
        "cached": override.cached_price,
        "cache_write": override.cache_write_price,
    }
    changes = {name: price for name, price in given.items() if price is not None}
    if not changes:
        return known
    if known is not None:
        return Prices(
            rates=msgspec.structs.replace(known.rates, **changes),
            tiers=tuple(
                Tier(above=tier.above, rates=msgspec.structs.replace(tier.rates, **changes))
                for tier in known.tiers
            ),
        )
    if "input" in changes and "output" in changes:
        return Prices(rates=Rates(**changes))
    return None
