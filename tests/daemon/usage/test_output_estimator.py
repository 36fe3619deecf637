"""Estimates of output tokens."""

from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.output_estimator import (
    DEFAULT_OUTPUT,
    MAX_MODELS,
    LearnedOutput,
    OutputEstimator,
)


def test_an_unknown_model_has_the_default():
    """Other models do not matter."""
    estimator = OutputEstimator()
    estimator.record("openai", "a", 9000)
    assert (
        estimator.estimate("openai", "b") == estimator.estimate("anthropic", "a") == DEFAULT_OUTPUT
    )


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_the_estimate_is_between_the_default_and_the_replies(lengths):
    """For any lengths."""
    estimator = OutputEstimator()
    for length in lengths:
        estimator.record("openai", "a", length)
    assert (
        min(*lengths, DEFAULT_OUTPUT)
        <= estimator.estimate("openai", "a")
        <= max(*lengths, DEFAULT_OUTPUT)
    )


def test_the_estimate_follows_a_change():
    """After a few dozen replies it is about right."""
    estimator = OutputEstimator()
    for _ in range(100):
        estimator.record("openai", "a", 4000)
    assert 3900 <= estimator.estimate("openai", "a") <= 4000


def test_the_default_counts_as_one_reply():
    """A few replies replace it, so that a tight budget is not filled by reservations."""
    estimator = OutputEstimator()
    estimates = []
    for _ in range(15):
        estimator.record("openai", "a", 3)
        estimates.append(estimator.estimate("openai", "a"))
    assert estimates[:3] == [round(3 + (DEFAULT_OUTPUT - 3) / n) for n in (2, 3, 4)]
    assert estimates[14] == round(3 + (DEFAULT_OUTPUT - 3) / 16)


def test_restored_estimates_have_the_weight_of_their_replies():
    """One more reply changes them accordingly."""
    estimator = OutputEstimator()
    estimator.restore(
        [LearnedOutput("openai", "a", 10, 3.0), LearnedOutput("openai", "b", 0, 900.0)]
    )
    assert (estimator.estimate("openai", "a"), estimator.estimate("openai", "b")) == (
        49,
        DEFAULT_OUTPUT,
    )
    estimator.record("openai", "a", 3)
    assert estimator.estimate("openai", "a") == 45


def test_replies_since_the_start_count_more_than_restored_ones():
    """The ledger is read while requests are served."""
    estimator = OutputEstimator()
    estimator.record("openai", "a", 2000)
    estimator.restore([LearnedOutput("openai", "a", 1000, 3.0)])
    assert estimator.estimate("openai", "a") == round((3 + 2000) / 2)


def test_restoring_does_not_change_an_established_estimate():
    """The default that it would replace has almost no weight by then."""
    estimator = OutputEstimator()
    for _ in range(20):
        estimator.record("openai", "a", 2000)
    before = estimator.estimate("openai", "a")
    estimator.restore([LearnedOutput("openai", "a", 1000, 3.0)])
    assert estimator.estimate("openai", "a") == before


def test_restored_models_are_bounded():
    """Models that replied since the start stay."""
    estimator = OutputEstimator()
    estimator.record("p", "mine", 0)
    estimator.restore(LearnedOutput("p", str(number), 1, 0.0) for number in range(MAX_MODELS))
    assert (
        estimator.estimate("p", "mine")
        == estimator.estimate("p", str(MAX_MODELS - 2))
        == DEFAULT_OUTPUT / 2
    )
    assert estimator.estimate("p", str(MAX_MODELS - 1)) == DEFAULT_OUTPUT


def test_the_least_recently_used_model_is_forgotten():
    """The number of models is bounded."""
    estimator = OutputEstimator()
    for number in range(MAX_MODELS):
        estimator.record("p", str(number), 0)
    estimator.record("p", "0", 0)
    estimator.record("p", "one more", 0)
    assert (estimator.estimate("p", "1"), estimator.estimate("p", "0") < DEFAULT_OUTPUT) == (
        DEFAULT_OUTPUT,
        True,
    )
