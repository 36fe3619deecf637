from aircher_cli.render.marks import HEALTH, STATES, Mark
from aircherd.vocabulary.keys import Health, KeyState


def test_each_mark_has_a_rank():
    """States are compared, so a new one needs its place in the order."""
    assert len({mark.rank for mark in Mark}) == len(Mark)


def test_no_folded_state_answers():
    """What can answer now is always shown."""
    assert [mark for mark in Mark if mark.answers and mark.is_folded] == []


def test_answering_states_are_the_best():
    """What can answer now comes first."""
    worst = max(mark.rank for mark in Mark if mark.answers)
    assert all(mark.rank > worst for mark in Mark if not mark.answers)


def test_each_state_of_a_provider_has_its_mark():
    """A state that the daemon learns fails here until the client can show it."""
    assert set(STATES) == {state.value for state in KeyState}
    assert set(HEALTH) == {health.value for health in Health} - {"ok"}
