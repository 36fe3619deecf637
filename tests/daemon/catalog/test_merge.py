"""Merging several sources of one model."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.catalog.merge import apply_override, merge_layers
from aircherd.config.model import Override
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

CHEAP = Prices(rates=Rates(input=Decimal(1), output=Decimal(2), cached=Decimal("0.1")))
DEAR = Prices(rates=Rates(input=Decimal(3), output=Decimal(9)))
TIERED = Prices(
    rates=CHEAP.rates, tiers=(Tier(above=10, rates=Rates(input=Decimal(5), output=Decimal(6))),)
)


def test_later_sources_win_field_by_field():
    """An unknown field keeps the value of an earlier source."""
    first = Model(id="m", name="M", window=100, tools=True, prices=CHEAP)
    second = Model(id="m", window=200, tools=False)
    assert merge_layers("m", [first, None, second]) == Model(
        id="m", name="M", window=200, tools=False, prices=CHEAP
    )


def test_false_overrides_and_none_does_not():
    """A capability that a provider denies is False."""
    known = Model(id="m", images=True, sampling=True)
    assert merge_layers("m", [known, Model(id="m", sampling=False)]) == Model(
        id="m", images=True, sampling=False
    )


def test_prices_come_from_one_source():
    """Rates of two sources are never mixed."""
    got = merge_layers("m", [Model(id="m", prices=CHEAP), Model(id="m", prices=DEAR)])
    assert got.prices == DEAR


def test_the_requested_name_is_kept():
    """The request to the provider uses it, whatever the sources call the model."""
    assert merge_layers("m-2026-01-01", [Model(id="m", window=5)]) == Model(
        id="m-2026-01-01", window=5
    )


def test_a_model_of_a_single_source_is_not_copied():
    """The same object is returned, to save memory."""
    only = Model(id="m", window=5)
    assert merge_layers("m", [None, only, None]) is only


def test_a_model_without_sources_has_only_a_name():
    """No source is no error."""
    assert merge_layers("m", [None, None]) == Model(id="m")


@pytest.mark.parametrize("field", [f.name for f in msgspec.structs.fields(Override)])
def test_every_field_of_an_override_is_applied(field):
    """No field of the configuration is ignored."""
    value = {"api": "responses"}.get(field, Decimal(7) if field.endswith("_price") else 7)
    before = Model(id="m", prices=CHEAP)
    assert apply_override(before, Override(**{field: value})) != before


@pytest.mark.parametrize(
    ("known", "override", "expected"),
    [
        (CHEAP, Override(output_price=Decimal(4)), ("1", "4", "0.1")),
        (CHEAP, Override(cached_price=Decimal(0)), ("1", "2", "0")),
        (None, Override(input_price=Decimal(4), output_price=Decimal(5)), ("4", "5", None)),
    ],
)
def test_configured_prices_override_known_rates_one_by_one(known, override, expected):
    """Rates that the configuration leaves out stay."""
    rates = apply_override(Model(id="m", prices=known), override).prices.rates
    assert (rates.input, rates.output, rates.cached) == tuple(e and Decimal(e) for e in expected)


def test_half_a_price_is_unknown():
    """An output price alone gives no prices."""
    assert apply_override(Model(id="m"), Override(output_price=Decimal(4))).prices is None


def test_a_configured_price_applies_to_every_tier():
    """The other rates of the tier stay."""
    got = apply_override(Model(id="m", prices=TIERED), Override(input_price=Decimal(4))).prices
    assert (got.rates.input, got.tiers[0].rates) == (
        Decimal(4),
        Rates(input=Decimal(4), output=Decimal(6)),
    )


def test_no_override_changes_nothing():
    """The same object is returned."""
    model = Model(id="m", window=3)
    assert apply_override(model, None) is model
