"""Another daemon's list of models."""

from decimal import Decimal

import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.upstream.models import read_models
from aircherd.vocabulary.failure import FailureClass

ROW = {
    "provider": "work",
    "model": "m",
    "name": "M",
    "window": 1000,
    "max_output": 10,
    "prices": {
        "input": "3",
        "output": "15",
        "cached": "0.3",
        "tiers": [{"above": 200, "input": "6", "output": "30"}],
    },
    "tools": True,
    "images": False,
    "released": "2026-01",
    "state": "authenticated",
    "source": ["shipped"],
    "a_new_field": 1,
}


def listed(*rows: object, **more: object):
    """Return the models of a list."""
    return read_models({"models": list(rows), **more})


def test_a_model_keeps_what_the_daemon_knows_of_it() -> None:
    """Sizes, abilities and prices; what is unknown there is unknown here."""
    (model,) = listed(ROW)
    assert (model.id, model.name, model.window, model.max_output) == ("work/m", "M", 1000, 10)
    assert (model.tools, model.images, model.documents) == (True, False, None)
    assert model.prices is not None
    assert model.prices.rates.cached == Decimal("0.3")
    assert (model.prices.tiers[0].above, model.prices.tiers[0].rates.output) == (200, 30)


def test_models_without_a_key_there_are_left_out() -> None:
    """They could not be answered."""
    assert listed({**ROW, "state": "not_configured"}) == []


def test_its_default_is_the_first_and_its_aliases_are_models() -> None:
    """An alias is as its first route that is listed."""
    other = {**ROW, "model": "n"}
    aliases = [
        {"name": "fast", "routes": ["gone/x", "work/n"]},
        {"name": "gone", "routes": ["gone/x"]},
    ]
    found = listed(ROW, other, aliases=aliases, default="fast")
    assert [model.id for model in found] == ["fast", "work/m", "work/n"]
    assert found[0].window == 1000


@pytest.mark.parametrize("result", [None, [], {}, {"models": "x"}])
def test_what_is_no_list_breaks_the_protocol(result: object) -> None:
    """A hostile daemon, or something else at the socket."""
    with pytest.raises(ProviderFailed) as caught:
        read_models(result)
    assert caught.value.failure.kind is FailureClass.PROTOCOL


@pytest.mark.parametrize(
    "change",
    [
        {"window": True},
        {"window": -5},
        {"window": "many"},
        {"tools": "yes"},
        {"name": 5},
        {"released": 2026},
        {"prices": "cheap"},
        {"prices": {"input": "1"}},
        {"prices": {"input": "1", "output": "x"}},
        {"prices": {"input": 1, "output": 2}},
        {"prices": {"input": "1", "output": "2", "tiers": [{"above": "x"}]}},
        {"prices": {"input": "1", "output": "2", "tiers": [5]}},
        {"prices": {"input": "1", "output": "2", "tiers": 5}},
    ],
)
def test_a_malformed_field_is_unknown(change: dict[str, object]) -> None:
    """The model stays usable."""
    (model,) = listed({**ROW, **change})
    (name,) = change
    assert getattr(model, name) is None


@pytest.mark.parametrize("row", [None, 5, [], {}, {**ROW, "provider": 1}, {**ROW, "model": None}])
def test_a_row_that_is_none_is_left_out(row: object) -> None:
    """The others are listed."""
    assert [model.id for model in listed(row, ROW)] == ["work/m"]


@pytest.mark.parametrize(
    "aliases", [None, 5, [5], [{"name": 1, "routes": []}], [{"name": "a", "routes": [5]}]]
)
def test_aliases_that_are_none_are_left_out(aliases: object) -> None:
    """Likewise."""
    assert [model.id for model in listed(ROW, aliases=aliases, default=7)] == ["work/m"]
