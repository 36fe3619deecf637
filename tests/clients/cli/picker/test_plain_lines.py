from dataclasses import replace

import pytest

from aircher_cli.picker.plain_lines import (
    ABOUT_OTHERS,
    MAX_LISTED,
    keys_page,
    list_lines,
    opening_lines,
    price_text,
    row_text,
    state_lines,
)
from aircher_cli.picker.view.here import Here
from aircher_cli.picker.view.listing.groups import build_groups
from aircher_cli.picker.view.listing.rows import Row
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.picker.view.states.table import State
from aircher_cli.render.marks import Mark
from helpers.picker.views import NOW, a_key, a_model, a_view

ROW = Row("a/m", "model", "a", "m", Mark.READY, price="$3/$15", price_key=(6.0, 3.0, 15.0))


def listed(view, **options):
    return list_lines(build_groups(view, Preferences(), NOW, **options))


def test_the_list_is_numbered_over_all_groups():
    """A number is all that has to be typed."""
    assert listed(a_view(["a/one", "b/two"])) == [
        "a, ready:",
        "1. a/one, price unknown",
        "b, ready:",
        "2. b/two, price unknown",
    ]


def test_what_is_folded_is_one_line():
    """With its state, the reason and the number of models."""
    models = [a_model("a/new"), a_model("a/old", released="2020"), a_model("b/x")]
    view = a_view(models, [a_key("a"), a_key("b", "not_configured")])
    assert listed(view) == [
        "a, ready, 1 more model not listed:",
        "1. a/new, price unknown",
        "b, not signed in, 1 model not listed.",
    ]


def test_a_provider_without_models_is_one_line():
    """A local server that is not running."""
    view = a_view(keys=[a_key("ollama", "not_required", "unreachable", health_reason="refused")])
    assert listed(view) == ["ollama, not running."]


def test_a_long_list_is_cut():
    """No one listens to hundreds of models."""
    view = a_view([*[f"a/m{n}" for n in range(50)], *[f"b/m{n}" for n in range(50)]])
    lines = listed(view)
    assert len(lines) == 1 + MAX_LISTED + 1
    assert lines[-1] == "And 60 more models: + goes on, or search for a part of the name."


def test_the_state_of_a_group_is_not_repeated():
    """Only a row in another state than its provider names its own."""
    cooling = {"provider": "a", "model": "one", "health": "cooling"}
    view = a_view(["a/one", "a/two"], health=(cooling,))
    assert list_lines(build_groups(view, Preferences(), NOW)) == [
        "a, ready:",
        "1. a/one, cooling, price unknown",
        "2. a/two, price unknown",
    ]


def test_a_list_goes_on_where_it_was_cut():
    """The group is named again."""
    view = a_view([*[f"a/m{n}" for n in range(50)], *[f"b/m{n}" for n in range(50)]])
    lines = list_lines(build_groups(view, Preferences(), NOW), MAX_LISTED)
    assert lines[:2] == ["a, ready:", "41. a/m9, price unknown"]
    assert lines[11:13] == ["b, ready:", "51. b/m49, price unknown"]
    assert len(lines) == 2 + MAX_LISTED + 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "a/m, ready, 3 dollars in, 15 dollars out"),
        ({"price": "free", "price_key": (0.0,) * 3}, "a/m, ready, free"),
        ({"price_key": (0.1, 0.1, 0.4)}, "a/m, ready, 0.1 dollars in, 0.4 dollars out"),
        (
            {"is_default": True, "is_favourite": True, "left": "82%", "price_key": ()},
            "a/m, ready, price unknown, 82% of the limit left, the default, a favourite",
        ),
        ({"chats": False, "price_key": ()}, "a/m, ready, price unknown, does not chat"),
        ({"kind": "alias", "name": "x", "price_key": ()}, "x, alias of a/m, ready, price unknown"),
    ],
)
def test_a_row_is_a_sentence(changes, text):
    """Without columns and symbols."""
    assert row_text(replace(ROW, **changes)) == text


def test_prices_are_in_words():
    """Half a cent too."""
    assert price_text(replace(ROW, price_key=(1.0, 0.0375, 1.0))).startswith("0.0375 dollars in")


def test_the_opening_has_the_title_and_the_default():
    """And what prices are for, and the commands for what it does not do."""
    assert list(opening_lines(a_view(["a/m"], default="a/m"), "Choose.", {})) == [
        "Choose.",
        "The default is a/m.",
        "Prices are for a million tokens.",
        ABOUT_OTHERS,
    ]


def test_the_opening_says_first_what_was_damaged():
    """Otherwise it looks as if there never was a key."""
    reason = "the list of stored keys was damaged and was moved to /a: a stored key may be missing"
    lost = {"provider": "a", "state": "not_configured", "reason": reason}
    lines = list(opening_lines(a_view([], keys=(lost,)), "Choose.", {}))
    said = f"T{reason[1:]}. Sign in again to the providers that you use."
    steps = "No provider can answer yet. To start, use one of these:"
    assert lines.index(said) == lines.index(steps) - 1


def test_the_opening_says_what_the_folder_asks():
    """The default is not what answers there."""
    here = Here(source="~/acme/.aircher", model="a/own")
    lines = list(opening_lines(a_view(["a/m"], default="a/m", here=here), "Choose.", {}))
    assert lines[2] == "Requests from here ask a/own (~/acme/.aircher)."


def test_the_opening_says_what_is_wrong():
    """An invalid configuration, and a list that is not there yet."""
    config = {"in_use": "none"}
    lines = list(opening_lines(a_view(["a/m"], has_models=False, config=config), "Choose.", {}))
    assert "loading the models." in lines
    assert any("configuration is invalid" in line for line in lines)
    assert "There is no default yet." in lines


def test_a_new_user_sees_the_first_steps():
    """Each step has its command."""
    view = a_view(["openai/m"], [a_key("openai", "not_configured")])
    lines = list(opening_lines(view, "Choose.", {"HOME": "/nonexistent"}))
    assert "No provider can answer yet. To start, use one of these:" in lines
    assert any("aircher-cli demo" in line for line in lines)


def test_a_state_is_three_sentences():
    """Why, until when, and what to do."""
    state = State(Mark.COOLING, "slow down", "wait", "wait or clear it", NOW + 42)
    assert list(state_lines(ROW.provider, state, NOW)) == [
        "a is cooling: slow down.",
        "It is ready again in 42 s.",
        "What to do: wait or clear it",
    ]


def test_the_page_for_keys_is_the_providers():
    """If the daemon knows one."""
    view = a_view(keys=[a_key("a", keys_page="https://a/keys"), a_key("b")])
    assert [keys_page(view, name) for name in "ab"] == ["https://a/keys", ""]
