"""A model's metadata: sizes, capabilities and prices. None means unknown."""

from decimal import Decimal
from typing import Literal

import msgspec

ApiName = Literal["chat", "responses"]


class Rates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exact USD per million tokens. `cached` and `cache_write` default to `input`.

    `cache_write_1h` is for what the cache keeps for an hour: see `for_hour`.
    """

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None

    @property
    def for_hour(self) -> Decimal:
        """The price of what is written to the cache for an hour.

        If unknown, it is the price of any writing; but Anthropic, whose five minutes cost 1.25
        times the input, bills twice the input for an hour.
        """
        if self.cache_write_1h is not None:
            return self.cache_write_1h
        if self.cache_write is None:
            return self.input
        is_as_anthropic = self.cache_write * 4 == self.input * 5
        return self.input * 2 if is_as_anthropic else self.cache_write


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
    several. `released` is a date, `2025-09-29` or `2025-09`. `chats` is False for models that do
    something else, such as embeddings.
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
    released: str | None = None
    chats: bool | None = None
