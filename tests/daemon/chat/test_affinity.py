"""What requests teach later ones."""

import pytest

from aircherd.chat import affinity
from aircherd.chat.affinity import MAX_CONVERSATIONS, MAX_SPEEDS, OLD_SECONDS, Recall
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.models import Model
from helpers.chat import A, B

FIRST = Candidate(A, Model(id="m"), "default")
SECOND = Candidate(B, Model(id="n"), None)


def test_a_conversation_is_held_by_who_answered_last() -> None:
    """With which model and key."""
    known = Recall()
    assert known.held_by("c") is None
    known.note_answer(FIRST, "c")
    assert known.held_by("c") == ("a", "m", "default")
    known.note_answer(SECOND, "c")
    assert known.held_by("c") == ("b", "n", None)


def test_an_answer_outside_a_conversation_leaves_nothing() -> None:
    """Most requests have none."""
    known = Recall()
    known.note_answer(FIRST, None)
    assert repr(known) == "<Recall 0 conversations, 0 speeds>"


def test_a_speed_follows_what_is_measured_but_slowly() -> None:
    """The first one counts whole, one slow answer does not change the picture."""
    known = Recall()
    assert known.speed("a", "m") is None
    known.note_first(FIRST, 1.0)
    assert known.speed("a", "m") == 1.0
    known.note_first(FIRST, 11.0)
    assert known.speed("a", "m") == pytest.approx(4.0)
    for _ in range(20):
        known.note_first(FIRST, 2.0)
    assert known.speed("a", "m") == pytest.approx(2.0, abs=0.01)


def test_a_speed_is_a_models_at_its_provider() -> None:
    """Whatever the key; another model or provider is another matter."""
    known = Recall()
    known.note_first(FIRST, 1.0)
    assert known.speed("a", "n") is None
    assert known.speed("b", "m") is None


def test_what_was_not_heard_of_for_long_is_forgotten() -> None:
    """Clients make up conversations: there is an end to it."""
    known = Recall()
    known.note_answer(FIRST, "old")
    known.note_answer(FIRST, "lively")
    for number in range(MAX_CONVERSATIONS):
        known.note_answer(FIRST, "lively")
        known.note_answer(FIRST, f"c{number}")
    assert known.held_by("old") is None
    assert known.held_by("lively") is not None
    assert repr(known) == f"<Recall {MAX_CONVERSATIONS} conversations, 0 speeds>"


def test_of_very_many_models_the_latest_speeds_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names are clients' too."""
    assert MAX_SPEEDS >= 100
    monkeypatch.setattr(affinity, "MAX_SPEEDS", 2)
    known = Recall()
    for name in ("one", "two", "three"):
        known.note_first(Candidate(A, Model(id=name), None), 1.0)
    assert [known.speed("a", name) for name in ("one", "two", "three")] == [None, 1.0, 1.0]


def test_a_speed_of_long_ago_is_none() -> None:
    """It is measured anew, and begins anew: one bad hour is not for ever."""
    now = 0.0
    known = Recall(clock=lambda: now)
    known.note_first(FIRST, 9.0)
    now = OLD_SECONDS - 1
    assert known.speed("a", "m") == 9.0
    now = OLD_SECONDS
    assert known.speed("a", "m") is None
    known.note_first(FIRST, 1.0)
    assert known.speed("a", "m") == 1.0
