"""What limits of the user do to a model."""

import pytest

from aircher_cli.picker.view.states.limit_state import PriceReader, explain_limits
from aircher_cli.picker.view.states.table import LIMITS
from helpers.picker.views import NOW, a_model

FREE = {"input": "0", "output": "0"}
PAID = {"input": "1", "output": "2"}
USED_UP = {"limit": "a: 5 requests a day", "max": 5, "share": 1.0, "resets_at": NOW + 60}
NOTHING = {**USED_UP, "max": 0}
BUDGET = {"limit": "a: 5.00 USD a day", "counted": "usd", "max": "5", "share": 0.1}
UNKNOWN = {**BUDGET, "refuses": True}
HELD = {**USED_UP, "share": 0.2, "used": 1, "held_elsewhere": 4, "shared": True}
AWAY = {**UNKNOWN, "shared": True}


@pytest.mark.parametrize(
    ("limits", "has_price", "why", "advice"),
    [
        ([USED_UP], True, "is used up", "wait, or raise it: aircher-cli config edit"),
        ([NOTHING], True, "allows nothing", "raise it: aircher-cli config edit"),
        ([BUDGET], False, "its price is not known", '[catalog."a/m"]'),
        ([UNKNOWN], True, "cannot be checked", "aircher-cli limits"),
        ([AWAY], True, "the engine that counts for all machines is away", "aircher-cli doctor"),
        ([HELD], True, "other machines hold all that is left", "aircher-cli limits"),
        ([HELD, USED_UP], True, "is used up", "wait, or raise it"),
        ([USED_UP, BUDGET], False, "its price is not known", "write its price"),
        ([USED_UP, AWAY], True, "the engine", "aircher-cli doctor"),
        ([BUDGET, NOTHING], False, "allows nothing", "raise it"),
    ],
)
def test_the_reason_that_lasts_longest_is_shown(limits, has_price, why, advice):
    """With the limit, and what to do about it."""
    state = explain_limits(limits, "a/m", has_price=has_price)
    assert why in state.why
    assert advice in state.advice


@pytest.mark.parametrize("limits", [[], [BUDGET], [{**USED_UP, "share": 0.99}]])
def test_a_limit_with_room_is_no_state(limits):
    """A model with a price can be asked under a budget."""
    assert explain_limits(limits, "a/m", has_price=True) is None


def test_only_a_limit_that_has_room_again_by_itself_has_an_end():
    """Nothing that allows nothing ends at midnight."""
    later = {**USED_UP, "resets_at": NOW + 600}
    assert explain_limits([USED_UP, later], "a/m", has_price=True).until == NOW + 600
    assert explain_limits([NOTHING], "a/m", has_price=True).until is None


def test_every_text_about_limits_names_the_limit_and_a_command():
    """The reader is to find it in the configuration."""
    for text in LIMITS:
        assert "{limit}" in text.why
        assert "aircher-cli " in text.advice


def test_providers_whose_models_are_all_alike_are_named_as_a_whole():
    """Their line stands for all of them."""
    models = [
        a_model("ollama/m", prices=FREE),
        a_model("mixed/free", prices=FREE),
        a_model("mixed/paid", prices=PAID),
        a_model("mixed/unknown", prices={"input": "1"}),
        a_model("bare/m"),
    ]
    found = PriceReader().read(models)
    assert found.free == {("ollama", "m"), ("ollama", ""), ("mixed", "free")}
    assert found.unknown == {("mixed", "unknown"), ("bare", "m"), ("bare", "")}


def test_the_prices_of_a_list_are_read_once():
    """An event changes the view, and rarely its list."""
    reader, models = PriceReader(), [a_model("bare/m")]
    assert reader.read(models) is reader.read(models)
    assert reader.read([a_model("bare/m")]) is not reader.read(models)
