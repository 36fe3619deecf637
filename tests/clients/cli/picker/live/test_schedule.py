"""What is fetched when."""

from aircher_cli.picker.live.schedule import INTERVALS, MAX_LISTS, Schedule
from aircher_cli.picker.live.updates import ALL, LIST


def taken(schedule, now):
    """Return all kinds that are due, in order."""
    kinds = []
    while (kind := schedule.take(now)) is not None:
        kinds.append(kind)
    return kinds


def test_the_first_change_is_due_at_once_and_the_list_comes_first():
    """Users wait for the list of models."""
    schedule = Schedule()
    assert (schedule.take(0.0), schedule.seconds_left(0.0)) == (None, None)
    schedule.mark(ALL, 0.0)
    assert schedule.seconds_left(0.0) == 0.0
    assert taken(schedule, 0.0) == ["models", "auth", "status", "limits", "spend"]
    assert schedule.seconds_left(0.0) is None


def test_a_thousand_attempts_a_second_are_one_report_of_usage():
    """The last one is not lost: it is fetched when the interval is over."""
    schedule = Schedule()
    found = []
    for number in range(1000):
        now = number / 1000
        schedule.mark(("spend",), now)
        found += [(kind, now) for kind in taken(schedule, now)]
    assert found == [("spend", 0.0)]
    assert taken(schedule, INTERVALS["spend"]) == ["spend"]
    assert schedule.seconds_left(5.0) is None  # nothing happens, so nothing is fetched


def test_keys_include_their_rate_limits():
    """One response has both."""
    schedule = Schedule()
    schedule.mark(("rates", "auth"), 0.0)
    assert taken(schedule, 0.0) == ["auth"]


def test_the_list_of_one_provider_is_fetched_alone():
    """Thousands of models of the others need not be sent again."""
    schedule = Schedule()
    schedule.mark((f"{LIST}a", f"{LIST}b"), 0.0)
    assert taken(schedule, 0.0) == ["models:a", "models:b"]
    schedule.mark((f"{LIST}a", f"{LIST}c"), 0.01)
    assert taken(schedule, 0.01) == ["models:c"]
    assert taken(schedule, 0.01 + INTERVALS["models"]) == ["models:a"]


def test_the_list_of_all_includes_that_of_one():
    """In whichever order they became stale."""
    schedule = Schedule()
    schedule.mark((f"{LIST}a",), 0.0)
    schedule.mark(("models", f"{LIST}b"), 0.0)
    schedule.mark((f"{LIST}c",), 0.0)
    assert taken(schedule, 0.0) == ["models"]


def test_many_lists_are_fetched_together():
    """The number of kinds is bounded, whatever names events have."""
    schedule = Schedule()
    for number in range(100_000):
        schedule.mark((f"{LIST}p{number}",), 0.0)
    assert taken(schedule, 0.0) == ["models"]
    for number in range(3 * MAX_LISTS):
        schedule.mark((f"{LIST}p{number}",), 1.0 + number)
        taken(schedule, 1.0 + number)
    assert repr(schedule) == "<Schedule of nothing>"


def test_what_could_not_be_fetched_is_tried_again_later():
    """An error that lasts is not asked for without a pause."""
    schedule = Schedule()
    schedule.mark(("auth",), 0.0)
    schedule.take(0.0)
    schedule.mark(("auth",), 0.0, delay=0.5)
    assert (schedule.take(0.2), schedule.take(0.5)) == (None, "auth")
