from datetime import date

import pytest

from aircher_cli.picker.live.updates import apply_event
from aircher_cli.picker.view.listing.model_facts import FactReader, is_old, parse_date, price_of
from helpers.picker.views import a_model, a_view


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


def test_an_alias_is_found_by_its_routes_and_what_they_can():
    """An alias has no abilities of its own."""
    view = a_view(
        [a_model("b/two", tools=True)], aliases=({"name": "fast", "routes": ["a/one", "b/two"]},)
    )
    alias = FactReader().read(view)[0][0]
    assert (alias.name, alias.routes) == ("fast", ("a/one", "b/two"))
    assert (alias.search.title, alias.search.about) == ("a/one b/two", "\0tools")


def test_the_newest_models_of_a_provider_come_first():
    """Without a date by version; what does not chat comes last, and providers keep their order."""
    models = [
        "b/gpt-5-nano",
        a_model("b/embed", released="2026-11", chats=False),
        "b/gpt-5.4-mini",
        "b/gpt-10",
        "b/gpt-5.5",
        a_model("b/dated", released="2025-03-04"),
        a_model("b/newer", released="2025-04"),
        "a/only",
    ]
    names = [facts.name for facts in FactReader().read(a_view(models))[0]]
    assert names == [
        "b/newer",
        "b/dated",
        "b/gpt-10",
        "b/gpt-5.5",
        "b/gpt-5.4-mini",
        "b/gpt-5-nano",
        "b/embed",
        "a/only",
    ]


def test_only_rows_that_changed_are_read_again():
    """A list that was fetched again mostly has equal rows."""
    reader, models = FactReader(), [a_model("a/one"), a_model("a/two")]
    one, two = reader.read(a_view(models))[0]
    again = [dict(models[0]), {**models[1], "latency_s": 2.0}]
    new_one, new_two = reader.read(a_view(again))[0]
    assert new_one is one
    assert (two.latency, new_two.latency) == (None, 2.0)


def test_an_event_about_a_key_changes_no_fact():
    """Thousands of models would have to be read again."""
    reader, view = FactReader(), a_view(["a/one"])
    event = {"topic": "auth", "provider": "a", "key": "default", "state": "rejected"}
    assert reader.read(apply_event(view, event)) == reader.read(view)
    assert apply_event(view, event).models is view.models


def test_each_name_is_there_once():
    """A name identifies a row."""
    view = a_view(["a/b", "a/b"], aliases=({"name": "x", "routes": ["a/b"]},) * 2)
    assert [facts.name for facts in FactReader().read(view)[0]] == ["x", "a/b"]


def test_names_that_cannot_be_typed_are_left_out():
    """Control characters, marks that turn the direction, and empty names."""
    names = ["a/", "/", "a/b\x1b[2J", "a/\u202eb", "a/ok", "a/b "]
    assert [facts.name for facts in FactReader().read(a_view(names))[0]] == ["a/ok"]


def test_a_title_is_shown_without_control_characters():
    """A title comes from a provider's list."""
    (facts,) = FactReader().read(a_view([a_model("a/b", name="T\x1b[2Jitle\u202e")]))[0]
    assert facts.title == "T[2Jitle"


def test_rows_with_wrong_types_are_read():
    """A later daemon may send anything."""
    wrong = {"window": "big", "prices": [], "tools": "yes", "name": {}, "released": 5}
    nameless = [{"provider": 1, "model": "m"}, {"provider": "a", "model": ["x"]}, {}]
    rows = [{"provider": "a", "model": "b", **wrong}, *nameless]
    (facts,) = FactReader().read(a_view(rows, keys=[]))[0]
    assert (facts.window, facts.price, facts.abilities) == (None, "?", ())


def test_the_default_may_be_an_alias():
    """`default_model` may name one; then its first model is not marked as well."""
    view = a_view(
        [a_model("a/b", is_default=True)], aliases=({"name": "x", "routes": ["a/b"]},), default="x"
    )
    assert [facts.name for facts in FactReader().read(view)[0] if facts.is_default] == ["x"]


def test_a_default_that_is_a_bare_name_is_found_by_the_mark_of_its_model():
    """`default_model` may be the name of a model without its provider."""
    view = a_view([a_model("a/b", is_default=True)], default="b")
    assert [facts.name for facts in FactReader().read(view)[0] if facts.is_default] == ["a/b"]
