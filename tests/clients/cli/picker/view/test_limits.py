import pytest

from aircher_cli.picker.view.limits import (
    costs_nothing,
    is_full,
    is_leased,
    left_text,
    limits_of,
    short_wait,
)
from helpers.picker.views import NOW


@pytest.mark.parametrize(
    ("limit", "counts"),
    [
        ({}, True),
        ({"provider": "openai"}, True),
        ({"provider": "groq"}, False),
        ({"provider": "openai", "key": "work"}, True),
        ({"provider": "openai", "key": "home"}, False),
        ({"provider": "openai", "model": "gpt-5"}, True),
        ({"model": "openai/gpt-5"}, True),
        ({"model": "openai/gpt-4"}, False),
        ({"client": "aircher-cli", "project": "/src"}, True),
        ({"client": "nvim", "others": True}, False),
        ({"project": "/elsewhere", "others": True}, False),
    ],
)
def test_a_limit_counts_what_it_names(limit, counts):
    """A limit without a name is about everything."""
    assert limits_of([limit], "openai", "work", "gpt-5") == ([limit] if counts else [])


def test_a_limit_of_a_model_is_not_about_its_provider():
    """The provider's other models can be used."""
    assert limits_of([{"provider": "openai", "model": "gpt-5"}], "openai", "", None) == []


def test_a_limit_that_refuses_counts_as_full():
    """However much of it seems to be left."""
    assert is_full({"share": 0.1, "refuses": True})


@pytest.mark.parametrize(("share", "full"), [(0.99, False), (1, True), (1.5, True), (None, False)])
def test_a_limit_is_full_when_nothing_is_left(share, full):
    """What is reserved may exceed it."""
    assert is_full({"share": share}) is full


@pytest.mark.parametrize(
    ("limits", "rates", "left"),
    [
        ([], [], ""),
        ([{"share": 0.18}], [], "82%"),
        ([{"share": 0.18}, {"share": 0.5}], [], "50%"),
        ([{"share": 1.4}], [], "0%"),
        ([], [{"limit": 100, "remaining": 42, "reset_at": NOW + 5}], "42%"),
        ([], [{"limit": 100, "remaining": 42, "reset_at": NOW - 5}], "100%"),
        ([{"share": 0.1}], [{"limit": 100, "remaining": 42}], "42%"),
        ([{}], [{"limit": 0, "remaining": 0}, {"remaining": 3}, {"limit": "x"}], ""),
    ],
)
def test_the_tightest_limit_is_shown(limits, rates, left):
    """Of the user's limits and the provider's rate limits, the one with the least left."""
    assert left_text(limits, {"rate_limit": rates}, NOW) == left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, ""),
        (0.5, "in 1 s"),
        (99, "in 99 s"),
        (100, "in 2 min"),
        (2661, "in 45 min"),
        (99 * 60, "in 99 min"),
        (99 * 60 + 1, "in 2 h"),
        (47 * 3600, "in 47 h"),
        (47 * 3600 + 1, "in 2 d"),
        (1e9, "in 11575 d"),
    ],
)
def test_a_wait_has_one_unit_and_is_never_too_short(seconds, text):
    """It has to fit into a narrow column."""
    assert short_wait(seconds) == text


def test_a_rate_limit_has_at_most_all_of_it_left():
    """Some providers report more remaining than the limit."""
    key = {"rate_limit": [{"limit": 10, "remaining": 12}]}
    assert left_text([], key, 0.0) == "100%"


def test_a_rate_limit_with_nothing_left_is_that_of_another_model():
    """The figures are those of the key's last response: what can answer is not at 0 %."""
    rates = [{"limit": 10, "remaining": 0}, {"limit": 10, "remaining": 8}]
    assert left_text([], {"rate_limit": rates}, 0.0) == "80%"


@pytest.mark.parametrize(
    ("counted", "is_free", "applies"),
    [("usd", True, False), ("usd", False, True), ("requests", True, True), (None, True, True)],
)
def test_a_budget_does_not_apply_to_what_is_free(counted, is_free, applies):
    """Requests and tokens are counted whatever they cost."""
    limit = {"counted": counted, "share": 1.0}
    assert limits_of([limit], "a", "default", "m", is_free=is_free) == [limit] * applies


@pytest.mark.parametrize(
    ("prices", "is_free"),
    [
        ({"input": "0", "output": "0.00"}, True),
        ({"input": "0", "output": "1"}, False),
        ({"input": "0"}, False),
        ({}, False),
        ({"input": "x", "output": "x"}, False),
    ],
)
def test_only_a_known_price_of_zero_is_free(prices, is_free):
    """An unknown price may be any."""
    assert costs_nothing(prices) is is_free


@pytest.mark.parametrize(
    ("used", "held", "leased"),
    [(3, 7, True), (3, 6, False), (10, 0, False), (10, 3, False), ("0.5", "9.5", True)],
)
def test_a_limit_can_be_leased_to_other_machines_as_a_whole(used, held, leased):
    """Then nothing can be asked here, whatever is not used yet."""
    limit = {"max": 10, "used": used, "held_elsewhere": held, "share": float(used) / 10}
    assert is_leased(limit) is leased
    assert is_full(limit) is (leased or used == 10)
