from aircher_cli.picker.view.states.table import HEALTH, UNUSABLE, USABLE
from aircherd.vocabulary.keys import Health, KeyState


def test_the_tables_have_no_states_that_the_daemon_does_not_know():
    """A state that was renamed does not stay behind."""
    assert {*USABLE, *UNUSABLE} == {state.value for state in KeyState}
    assert set(HEALTH) == {health.value for health in Health}
