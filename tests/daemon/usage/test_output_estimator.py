"""How long answers usually are."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.output_estimator import (
    LAST_ANSWERS,
    MAX_MODELS,
    USUAL_OUTPUT,
    Learned,
    OutputEstimator,
    read_learned,
)
from aircherd.vocabulary.reply import Usage
from helpers.ledger import NOW, settled, started


def test_a_model_that_has_not_answered_is_guessed():
    """Another's answers say nothing about it."""
    usual = OutputEstimator()
    usual.note("openai", "a", 9000)
    assert usual.of("openai", "b") == usual.of("anthropic", "a") == USUAL_OUTPUT


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_it_lies_within_what_was_seen(lengths):
    """Between the guess and the answers."""
    usual = OutputEstimator()
    for length in lengths:
        usual.note("openai", "a", length)
    assert min(*lengths, USUAL_OUTPUT) <= usual.of("openai", "a") <= max(*lengths, USUAL_OUTPUT)


def test_it_follows_the_work():
    """After some dozens of answers it is about right."""
    usual = OutputEstimator()
    for _ in range(100):
        usual.note("openai", "a", 4000)
    assert 3900 <= usual.of("openai", "a") <= 4000


def test_the_guess_counts_as_one_answer():
    """A few answers are enough to know better: else a tight budget is full of what nobody takes."""
    usual = OutputEstimator()
    guesses = []
    for _ in range(15):
        usual.note("openai", "a", 3)
        guesses.append(usual.of("openai", "a"))
    assert guesses[:3] == [round(3 + (USUAL_OUTPUT - 3) / n) for n in (2, 3, 4)]
    assert guesses[14] == round(3 + (USUAL_OUTPUT - 3) / 16)


def test_what_was_learned_before_is_known_again():
    """With the weight of the answers it is the mean of."""
    usual = OutputEstimator()
    usual.recall([Learned("openai", "a", 10, 3.0), Learned("openai", "b", 0, 900.0)])
    assert (usual.of("openai", "a"), usual.of("openai", "b")) == (49, USUAL_OUTPUT)
    usual.note("openai", "a", 3)
    assert usual.of("openai", "a") == 45


def test_what_was_learned_meanwhile_counts_more():
    """The ledger is read while requests go on."""
    usual = OutputEstimator()
    usual.note("openai", "a", 2000)
    usual.recall([Learned("openai", "a", 1000, 3.0)])
    assert usual.of("openai", "a") == round((3 + 2000) / 2)


def test_what_answers_have_long_said_is_left_as_it_is():
    """The first guess weighs next to nothing by then, and so does what takes its place."""
    usual = OutputEstimator()
    for _ in range(20):
        usual.note("openai", "a", 2000)
    before = usual.of("openai", "a")
    usual.recall([Learned("openai", "a", 1000, 3.0)])
    assert usual.of("openai", "a") == before


def test_no_more_models_are_recalled_than_there_is_room_for():
    """Those that answered since stay."""
    usual = OutputEstimator()
    usual.note("p", "mine", 0)
    usual.recall(Learned("p", str(number), 1, 0.0) for number in range(MAX_MODELS))
    assert usual.of("p", "mine") == usual.of("p", str(MAX_MODELS - 2)) == USUAL_OUTPUT / 2
    assert usual.of("p", str(MAX_MODELS - 1)) == USUAL_OUTPUT


def test_only_answers_whose_length_was_told_are_learned_from(tmp_path):
    """Each provider's model for itself; of many the last ones."""
    told = [
        settled(usage=Usage(80, 10)),
        settled(usage=Usage(80, 30)),
        settled(usage=Usage(80, 9000), tokens_estimated=True),
        settled("truncated", usage=Usage(80, 9000)),
        settled(usage=None),
    ]
    file = LedgerDatabase(tmp_path / "ledger.db", clock=lambda: NOW, tz=UTC)
    entries = [LedgerEntry(number, started(), end) for number, end in enumerate(told, 1)]
    small = LedgerEntry(6, started(model="small"), settled(usage=Usage(80, 7)))
    file.write([*entries, small, LedgerEntry(7, started(), None)], first_id=1)
    learned = file.read(read_learned)
    file.close()
    assert sorted(learned) == [("work", "large", 2, 20.0), ("work", "small", 1, 7.0)]


def test_only_the_last_answers_are_learned_from(tmp_path):
    """A large ledger is not read whole."""
    file = LedgerDatabase(tmp_path / "ledger.db", clock=lambda: NOW, tz=UTC)
    assert file.read(read_learned) == []
    lengths = [9000] * 100 + [3] * LAST_ANSWERS
    ends = (settled(usage=Usage(80, length)) for length in lengths)
    entries = [LedgerEntry(number, started(), end) for number, end in enumerate(ends, 1)]
    file.write(entries, first_id=1)
    learned = file.read(read_learned)
    file.close()
    assert learned == [("work", "large", LAST_ANSWERS, 3.0)]


def test_the_model_not_used_for_longest_is_forgotten():
    """There is an end to the names of models."""
    usual = OutputEstimator()
    for number in range(MAX_MODELS):
        usual.note("p", str(number), 0)
    usual.note("p", "0", 0)
    usual.note("p", "one more", 0)
    assert (usual.of("p", "1"), usual.of("p", "0") < USUAL_OUTPUT) == (USUAL_OUTPUT, True)
