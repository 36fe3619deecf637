"""How long answers usually are."""

from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.usual_output import MAX_MODELS, USUAL_OUTPUT, UsualOutput


def test_a_model_that_has_not_answered_is_guessed():
    """Another's answers say nothing about it."""
    usual = UsualOutput()
    usual.note("openai", "a", 9000)
    assert usual.of("openai", "b") == usual.of("anthropic", "a") == USUAL_OUTPUT


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_it_lies_within_what_was_seen(lengths):
    """Between the guess and the answers."""
    usual = UsualOutput()
    for length in lengths:
        usual.note("openai", "a", length)
    assert min(*lengths, USUAL_OUTPUT) <= usual.of("openai", "a") <= max(*lengths, USUAL_OUTPUT)


def test_it_follows_the_work():
    """After some dozens of answers it is about right."""
    usual = UsualOutput()
    for _ in range(100):
        usual.note("openai", "a", 4000)
    assert 3900 <= usual.of("openai", "a") <= 4000


def test_the_model_not_used_for_longest_is_forgotten():
    """There is an end to the names of models."""
    usual = UsualOutput()
    for number in range(MAX_MODELS):
        usual.note("p", str(number), 0)
    usual.note("p", "0", 0)
    usual.note("p", "one more", 0)
    assert (usual.of("p", "1"), usual.of("p", "0") < USUAL_OUTPUT) == (USUAL_OUTPUT, True)
