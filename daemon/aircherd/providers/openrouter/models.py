"""Read OpenRouter's list of models: the only one with sizes, capabilities and prices.

Prices are in USD per token, as text, exact. `overrides` change them under conditions: those by
prompt size become tiers, those by time of day are ignored. Source: OpenRouter's API reference,
November 2026.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from aircherd.catalog.decimal_cost import is_price
from aircherd.catalog.release_dates import date_of_time
from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.providers.codec.json_in import as_count, as_text, branch
from aircherd.providers.model_list import decode_list
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

PER_MILLION = 6
"""The power of ten from a price per token to a price per million tokens."""

MAX_OVERRIDES = 16
"""Of one model. There are two or three; each is applied on top of those before it."""

MAX_DIGITS = 32
"""The most characters of a price."""


class _Architecture(msgspec.Struct, gc=False):
    input_modalities: object = None
    output_modalities: object = None


class _TopProvider(msgspec.Struct, gc=False):
    context_length: object = None
    max_completion_tokens: object = None


class _Price(msgspec.Struct, gc=False):
    """Prices; None in an override means the base price."""

    prompt: object = None
    completion: object = None
    input_cache_read: object = None
    input_cache_write: object = None


class _Override(_Price, gc=False):
    min_prompt_tokens: object = None
    utc_start: object = None
    utc_end: object = None


class _Pricing(_Price, gc=False):
    overrides: list[_Override] | None = None


class _Listed(msgspec.Struct, gc=False):
    id: str
    name: object = None
    created: object = None
    context_length: object = None
    architecture: msgspec.Raw = msgspec.Raw()
    top_provider: msgspec.Raw = msgspec.Raw()
    pricing: msgspec.Raw = msgspec.Raw()
    supported_parameters: msgspec.Raw = msgspec.Raw()


class _List(msgspec.Struct, gc=False):
    data: list[_Listed]


_LIST = msgspec.json.Decoder(_List)
_ARCHITECTURE = msgspec.json.Decoder(_Architecture)
_TOP_PROVIDER = msgspec.json.Decoder(_TopProvider)
_PRICING = msgspec.json.Decoder(_Pricing)
_NAMES = msgspec.json.Decoder(list[str])
_NO_ARCHITECTURE = _Architecture()
_NO_TOP_PROVIDER = _TopProvider()


def read_models(body: bytes) -> list[Model]:
    """Return the listed models that answer in text; see `Adapter.read_models`."""
    models = (_model(each) for each in decode_list(_LIST, body).data[:MAX_LISTED])
    return [model for model in models if model is not None]


def _model(listed: _Listed) -> Model | None:
    architecture = branch(_ARCHITECTURE, listed.architecture) or _NO_ARCHITECTURE
    if _has(architecture.output_modalities, "text") is False:
        return None
    top = branch(_TOP_PROVIDER, listed.top_provider) or _NO_TOP_PROVIDER
    parameters = branch(_NAMES, listed.supported_parameters)
    return Model(
        id=listed.id,
        name=as_text(listed.name) or None,
        window=as_count(listed.context_length) or as_count(top.context_length) or None,
        max_output=as_count(top.max_completion_tokens) or None,
        tools=_has(parameters, "tools"),
        images=_has(architecture.input_modalities, "image"),
        # OpenRouter extracts the text of a PDF for models that cannot read it.
        documents=_has(architecture.input_modalities, "file") or None,
        audio=_has(architecture.input_modalities, "audio"),
        reasoning=_has(parameters, "reasoning"),
        json_schema=_has(parameters, "structured_outputs"),
        sampling=_has(parameters, "temperature"),
        prices=_prices(branch(_PRICING, listed.pricing)),
        released=date_of_time(listed.created),
    )


def _has(names: object, name: str) -> bool | None:
    """Return whether `name` is in the list `names`, None if it is no list or empty."""
    return name in names if isinstance(names, list) and names else None


# ------------------------------------------------------------------ prices


def _prices(pricing: _Pricing | None) -> Prices | None:
    """Return the prices, None if one is missing or depends on the routed model (-1)."""
    if pricing is None or (base := _rates([pricing])) is None:
        return None
    overrides = [each for each in pricing.overrides or () if _is_tier(each)][:MAX_OVERRIDES]
    starts = sorted({as_count(each.min_prompt_tokens) for each in overrides})
    tiers = [_tier(start, pricing, overrides) for start in starts]
    return Prices(rates=base, tiers=tuple(tier for tier in tiers if tier is not None))


def _is_tier(override: _Override) -> bool:
    is_timed = override.utc_start is not None or override.utc_end is not None
    return bool(as_count(override.min_prompt_tokens)) and not is_timed


def _tier(start: int, base: _Pricing, overrides: Sequence[_Override]) -> Tier | None:
    applicable = [each for each in overrides if as_count(each.min_prompt_tokens) <= start]
    rates = _rates([base, *applicable])
    return None if rates is None else Tier(above=start - 1, rates=rates)


def _rates(layers: Sequence[_Price]) -> Rates | None:
    """Return the rates of `layers`; for each price the last layer that has it counts."""
    prompt, completion = _price(layers, "prompt"), _price(layers, "completion")
    if prompt is None or completion is None:
        return None
    return Rates(
        input=prompt,
        output=completion,
        cached=_price(layers, "input_cache_read"),
        cache_write=_price(layers, "input_cache_write"),
    )


def _price(layers: Sequence[_Price], name: str) -> Decimal | None:
    values = [value for layer in layers if (value := getattr(layer, name)) is not None]
    return _per_million(values[-1]) if values else None


def _per_million(value: object) -> Decimal | None:
    text = value if isinstance(value, str) else repr(value)
    try:
        price = Decimal(text) if len(text) <= MAX_DIGITS else None
    except InvalidOperation:
        return None
    if price is None or not (price.is_finite() and 0 <= price < 1):
        return None
    scaled = price.scaleb(PER_MILLION) if price else Decimal(0)
    return scaled if is_price(scaled) else None
