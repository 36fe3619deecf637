from aircherd.usage.fleet.engine_clock import EngineClock


def test_it_is_the_machines_own_time_until_the_engine_has_answered():
    clock = EngineClock(steady=lambda: 100.0, clock=lambda: 5000.0)
    assert clock.time_at(100.0) == 5000.0
    assert not clock.is_known


def test_an_answer_came_in_the_middle_of_its_round_trip():
    clock = EngineClock(steady=lambda: 100.0, clock=lambda: 5000.0)
    assert not clock.learn(5001.0, sent=100.0, received=101.0)
    assert clock.time_at(101.0) == 5001.5
    assert clock.steady_at(5001.5) == 101.0


def test_an_hour_is_a_jump_but_a_slow_answer_is_none():
    clock = EngineClock(steady=lambda: 100.0, clock=lambda: 5000.0)
    assert clock.learn(8600.0, sent=100.0, received=100.0)
    assert not clock.learn(8603.0, sent=100.0, received=106.0)
    assert clock.learn(5000.0, sent=106.0, received=106.0)
