"""How long answers usually are."""

from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.output_estimator import (
    DEFAULT_OUTPUT,
    MAX_MODELS,
    LearnedOutput,
    OutputEstimator,
)


def test_a_model_that_has_not_answered_is_guessed():
    """Another's answers say nothing about it."""
    usual = OutputEstimator()
    usual.record("openai", "a", 9000)
    assert usual.estimate("openai", "b") == usual.estimate("anthropic", "a") == DEFAULT_OUTPUT


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_it_lies_within_what_was_seen(lengths):
    """Between the guess and the answers."""
    usual = OutputEstimator()
    for length in lengths:
        usual.record("openai", "a", length)
    assert (
        min(*lengths, DEFAULT_OUTPUT)
        <= usual.estimate("openai", "a")
        <= max(*lengths, DEFAULT_OUTPUT)
    )


def test_it_follows_the_work():
    """After some dozens of answers it is about right."""
    usual = OutputEstimator()
    for _ in range(100):
        usual.record("openai", "a", 4000)
    assert 3900 <= usual.estimate("openai", "a") <= 4000


def test_the_guess_counts_as_one_answer():
    """A few answers are enough to know better: else a tight budget is full of what nobody takes."""
    usual = OutputEstimator()
    guesses = []
    for _ in range(15):
        usual.record("openai", "a", 3)
        guesses.append(usual.estimate("openai", "a"))
    assert guesses[:3] == [round(3 + (DEFAULT_OUTPUT - 3) / n) for n in (2, 3, 4)]
    assert guesses[14] == round(3 + (DEFAULT_OUTPUT - 3) / 16)


def test_what_was_learned_before_is_known_again():
    """With the weight of the answers it is the mean of."""
    usual = OutputEstimator()
    usual.restore([LearnedOutput("openai", "a", 10, 3.0), LearnedOutput("openai", "b", 0, 900.0)])
    assert (usual.estimate("openai", "a"), usual.estimate("openai", "b")) == (49, DEFAULT_OUTPUT)
    usual.record("openai", "a", 3)
    assert usual.estimate("openai", "a") == 45


def test_what_was_learned_meanwhile_counts_more():
    """The ledger is read while requests go on."""
    usual = OutputEstimator()
    usual.record("openai", "a", 2000)
    usual.restore([LearnedOutput("openai", "a", 1000, 3.0)])
    assert usual.estimate("openai", "a") == round((3 + 2000) / 2)


def test_what_answers_have_long_said_is_left_as_it_is():
    """The first guess weighs next to nothing by then, and so does what takes its place."""
    usual = OutputEstimator()
    for _ in range(20):
        usual.record("openai", "a", 2000)
    before = usual.estimate("openai", "a")
    usual.restore([LearnedOutput("openai", "a", 1000, 3.0)])
    assert usual.estimate("openai", "a") == before


def test_no_more_models_are_recalled_than_there_is_room_for():
    """Those that answered since stay."""
    usual = OutputEstimator()
    usual.record("p", "mine", 0)
    usual.restore(LearnedOutput("p", str(number), 1, 0.0) for number in range(MAX_MODELS))
    assert (
        usual.estimate("p", "mine")
        == usual.estimate("p", str(MAX_MODELS - 2))
        == DEFAULT_OUTPUT / 2
    )
    assert usual.estimate("p", str(MAX_MODELS - 1)) == DEFAULT_OUTPUT


def test_the_model_not_used_for_longest_is_forgotten():
    """There is an end to the names of models."""
    usual = OutputEstimator()
    for number in range(MAX_MODELS):
        usual.record("p", str(number), 0)
    usual.record("p", "0", 0)
    usual.record("p", "one more", 0)
    assert (usual.estimate("p", "1"), usual.estimate("p", "0") < DEFAULT_OUTPUT) == (
        DEFAULT_OUTPUT,
        True,
    )
