"""Generates the catalogue's shipped data, `aircherd/catalog/models.json`. Not part of the wheel.

    python daemon/generate_catalog.py

Prices and context windows come from the `genai-prices` package (a development dependency, MIT,
pinned in `pyproject.toml`), capabilities from `capabilities.toml` and dates of release from
`release_dates.toml` next to this file. The output is deterministic. To update prices: raise the
pin, set `AS_OF`, run, and review the diff.
"""

import datetime as dt
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib import metadata
from pathlib import Path
from typing import Any

import genai_prices.data
import msgspec
from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ClauseStartsWith,
    ModelInfo,
    ModelPrice,
    TieredPrices,
    TimeOfDateConstraint,
)

from aircherd.catalog.priced_vendors import CATALOG_VENDORS, CatalogVendor
from aircherd.catalog.table import TableRow, encode_tables
from aircherd.vocabulary.models import Prices, Rates, Tier

AS_OF = dt.date(2026, 11, 22)
"""The date whose prices are used; some price changes are announced in advance."""

FOLDER = Path(__file__).parent
TARGET = FOLDER / "aircherd" / "catalog" / "models.json"
CAPABILITIES = FOLDER / "capabilities.toml"
RELEASE_DATES = FOLDER / "release_dates.toml"

_NO_CHAT = re.compile(
    r"embed|-tts|tts-|transcribe|whisper|moderation|realtime|-live|live-|audio|image|nano-banana"
    r"|voice|voxtral|omni-|-ocr|rerank|robotics|guard|orpheus|davinci|babbage|computer-use|-fim"
    r"|^(ada|curie)$|^ft:|\.ft-|translate|-decider|-search-preview|:batch$|^~"
)
"""Names of models that cannot chat, and names that no API accepts."""

_TIDIED = re.compile(r"gpt-\d-\d|gpt-35-")
"""Common misspellings that no API accepts."""

_OURS: dict[str, Callable[[str], bool]] = {
    # The package has Vertex AI under the same name, with other vendors' models.
    "gemini": lambda name: re.match(r"gemini-\d|gemma-\d", name) is not None,
    "openai": lambda name: ":" not in name,
    "openrouter": lambda name: "/" in name,
}
"""Selects the names that a vendor's API accepts, where the package has others too."""


def main() -> None:
    """Write the file."""
    data = generate()
    TARGET.write_bytes(data)
    sys.stdout.write(f"{TARGET}: {len(data)} bytes\n")


def generate() -> bytes:
    """Return the content of the file."""
    packaged = {provider.id: provider for provider in genai_prices.data.providers}
    rules = tomllib.loads(CAPABILITIES.read_text())
    dates = tomllib.loads(RELEASE_DATES.read_text())
    vendors = {
        vendor.name: [
            _with_date(row, dates.get(vendor.name, {}))
            for row in _rows(vendor, packaged[vendor.genai_prices].models, rules)
        ]
        for vendor in CATALOG_VENDORS.values()
    }
    return encode_tables(vendors, about=_about()) + b"\n"


def _about() -> dict[str, str]:
    version = metadata.version("genai-prices")
    (licence,) = (file for file in metadata.files("genai-prices") or () if file.name == "LICENSE")
    return {
        "source": f"genai-prices {version}, https://github.com/pydantic/genai-prices",
        "as_of": AS_OF.isoformat(),
        "release_dates": "https://models.dev, MIT, 2026-07-02",
        "license": licence.read_text(),
    }


def _rows(
    vendor: CatalogVendor, models: Iterable[ModelInfo], rules: dict[str, Any]
) -> Iterator[TableRow]:
    is_ours = _OURS.get(vendor.name, lambda _: True)
    for model in models:
        prices = _prices(_current_price(model))
        if prices is not None and is_ours(model.id) and not _NO_CHAT.search(model.id):
            yield from _model_rows(model, prices, rules.get(vendor.name, ()))


def _model_rows(
    model: ModelInfo, prices: Prices, rules: Iterable[dict[str, Any]]
) -> Iterator[TableRow]:
    """Yield a model's row, and a row of its own for each alias whose rules differ."""
    known: dict[str, Any] = {"window": model.context_window, "name": model.name, "prices": prices}
    known |= _facts(model.id, rules)
    own = {name: _facts(name, [rule for rule in rules if "own" in rule]) for name in _names(model)}
    same = [name for name, facts in own.items() if known | facts == known]
    yield TableRow(id=model.id, names=tuple(same), **known)
    for name in set(own) - set(same):
        yield TableRow(id=name, **{**known, "name": None, **own[name]})


def _with_date(row: TableRow, dates: dict[str, str]) -> TableRow:
    """Return a row with its date of release, if it is known."""
    return msgspec.structs.replace(row, released=dates.get(row.id))


def _facts(name: str, rules: Iterable[dict[str, Any]]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for rule in rules:
        if any(fnmatchcase(name, pattern) for pattern in rule["match"]):
            facts |= rule
    return {field: value for field, value in facts.items() if field not in {"match", "own"}}


# ------------------------------------------------------------------ names


def _names(model: ModelInfo) -> list[str]:
    """Return a model's aliases, without patterns that only match misspellings."""
    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    names = {name for clause in clauses if (name := _name_in(clause, model.id)) is not None}
    return sorted(name for name in names - {model.id} if not _TIDIED.match(name))


def _name_in(clause: object, id_: str) -> str | None:
    if isinstance(clause, ClauseEquals):
        return str(clause.equals)
    if isinstance(clause, ClauseStartsWith):
        start = clause.starts_with.rstrip("-@")
        return start if id_.startswith(start) or start.startswith(id_) else None
    return None


# ------------------------------------------------------------------ prices


def _current_price(model: ModelInfo) -> ModelPrice:
    """Return the price on `AS_OF`, the highest one where it depends on the time of day."""
    if isinstance(model.prices, ModelPrice):
        return model.prices
    noon = dt.datetime.combine(AS_OF, dt.time(12), dt.UTC)
    hourly = [p for p in model.prices if isinstance(p.constraint, TimeOfDateConstraint)]
    daily = [p for p in model.prices if p not in hourly]
    active = [p for p in daily if p.constraint is None or p.constraint.active(noon)]
    of_the_day = (active or model.prices)[-1].prices
    return max([of_the_day, *(p.prices for p in hourly)], key=_base_input)


def _base_input(price: ModelPrice) -> Decimal:
    return _at(price.input_mtok, 0) or Decimal(0)


def _prices(price: ModelPrice) -> Prices | None:
    """Return the prices per million tokens, None if the model is not billed by text tokens."""
    rates = _rates(price, 0)
    if rates is None:
        return None
    parts = (
        price.input_mtok,
        price.output_mtok,
        price.cache_read_mtok,
        price.cache_write_mtok,
        price.cache_write_1h_mtok,
    )
    starts = {tier.start for part in parts if isinstance(part, TieredPrices) for tier in part.tiers}
    # A tier applies from just above its start.
    tiers = [
        Tier(above=start, rates=found)
        for start in sorted(starts)
        if (found := _rates(price, start + 1))
    ]
    return Prices(rates=rates, tiers=tuple(tiers))


def _rates(price: ModelPrice, tokens: int) -> Rates | None:
    """Return the rates of a call with `tokens` input tokens."""
    input_price, output_price = _at(price.input_mtok, tokens), _at(price.output_mtok, tokens)
    if input_price is None or output_price is None:
        return None
    return Rates(
        input=input_price,
        output=output_price,
        cached=_at(price.cache_read_mtok, tokens),
        cache_write=_at(price.cache_write_mtok, tokens),
        cache_write_1h=_at(price.cache_write_1h_mtok, tokens),
    )


def _at(price: Decimal | TieredPrices | None, tokens: int) -> Decimal | None:
    if isinstance(price, TieredPrices):
        return next((t.price for t in reversed(price.tiers) if tokens > t.start), price.base)
    return price


if __name__ == "__main__":
    main()
