"""Sanitizing untrusted model data."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.catalog import sanitize
from aircherd.catalog.decimal_cost import is_price
from aircherd.catalog.sanitize import MAX_ID, MAX_TITLE, is_name, sanitize_models
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

KEY = "canary-0123456789-abcdef"


def priced(price: str, tier: str = "1") -> Model:
    rates = Rates(input=Decimal(1), output=Decimal(price))
    above = Tier(above=9, rates=Rates(input=Decimal(1), output=Decimal(1), cached=Decimal(tier)))
    return Model(id="m", prices=Prices(rates=rates, tiers=(above,)))


@pytest.mark.parametrize(
    "name",
    ["gpt-9", "maker/model:free", "llama3.2:latest", "/srv/my models/tiny.gguf", "模型", "x" * 400],
)
def test_a_valid_name_is_accepted(name: str) -> None:
    """A local server may name a model after its file."""
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    ["", " ", " gpt", "gpt\n", "a\x1b[2Jb", "a\0b", "a\u202eb", "a\u2028b", "\ud800", "x" * 401],
)
def test_an_invalid_name_is_refused(name: str) -> None:
    """It is empty, too long, or would affect a terminal or a shell."""
    assert not is_name(name)


def test_a_model_that_contains_a_key_is_dropped() -> None:
    """In its name or its title; the others stay in order."""
    models = [
        Model(id="a"),
        Model(id=f"x-{KEY}"),
        Model(id="b", name=f"for {KEY}"),
        Model(id="c", name="C"),
    ]
    assert [model.id for model in sanitize_models(models, lambda text: KEY in text)] == ["a", "c"]


@pytest.mark.parametrize("title", ["नमस्\u200cते", "Coder 👩\u200d💻"])
def test_a_title_may_have_joiners(title: str) -> None:
    """Hindi, Persian and emoji need them; a name must not have them, since users type it."""
    assert sanitize_models([Model(id="m", name=title)]) == [Model(id="m", name=title)]
    assert not is_name(title)


@pytest.mark.parametrize(
    "title", ["\x1b]0;owned\a", "x" * (MAX_TITLE + 1), "a\nb", "a\u202eb", "a\u200bb", "\u200d"]
)
def test_an_unprintable_title_is_removed(title: str) -> None:
    """The model itself stays."""
    assert sanitize_models([Model(id="m", name=title, window=5)]) == [Model(id="m", window=5)]


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-1", "1e-300000000", "1e9"])
def test_invalid_prices_are_removed(price: str) -> None:
    """One invalid rate, in any tier, removes all prices of the model."""
    assert sanitize_models([priced(price), priced("1", tier=price)]) == [Model(id="m")] * 2
    assert sanitize_models([priced("0.5")]) == [priced("0.5")]


def test_a_list_is_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first valid models are kept."""
    monkeypatch.setattr(sanitize, "MAX_LISTED", 2)
    kept = sanitize_models(Model(id=name) for name in ("", "a", "b", "c"))
    assert [model.id for model in kept] == ["a", "b"]


MODELS = st.builds(
    Model,
    id=st.text(max_size=MAX_ID + 9),
    name=st.none() | st.text(max_size=MAX_TITLE + 9),
    prices=st.none() | st.builds(lambda n: Prices(rates=Rates(input=n, output=n)), st.decimals()),
)


@given(st.lists(MODELS, max_size=9))
def test_sanitized_models_can_be_displayed(models: list[Model]) -> None:
    """Sanitizing them again changes nothing."""
    kept = sanitize_models(models)
    assert sanitize_models(kept) == kept
    for model in kept:
        assert is_name(model.id)
        assert model.name is None or re.sub("[\u200c\u200d]", "", model.name).isprintable()
        assert model.prices is None or is_price(model.prices.rates.output)


@pytest.mark.parametrize(
    ("date", "kept"),
    [("2025-02", True), ("2025-02-03", True), ("2025", False), ("\x1b[2J2025-02", False),
     ("٢٠٢٥-٠٢", False), ("2025--02", False)],
)  # fmt: skip
def test_a_date_that_is_none_is_removed(date: str, kept: bool) -> None:
    """A file may have been changed by anyone."""
    (model,) = sanitize_models([Model(id="m", released=date)])
    assert (model.released is not None) is kept
