"""What calls may use, from what earlier ones used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.observed_use import (
    KEPT,
    MAX_MODELS,
    RETRY_SECONDS,
    WORST_OUTPUT,
    Asked,
    ObservedUse,
    Use,
)

NOW = 1_000_000.0
ASKED = Asked(100, 50, 50)


def observed(*calls: tuple[Asked, Use]) -> ObservedUse:
    use = ObservedUse()
    for asked, used in calls:
        use.record("p", "m", asked, used, NOW, has_cost=used.cost_factor != 1)
    return use


def expect(use: ObservedUse, asked: Asked = ASKED, now: float = NOW):
    return use.expect("p", "m", asked, None, now)


def test_an_unknown_model_may_use_a_plausible_worst_case():
    """Which a model's own maximum bounds."""
    found = expect(ObservedUse())
    assert not found.is_known
    assert (found.least, found.high) == (Use(100, 50), Use(400, WORST_OUTPUT))
    assert ObservedUse().expect("p", "m", ASKED, 300, NOW).high.output_tokens == 300


def test_a_few_calls_count_with_a_margin_and_more_without():
    """The highest one at first; after 8 calls their level alone."""
    three_times = (ASKED, Use(300, 150))
    assert expect(observed(three_times)).high == Use(600, 300)
    assert expect(observed(*[three_times] * 2)).high == Use(450, 225)
    sure = expect(observed(*[three_times] * 8))
    assert (sure.least, sure.usual, sure.high) == (Use(300, 150), Use(300, 150), Use(300, 150))


def test_one_odd_call_does_not_block_a_model():
    """It counts while there are few, but one call alone may go out as it was estimated."""
    odd, usual = (ASKED, Use(100_000, 50_000)), (ASKED, Use(90, 20))
    assert expect(observed(odd)).least == Use(100, 50)
    assert expect(observed(odd)).high == Use(200_000, 100_000)
    assert expect(observed(odd, *[usual] * 7)).high == Use(100, 50)
    assert expect(observed(odd, odd, *[usual] * 7)).high == Use(100_000, 50_000)


def test_an_honest_provider_is_expected_to_stay_honest():
    """Never less than the estimate, however little was used."""
    assert expect(observed(*[(ASKED, Use(60, 3))] * 8)).high == Use(100, 50)


def test_calls_of_another_size_count_less():
    """A server's own system prompt changes a short request more than a long one."""
    found = expect(observed((Asked(10, 50, 50), Use(30, 50))), Asked(10_000, 50, 50))
    assert (found.least.input_tokens, found.high.input_tokens) == (10_000, 60_000)


def test_a_server_that_ignores_one_maximum_ignores_others():
    """What it answered is expected again, whatever is asked for."""
    endless = (Asked(100, 10, 10), Use(100, 5000))
    assert expect(observed(endless), Asked(100, 1000, 1000)).high.output_tokens == 10_000
    honest = (Asked(100, 10, 10), Use(100, 10))
    assert expect(observed(honest), Asked(100, 1000, 1000)).high.output_tokens == 2000


def test_without_a_maximum_long_answers_are_expected_again():
    """And before any is known, a plausible one."""
    free = Asked(100, 512)
    lengths = [(free, Use(100, length)) for length in (100, 200, 300, 900, 1000, 100, 100, 100)]
    found = expect(observed(*lengths), free)
    assert (found.least.output_tokens, found.high.output_tokens) == (512, 900)
    bounded = (ASKED, Use(100, 50))
    assert expect(observed(bounded), free).high.output_tokens == WORST_OUTPUT
    assert expect(observed(*lengths)).high.output_tokens == 2000


def test_reported_costs_are_learned_as_a_factor():
    """Of what the catalog's prices say."""
    found = expect(observed(*[(ASKED, Use(100, 50, 5.0))] * 8))
    assert (found.least.cost_factor, found.high.cost_factor) == (5.0, 5.0)


def test_after_a_day_one_call_may_try_again():
    """Otherwise a model that once was too expensive for its limit would stay so forever."""
    use = observed(*[(ASKED, Use(300, 150))] * 8)
    later = expect(use, now=NOW + RETRY_SECONDS)
    assert (later.least, later.high) == (Use(100, 50), Use(300, 150))


def test_what_was_observed_is_restored():
    """Calls since then are newer."""
    use = observed(*[(ASKED, Use(300, 150))] * 8)
    again = observed((ASKED, Use(100, 50)))
    again.restore(use.take_if_changed())
    assert expect(again).high == Use(300, 150)
    assert use.take_if_changed() == []


def test_memory_is_bounded():
    """For each model, and in all."""
    use = ObservedUse()
    for number in range(MAX_MODELS + 5):
        use.record("p", str(number), ASKED, Use(1, 1), NOW, has_cost=True)
    for _ in range(KEPT + 5):
        use.record("p", "m", ASKED, Use(1, 1, 2.0), NOW, has_cost=True)
    assert repr(use) == f"<ObservedUse of {MAX_MODELS} models>"
    changed = {row.model: row.calls for row in use.take_if_changed()}
    calls = changed["m"]
    assert {len(calls.inputs), len(calls.bounded), len(calls.costs)} == {KEPT}
    assert len(changed) == MAX_MODELS


@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8), st.integers(0, 10**8))),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
)
def test_nothing_is_below_the_estimate(calls, tokens, bound):
    """Whatever was reported."""
    use = observed(*((Asked(a, 10, bound), Use(b, c, float(b or 1))) for a, b, c in calls))
    asked = Asked(tokens, bound or 512, bound)
    found = expect(use, asked)
    for level in (found.least, found.usual, found.high):
        assert level.input_tokens >= tokens
        assert level.output_tokens >= asked.output_tokens
        assert level.cost_factor >= 1


@pytest.mark.parametrize("used", [Use(0, 0), Use(-5, 7)])
def test_counts_that_are_no_counts_are_left_out(used):
    """A server may report anything."""
    assert expect(observed((ASKED, used))).high.input_tokens == 400
