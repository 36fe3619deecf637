from aircherd.usage.fleet.turns import Outcome, Turn, Turns


def turns_of(*amounts: int) -> tuple[Turns, list[Turn]]:
    turns, waiting = Turns(), [Turn(amount) for amount in amounts]
    for turn in waiting:
        turns.add(turn)
    return turns, waiting


def outcomes(waiting: list[Turn]) -> list[Outcome | None]:
    return [turn.outcome for turn in waiting]


def test_those_that_fit_go_on_in_order_and_what_they_need_is_kept():
    turns, waiting = turns_of(3, 4, 5)
    assert turns.serve(available=8, rest=100, most=10) == 2
    assert outcomes(waiting) == [Outcome.GRANTED, Outcome.GRANTED, None]
    assert (turns.promised, turns.wanted, turns.least) == (7, 5, 5)
    turns.leave(waiting[0])
    assert turns.promised == 4


def test_one_that_needs_what_can_be_had_keeps_those_behind_it():
    """A small one must not take it away, again and again."""
    turns, waiting = turns_of(10, 1)
    assert turns.serve(available=5, rest=5, most=10) == 0
    assert outcomes(waiting) == [None, None]


def test_one_that_cannot_be_served_leaves_the_room_to_others():
    turns, waiting = turns_of(10, 1)
    assert turns.serve(available=2, rest=0, most=10) == 2
    assert outcomes(waiting) == [Outcome.REFUSED, Outcome.GRANTED]


def test_few_are_served_at_once():
    turns, _ = turns_of(*[1] * 10)
    assert turns.serve(available=10, rest=0, most=4) == 4
    assert turns.wanted == 6


def test_a_cancelled_one_leaves_nothing():
    turns, waiting = turns_of(3, 4)
    turns.serve(available=3, rest=4, most=10)
    for turn in waiting:
        turns.leave(turn)
    assert (turns.promised, turns.wanted, bool(turns)) == (0, 0, False)


def test_all_try_again_when_the_engine_is_away():
    turns, waiting = turns_of(3, 4)
    turns.end_all(Outcome.AGAIN)
    assert outcomes(waiting) == [Outcome.AGAIN, Outcome.AGAIN]
    assert all(turn.is_over.is_set() for turn in waiting)
