"""Merges what several sources know of a model. Pure functions.

    shipped data < models.dev < the provider's own list < the user's configuration

Later sources win field by field; None never overrides a value. Prices count as one field: mixing
the rates of two sources gives a price that no vendor charges.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from aircherd.config.model import Override
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

Source = Literal["shipped", "models.dev", "provider", "config"]

_FIELDS = tuple(name for name in Model.__struct_fields__ if name != "id")
_OVERRIDABLE = (
    "window",
    "max_output",
    "tools",
    "images",
    "documents",
    "audio",
    "reasoning",
    "json_schema",
    "sampling",
    "api",
)


def merge_layers(name: str, layers: Sequence[Model | None]) -> Model:
    """Merge `layers`, given in rising priority, into one model called `name`."""
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


def apply_override(model: Model, override: Override | None) -> Model:
    """Return `model` with the user's configuration applied."""
    if override is None:
        return model
    changes: dict[str, Any] = {
        field: value for field in _OVERRIDABLE if (value := getattr(override, field)) is not None
    }
    prices = _prices(model.prices, override)
    return msgspec.structs.replace(model, **changes, prices=prices)


def _prices(known: Prices | None, override: Override) -> Prices | None:
    """Return `known` with the user's prices applied to every tier.

    None unless both the input and the output price are known.
    """
    configured = {
        "input": override.input_price,
        "output": override.output_price,
        "cached": override.cached_price,
        "cache_write": override.cache_write_price,
        "cache_write_1h": override.cache_write_1h_price,
    }
    changes = {name: price for name, price in configured.items() if price is not None}
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
