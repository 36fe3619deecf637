"""Sanitizes model data from outside before it is stored or displayed. Pure functions.

A model list is untrusted: names from it reach terminals, shell completion and files. Models with an
invalid name, or that contain a live key, are dropped. An invalid title or price is removed on its
own; the model stays usable.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from aircherd.catalog.decimal_cost import is_price
from aircherd.vocabulary.models import Model, Prices, Rates

MAX_ID = 400
"""Characters; `provider/name` has to fit into a request."""

MAX_TITLE = 200
"""Characters of a display name."""

MAX_LISTED = 10_000
"""Models of one list: ten times the longest list known in November 2026."""

_JOINERS = str.maketrans("", "", "\u200c\u200d")
"""Zero-width joiners, which Persian, Hindi and many emoji need. Harmless in a terminal."""


def is_name(text: str) -> bool:
    """Tell whether `text` is a valid model name: printable, no surrounding white space."""
    return 0 < len(text) <= MAX_ID and text.isprintable() and text == text.strip()


def sanitize_models(
    models: Iterable[Model], holds_key: Callable[[str], bool] = lambda _text: False
) -> list[Model]:
    """Return the models with valid names, without invalid titles and prices.

    Args:
        models: at most `MAX_LISTED` valid ones are returned.
        holds_key: tells whether a text contains a live key; such models are dropped.
    """
    valid = [drop_invalid_fields(model) for model in models if is_name(model.id)]
    # One check of all texts; each model is checked on its own only if that finds a key.
    if holds_key("\n".join(map(_visible_text, valid))):
        valid = [model for model in valid if not holds_key(_visible_text(model))]
    return valid[:MAX_LISTED]


def drop_invalid_fields(model: Model) -> Model:
    """Return `model` without an unprintable title, an invalid date and invalid prices."""
    changes: dict[str, None] = {}
    title = model.name
    if title is not None and not _is_title(title):
        changes["name"] = None
    if model.released is not None and not _is_date(model.released):
        changes["released"] = None
    if model.prices is not None and not _are_valid_prices(model.prices):
        changes["prices"] = None
    return msgspec.structs.replace(model, **changes) if changes else model


def _is_date(text: str) -> bool:
    """Tell whether `text` looks like 2025-09 or 2025-09-29; a first request checks hundreds."""
    digits = text.replace("-", "")
    return len(text) in {7, 10} and len(digits) in {6, 8} and digits.isascii() and digits.isdigit()


def _is_title(text: str) -> bool:
    shown = text if text.isprintable() else text.translate(_JOINERS)
    return len(text) <= MAX_TITLE and shown.isprintable() and bool(shown.strip())


def _visible_text(model: Model) -> str:
    return f"{model.id}\n{model.name}"


def _are_valid_prices(prices: Prices) -> bool:
    return all(map(_are_valid_rates, (prices.rates, *(tier.rates for tier in prices.tiers))))


def _are_valid_rates(rates: Rates) -> bool:
    known: Sequence[object] = msgspec.structs.astuple(rates)
    return all(rate is None or is_price(rate) for rate in known)  # type: ignore[arg-type]
