from dataclasses import replace

import pytest

from aircher_cli.picker.view.listing.groups import build_groups
from aircher_cli.picker.view.listing.rows import all_rows
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.render.marks import Mark
from helpers.picker.views import NOW, a_key, a_model, a_view

NONE = Preferences()


def test_a_row_has_the_facts_of_its_model():
    """Each column has its value."""
    model = a_model(
        "a/m",
        name="M",
        window=200_000,
        prices={"input": "3", "output": "15"},
        tools=True,
        images=False,
        released="2026-01-02",
        latency_s=0.7,
    )
    (row,) = all_rows(build_groups(a_view([model], default="a/m"), NONE, NOW))
    assert (row.title, row.window, row.price, row.abilities) == ("M", 200_000, "$3/$15", ("tools",))
    assert (row.released, row.latency, row.is_default, row.chain) == (
        "2026-01-02", 0.7, True, ("a/m",),
    )  # fmt: skip


def test_an_alias_shows_the_route_that_would_answer():
    """The first route that can answer gives the provider and the state."""
    alias = {"name": "x", "routes": ["a/one", "b/two"]}
    keys = [a_key("a", health="cooling"), a_key("b")]
    (row, *_) = all_rows(
        build_groups(a_view(["a/one", "b/two"], keys, aliases=(alias,)), NONE, NOW)
    )
    assert (row.name, row.provider, row.model, row.mark) == ("x", "b", "two", Mark.READY)
    assert row.chain == ("a/one", "b/two")


def test_an_alias_has_the_figures_of_the_route_that_would_answer():
    """Another route may cost something else."""
    alias = {"name": "x", "routes": ["a/one", "b/two"]}
    view = a_view([a_model("a/one", window=1), a_model("b/two", window=2)], aliases=(alias,))
    assert all_rows(build_groups(view, NONE, NOW))[0].window == 1
    down = replace(view, keys=(a_key("a", health="cooling"), a_key("b")))
    assert all_rows(build_groups(down, NONE, NOW))[0].window == 2
    unlisted = replace(view, models=view.models[1:])
    assert all_rows(build_groups(unlisted, NONE, NOW))[0].window is None


def test_an_alias_without_an_answering_route_has_its_best_state():
    """A cooldown ends by itself, so it is better than a missing key."""
    alias = {"name": "x", "routes": ["a/one", "b/two"]}
    keys = [a_key("a", "not_configured"), a_key("b", health="cooling")]
    (row, *_) = all_rows(build_groups(a_view([], keys, aliases=(alias,)), NONE, NOW))
    assert (row.provider, row.mark) == ("b", Mark.COOLING)


def test_a_row_says_what_is_left():
    """Of the limits that count for it."""
    limits = ({"provider": "a", "share": 0.18}, {"provider": "a", "model": "two", "share": 0.5})
    rows = all_rows(build_groups(a_view(["a/one", "a/two"], limits=limits), NONE, NOW))
    assert [row.left for row in rows] == ["82%", "50%"]


def test_matches_are_highlighted():
    """Each row has the characters that matched."""
    (row,) = all_rows(build_groups(a_view(["a/sonnet"]), NONE, NOW, query="net"))
    assert row.matched == (5, 6, 7)


@pytest.mark.parametrize(
    ("key", "left"),
    [
        ({}, "75%"),
        ({"health": "cooling", "until": NOW + 2700}, "in 45 min"),
        ({"health": "cooling"}, ""),
        ({"state": "rejected"}, ""),
        ({"state": "not_configured"}, ""),
    ],
)
def test_what_is_left_is_shown_of_rows_that_answer(key, left):
    """Of others, only when they answer again matters."""
    view = a_view(["a/m"], [{**a_key("a"), **key}], limits=({"limit": "x", "share": 0.25},))
    (row,) = all_rows(build_groups(view, NONE, NOW, all_models=True))
    assert row.left == left


def test_a_limit_that_is_used_up_says_when_it_starts_again():
    """In the place of what is left."""
    limit = {"limit": "x", "share": 1.0, "resets_at": NOW + 3 * 86400}
    (row,) = all_rows(build_groups(a_view(["a/m"], limits=(limit,)), NONE, NOW))
    assert (row.mark, row.left) == (Mark.LIMITED, "in 3 d")


def test_an_alias_whose_route_names_a_key_has_the_state_of_that_key():
    """Another key of the provider would not answer for it."""
    alias = {"name": "x", "routes": ["a@work/one", "b/two"]}
    keys = [a_key("a"), a_key("a", "rejected", key="work"), a_key("b", health="cooling")]
    view = a_view(["a/one", "b/two"], keys, aliases=(alias,))
    (row, *_) = all_rows(build_groups(view, NONE, NOW))
    assert (row.provider, row.mark, row.label) == ("b", Mark.COOLING, "")
    fixed = replace(view, keys=(a_key("a", "rejected"), a_key("a", key="work")))
    (row, *_) = all_rows(build_groups(fixed, NONE, NOW))
    assert (row.provider, row.model, row.label, row.mark) == ("a", "one", "work", Mark.READY)
    assert row.chain == ("a@work/one", "b/two")
