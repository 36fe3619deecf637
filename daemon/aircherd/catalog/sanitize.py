"""What others say of models, made fit to be kept and shown: one place for all of them; pure.

A list of models is whatever a server wrote. Its names are shown in terminals, completed by shells,
and kept in files; so what is no name goes, and with it what repeats a key. A price that is none
goes alone: the model can be asked all the same.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from aircherd.catalog.cost import is_price
from aircherd.vocabulary.models import Model, Prices, Rates

MAX_ID = 400
"""Characters: with its provider in front, a name has to fit into a request."""

MAX_TITLE = 200
"""Characters of what a model is called by people."""

MAX_LISTED = 10_000
"""Models of one list: ten times the longest known, and an end to what a server can make us keep."""


_JOINERS = str.maketrans("", "", "\u200c\u200d")
"""What Persian and Hindi words and many emoji are written with: unseen, and they move nothing."""


def is_name(text: str) -> bool:
    """Tell whether this can be a model's name: some printable text, with no white space around."""
    return 0 < len(text) <= MAX_ID and text.isprintable() and text == text.strip()


def sanitized(
    models: Iterable[Model], holds_key: Callable[[str], bool] = lambda _text: False
) -> list[Model]:
    """Return those of `models` whose names are names, without titles and prices that are none.

    Args:
        models: of which only the first `MAX_LISTED` that are fit are kept.
        holds_key: whether a text has a live key in it; such a model is left out.
    """
    fit = [with_fit_facts(model) for model in models if is_name(model.id)]
    if holds_key("\n".join(map(_shown, fit))):  # hardly ever: only then each is looked at
        fit = [model for model in fit if not holds_key(_shown(model))]
    return fit[:MAX_LISTED]


def with_fit_facts(model: Model) -> Model:
    """Return `model` without a title that cannot be shown, and without prices that are none."""
    changes: dict[str, None] = {}
    title = model.name
    if title is not None and not _is_title(title):
        changes["name"] = None
    if model.prices is not None and not _are_prices(model.prices):
        changes["prices"] = None
    return msgspec.structs.replace(model, **changes) if changes else model


def _is_title(text: str) -> bool:
    shown = text if text.isprintable() else text.translate(_JOINERS)
    return len(text) <= MAX_TITLE and shown.isprintable() and bool(shown.strip())


def _shown(model: Model) -> str:
    return f"{model.id}\n{model.name}"


def _are_prices(prices: Prices) -> bool:
    return all(map(_are_rates, (prices.rates, *(tier.rates for tier in prices.tiers))))


def _are_rates(rates: Rates) -> bool:
    known: Sequence[object] = (rates.input, rates.output, rates.cached, rates.cache_write)
    return all(rate is None or is_price(rate) for rate in known)  # type: ignore[arg-type]
