from aircherd.usage.fleet.outage import (
    FleetState,
    allowance_away,
    describe_outage,
    maximum_away,
)


def test_locally_each_machine_takes_its_part_of_the_rest():
    state = FleetState("local", machines=3)
    assert allowance_away(state, lease=10, rest=90) == 40
    assert allowance_away(state, lease=10, rest=-5) == 10


def test_refusing_leaves_what_is_leased():
    state = FleetState("refuse", machines=3)
    assert allowance_away(state, lease=10, rest=90) == 10
    assert maximum_away(state, 90) == 0


def test_a_new_window_is_divided_as_a_whole():
    assert maximum_away(FleetState("local", machines=3), 100) == 33


def test_an_engine_that_was_never_seen_has_two_machines():
    assert maximum_away(FleetState("local"), 100) == 50


def test_a_refusal_says_what_is_wrong():
    state = FleetState("refuse")
    state.reason = "it did not answer within 100 ms"
    assert "away: it did not answer within 100 ms; only what" in describe_outage(state)
    assert "1/2 of the rest" in describe_outage(FleetState("local"))
