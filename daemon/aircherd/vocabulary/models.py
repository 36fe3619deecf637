"""A model's metadata: sizes, capabilities and prices. None means unknown."""

from decimal import Decimal
from typing import Literal

import msgspec

ApiName = Literal["chat", "responses"]


class Rates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exact USD per million tokens. `cached` and `cache_write` default to `input`."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    cache_write: Decimal | None = None


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """Rates for all tokens of a call whose input has more than `above` tokens."""

    above: int
    rates: Rates


class Prices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model's prices; `tiers` are in rising order."""

    rates: Rates
    tiers: tuple[Tier, ...] = ()


class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model of one provider. `id` is its name there; sizes are in tokens.

    `window` limits input and output together, `max_output` the output alone. `tools`, `images`,
    `documents` (PDF), `audio`, `reasoning` and `json_schema` are capabilities; `sampling` tells
    whether it accepts `temperature` and `top_p`. `api` is the API it requires, if its vendor has
    several.
    """

    id: str
    name: str | None = None
    window: int | None = None
    max_output: int | None = None
    tools: bool | None = None
    images: bool | None = None
    documents: bool | None = None
    audio: bool | None = None
    reasoning: bool | None = None
    json_schema: bool | None = None
    sampling: bool | None = None
    api: ApiName | None = None
    prices: Prices | None = None
