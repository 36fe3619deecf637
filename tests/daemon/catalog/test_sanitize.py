"""What others say of models, made fit to be kept and shown."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.catalog import sanitize
from aircherd.catalog.cost import is_price
from aircherd.catalog.sanitize import MAX_ID, MAX_TITLE, is_name, sanitized
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
def test_names_that_models_have(name: str) -> None:
    """A local server may call a model by its file."""
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    ["", " ", " gpt", "gpt\n", "a\x1b[2Jb", "a\0b", "a\u202eb", "a\u2028b", "\ud800", "x" * 401],
)
def test_names_that_are_none(name: str) -> None:
    """Empty, too long, or something that a terminal or a shell would act on."""
    assert not is_name(name)


def test_what_repeats_a_key_is_left_out() -> None:
    """In its name or its title; the others stay, in their order."""
    models = [
        Model(id="a"),
        Model(id=f"x-{KEY}"),
        Model(id="b", name=f"for {KEY}"),
        Model(id="c", name="C"),
    ]
    assert [model.id for model in sanitized(models, lambda text: KEY in text)] == ["a", "c"]


@pytest.mark.parametrize("title", ["नमस्\u200cते", "Coder 👩\u200d💻"])
def test_a_title_may_have_joiners(title: str) -> None:
    """Hindi, Persian and emoji are written with them; a name has to be typed, though."""
    assert sanitized([Model(id="m", name=title)]) == [Model(id="m", name=title)]
    assert not is_name(title)


@pytest.mark.parametrize(
    "title", ["\x1b]0;owned\a", "x" * (MAX_TITLE + 1), "a\nb", "a\u202eb", "a\u200bb", "\u200d"]
)
def test_a_title_that_cannot_be_shown_goes_alone(title: str) -> None:
    """The model can be asked all the same."""
    assert sanitized([Model(id="m", name=title, window=5)]) == [Model(id="m", window=5)]


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-1", "1e-300000000", "1e9"])
def test_prices_that_are_none_go_alone(price: str) -> None:
    """In the rates or in a tier: half a price is unknown."""
    assert sanitized([priced(price), priced("1", tier=price)]) == [Model(id="m")] * 2
    assert sanitized([priced("0.5")]) == [priced("0.5")]


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first are kept."""
    monkeypatch.setattr(sanitize, "MAX_LISTED", 2)
    kept = sanitized(Model(id=name) for name in ("", "a", "b", "c"))
    assert [model.id for model in kept] == ["a", "b"]


MODELS = st.builds(
    Model,
    id=st.text(max_size=MAX_ID + 9),
    name=st.none() | st.text(max_size=MAX_TITLE + 9),
    prices=st.none() | st.builds(lambda n: Prices(rates=Rates(input=n, output=n)), st.decimals()),
)


@given(st.lists(MODELS, max_size=9))
def test_whatever_a_server_lists_what_is_kept_can_be_shown(models: list[Model]) -> None:
    """And cleaning it again changes nothing."""
    kept = sanitized(models)
    assert sanitized(kept) == kept
    for model in kept:
        assert is_name(model.id)
        assert model.name is None or re.sub("[\u200c\u200d]", "", model.name).isprintable()
        assert model.prices is None or is_price(model.prices.rates.output)
