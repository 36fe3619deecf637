from aircherd.usage.fleet.outage import (
    MEASURED_SECONDS,
    Draws,
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


def test_what_others_draw_until_the_outage_is_not_free():
    """By how fast all of them did: 100 a second, and the last answer is two seconds old."""
    draws = Draws()
    for second in range(4):
        draws.note(1_000 + 100 * second, 0, float(second))
    assert draws.unseen(5.0, machines=4) == 200
    assert draws.unseen(3.0, machines=4) == 0


def test_who_was_granted_something_just_now_was_not_alone():
    """Nine others may have begun at the same time: no speed is known yet."""
    draws = Draws()
    draws.note(50, 50, 0.0)
    assert draws.unseen(MEASURED_SECONDS, machines=10) == 450
    assert draws.unseen(10.0, machines=10) == 0


def test_nothing_is_known_of_others_before_the_first_answer():
    """The engine is there, but has said nothing of this limit in its window."""
    assert Draws().unseen(5.0, machines=4) == 0


def test_what_is_given_back_is_no_speed():
    draws = Draws()
    for second in range(4):
        draws.note(1_000 - 100 * second, 0, float(second))
    assert draws.unseen(10.0, machines=4) == 0
