"""One picture out of several: tables."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.catalog.merge import merged, overridden
from aircherd.config.model import Override
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

CHEAP = Prices(rates=Rates(input=Decimal(1), output=Decimal(2), cached=Decimal("0.1")))
DEAR = Prices(rates=Rates(input=Decimal(3), output=Decimal(9)))
TIERED = Prices(
    rates=CHEAP.rates, tiers=(Tier(above=10, rates=Rates(input=Decimal(5), output=Decimal(6))),)
)


def test_later_sources_win_field_by_field():
    """What the later one does not know stays as the earlier one says."""
    first = Model(id="m", name="M", window=100, tools=True, prices=CHEAP)
    second = Model(id="m", window=200, tools=False)
    assert merged("m", [first, None, second]) == Model(
        id="m", name="M", window=200, tools=False, prices=CHEAP
    )


def test_false_is_knowledge_and_nothing_is_not():
    """A capability that a provider denies is denied."""
    known = Model(id="m", images=True, sampling=True)
    assert merged("m", [known, Model(id="m", sampling=False)]) == Model(
        id="m", images=True, sampling=False
    )


def test_prices_come_from_one_source():
    """A cached rate of one and a plain rate of another make no price that anybody asks."""
    got = merged("m", [Model(id="m", prices=CHEAP), Model(id="m", prices=DEAR)])
    assert got.prices == DEAR


def test_the_name_that_was_asked_for_is_kept():
    """The provider is called with it, whatever the sources call the model."""
    assert merged("m-2026-01-01", [Model(id="m", window=5)]) == Model(id="m-2026-01-01", window=5)


def test_a_model_that_one_source_knows_is_not_copied():
    """A thousand models cost the memory of a thousand, not of two."""
    only = Model(id="m", window=5)
    assert merged("m", [None, only, None]) is only


def test_nobody_knows_anything():
    """The name is left."""
    assert merged("m", [None, None]) == Model(id="m")


@pytest.mark.parametrize("field", [f.name for f in msgspec.structs.fields(Override)])
def test_whatever_the_user_says_is_taken(field):
    """No field of the configuration is without effect."""
    value = {"api": "responses"}.get(field, Decimal(7) if field.endswith("_price") else 7)
    before = Model(id="m", prices=CHEAP)
    assert overridden(before, Override(**{field: value})) != before


@pytest.mark.parametrize(
    ("known", "override", "expected"),
    [
        (CHEAP, Override(output_price=Decimal(4)), ("1", "4", "0.1")),
        (CHEAP, Override(cached_price=Decimal(0)), ("1", "2", "0")),
        (None, Override(input_price=Decimal(4), output_price=Decimal(5)), ("4", "5", None)),
    ],
)
def test_the_users_prices_are_laid_over_the_known_ones(known, override, expected):
    """Each rate by itself, for he may know of one only."""
    rates = overridden(Model(id="m", prices=known), override).prices.rates
    assert (rates.input, rates.output, rates.cached) == tuple(e and Decimal(e) for e in expected)


def test_half_a_price_is_unknown():
    """Output alone makes no cost."""
    assert overridden(Model(id="m"), Override(output_price=Decimal(4))).prices is None


def test_the_users_price_holds_for_large_calls_too():
    """In every tier; the other rates keep theirs."""
    got = overridden(Model(id="m", prices=TIERED), Override(input_price=Decimal(4))).prices
    assert (got.rates.input, got.tiers[0].rates) == (
        Decimal(4),
        Rates(input=Decimal(4), output=Decimal(6)),
    )


def test_without_a_word_from_the_user_nothing_changes():
    """The very same model."""
    model = Model(id="m", window=3)
    assert overridden(model, None) is model
