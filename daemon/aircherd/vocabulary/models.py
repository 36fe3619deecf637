"""What is known about a model: its sizes, what it can do, and what it costs. None is unknown."""

from decimal import Decimal
from typing import Literal

import msgspec

ApiName = Literal["chat", "responses"]


class Rates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """USD per million tokens, exact. What is None costs as much as its plain kind."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    cache_write: Decimal | None = None


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """The rates of a call whose input has more tokens than `above`: all of its tokens."""

    above: int
    rates: Rates


class Prices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model costs; `tiers` in rising order."""

    rates: Rates
    tiers: tuple[Tier, ...] = ()


class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model of one provider. `id` is its name there; sizes are in tokens.

    `window` is what input and output may have together, `max_output` the output alone.
    `tools`, `images`, `reasoning` and `json_schema` say what it can take or do; `sampling` whether
    it takes `temperature` and `top_p`. `api` names the API it needs where its vendor has several.
    """

    id: str
    name: str | None = None
    window: int | None = None
    max_output: int | None = None
    tools: bool | None = None
    images: bool | None = None
    reasoning: bool | None = None
    json_schema: bool | None = None
    sampling: bool | None = None
    api: ApiName | None = None
    prices: Prices | None = None
