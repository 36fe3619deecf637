from datetime import date

import pytest

from aircher_cli.picker.view.facts import is_old, parse_date, price_of, read_facts
from helpers.picker_views import a_model, a_view


@pytest.mark.parametrize(
    ("prices", "text"),
    [
        ({}, "?"),
        ({"input": "3", "output": "15"}, "$3/$15"),
        ({"input": "0.30", "output": "2.5", "tiers": [{}]}, "$0.30/$2.50+"),
        ({"input": "0", "output": "0"}, "free"),
        ({"input": "3"}, "$3/?"),
        ({"input": "NaN", "output": "x"}, "?"),
        ({"input": [], "output": {}}, "?"),
    ],
)
def test_prices_are_short(prices, text):
    """Input and output per million tokens; what is unknown is not free."""
    assert price_of(prices)[0] == text


def test_an_unknown_price_cannot_be_compared():
    """It is sorted last, not first."""
    assert price_of({"input": "3"})[1] == ()


@pytest.mark.parametrize(
    ("released", "expected"),
    [
        ("2024-11-17", True),
        ("2024-11-20", False),
        ("2024-10", True),
        ("2023", True),
        ("2024", False),
        ("", False),
        ("soon", False),
        ("2024-13-40", False),
        ("-1", False),
    ],
)
def test_a_model_is_old_after_two_years(released, expected):
    """A date without a day counts as the end of its month or year; an unknown one is not old."""
    assert is_old(released, date(2026, 11, 18)) is expected


def test_a_year_and_month_are_a_date():
    """The public data has such dates."""
    assert parse_date("2025-02") == date(2025, 2, 28)


def test_the_facts_of_an_alias_are_those_of_its_first_known_route():
    """An alias has no window and no price of its own."""
    view = a_view(
        [a_model("b/two", window=5)], aliases=({"name": "fast", "routes": ["a/one", "b/two"]},)
    )
    alias = read_facts(view)[0]
    assert (alias.name, alias.window, alias.routes) == ("fast", 5, ("a/one", "b/two"))


def test_each_name_is_there_once():
    """A name identifies a row."""
    view = a_view(["a/b", "a/b"], aliases=({"name": "x", "routes": ["a/b"]},) * 2)
    assert [facts.name for facts in read_facts(view)] == ["x", "a/b"]


def test_names_that_cannot_be_typed_are_left_out():
    """Control characters, marks that turn the direction, and empty names."""
    names = ["a/", "/", "a/b\x1b[2J", "a/\u202eb", "a/ok", "a/b "]
    assert [facts.name for facts in read_facts(a_view(names))] == ["a/ok"]


def test_a_title_is_shown_without_control_characters():
    """A title comes from a provider's list."""
    (facts,) = read_facts(a_view([a_model("a/b", name="T\x1b[2Jitle\u202e")]))
    assert facts.title == "T[2Jitle"


def test_rows_with_wrong_types_are_read():
    """A later daemon may send anything."""
    row = {"provider": 1, "model": ["x"], "window": "big", "prices": [], "tools": "yes", "name": {}}
    (facts,) = read_facts(a_view([row], keys=[]))
    assert (facts.window, facts.price, facts.abilities) == (None, "?", ())


def test_the_default_may_be_an_alias():
    """`default_model` may name one; its model is not marked too, though the daemon does so."""
    view = a_view(
        [a_model("a/b", is_default=True)], aliases=({"name": "x", "routes": ["a/b"]},), default="x"
    )
    assert [facts.name for facts in read_facts(view) if facts.is_default] == ["x"]


def test_a_default_that_is_a_bare_name_is_found_by_the_mark_of_its_model():
    """`default_model` may be the name of a model without its provider."""
    view = a_view([a_model("a/b", is_default=True)], default="b")
    assert [facts.name for facts in read_facts(view) if facts.is_default] == ["a/b"]
