"""Parses `api.json` of models.dev: community-maintained public data on models.

    {provider: {id, models: {model: {name, attachment, reasoning, tool_call, temperature,
     structured_output, release_date, modalities: {input: [...], output: [...]},
     limit: {context, output},
     cost: {input, output, cache_read, cache_write, tiers: [{tier: {size}, ...}]}}}}}

Source: the schema in the project's repository, November 2026. Only known vendors are decoded, and
an invalid model is skipped without affecting the others.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from aircherd.catalog.decimal_cost import is_price
from aircherd.catalog.priced_vendors import CATALOG_VENDORS
from aircherd.catalog.table import TableRow
from aircherd.vocabulary.models import Prices, Rates, Tier

MAX_BYTES = 32 * 1024 * 1024
"""Ten times its size in November 2026."""

_OLD_TIER = 200_000
"""The threshold of `context_over_200k`, which older versions of the file use."""


class _Cost(msgspec.Struct):
    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None


class _TierSize(msgspec.Struct):
    size: int


class _Tier(_Cost, kw_only=True):
    tier: _TierSize


class _Costs(_Cost):
    tiers: list[_Tier] = []
    context_over_200k: _Cost | None = None


class _Limit(msgspec.Struct, frozen=True):
    context: int | None = None
    output: int | None = None


class _Modalities(msgspec.Struct):
    input: list[str] = []
    output: object = None


class _ToolCall(msgspec.Struct):
    supported: bool | None = None


class _Model(msgspec.Struct):
    name: str | None = None
    reasoning: bool | None = None
    tool_call: bool | _ToolCall | None = None
    temperature: bool | None = None
    structured_output: bool | None = None
    release_date: object = None
    modalities: _Modalities | None = None
    limit: _Limit = _Limit()
    cost: _Costs | None = None


class _Provider(msgspec.Struct):
    models: dict[str, msgspec.Raw]


_FILE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PROVIDER = msgspec.json.Decoder(_Provider)
_MODEL = msgspec.json.Decoder(_Model)


def read_models_dev(data: bytes) -> dict[str, list[TableRow]]:
    """Return the models of known vendors by our vendor name.

    Raises:
        ValueError: the data has another format, or no valid model of a known vendor.
    """
    try:
        providers = _FILE.decode(data)
        vendors = {
            vendor.name: list(_rows(_PROVIDER.decode(providers[vendor.models_dev]).models))
            for vendor in CATALOG_VENDORS.values()
            if vendor.models_dev in providers
        }
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not any(vendors.values()):
        raise ValueError("it has no model of any known vendor")
    return vendors


def _rows(models: Mapping[str, msgspec.Raw]) -> Iterator[TableRow]:
    for name, raw in models.items():
        try:
            yield _row(name, _MODEL.decode(raw))
        except (ValueError, RecursionError):
            continue


def _row(name: str, model: _Model) -> TableRow:
    from aircherd.catalog.release_dates import release_date  # noqa: PLC0415 -- not at start

    inputs = model.modalities.input if model.modalities else None
    tools = model.tool_call
    facts: dict[str, Any] = {
        "name": model.name,
        # The file has 0 where a size does not apply.
        "window": model.limit.context or None,
        "max_output": model.limit.output or None,
        "tools": tools.supported if isinstance(tools, _ToolCall) else tools,
        "images": None if inputs is None else "image" in inputs,
        "documents": _reads_documents(inputs),
        "audio": None if inputs is None else "audio" in inputs,
        "reasoning": model.reasoning,
        "json_schema": model.structured_output,
        "sampling": model.temperature,
        "released": release_date(model.release_date),
        "chats": False if _answers_without_text(model.modalities) else None,
    }
    return TableRow(id=name, prices=_prices(model.cost), **facts)


def _answers_without_text(modalities: _Modalities | None) -> bool:
    """Return whether a model is known to give something else than text."""
    outputs = modalities.output if modalities else None
    return isinstance(outputs, list) and bool(outputs) and "text" not in outputs


def _reads_documents(inputs: list[str] | None) -> bool | None:
    """Return whether a model reads PDFs.

    Entries of models that see pictures often leave `pdf` out. A model of OpenRouter always may:
    OpenRouter extracts the text for those that read nothing else.
    """
    return True if inputs and "pdf" in inputs else None


def _prices(cost: _Costs | None) -> Prices | None:
    rates = None if cost is None else _rates(cost)
    if cost is None or rates is None:
        return None
    sizes = {tier.tier.size: tier for tier in cost.tiers}
    if cost.context_over_200k is not None and not sizes:
        return Prices(rates=rates, tiers=_tiers({_OLD_TIER: cost.context_over_200k}))
    return Prices(rates=rates, tiers=_tiers(sizes))


def _tiers(sizes: Mapping[int, _Cost]) -> tuple[Tier, ...]:
    known = ((size, _rates(sizes[size])) for size in sorted(sizes))
    return tuple(Tier(above=size, rates=rates) for size, rates in known if rates is not None)


def _rates(cost: _Cost) -> Rates | None:
    prices = (cost.input, cost.output, cost.cache_read, cost.cache_write)
    if cost.input is None or cost.output is None:
        return None
    if any(price is not None and not is_price(price) for price in prices):
        return None
    return Rates(
        input=cost.input, output=cost.output, cached=cost.cache_read, cache_write=cost.cache_write
    )
