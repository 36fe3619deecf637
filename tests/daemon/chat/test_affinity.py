"""Conversations stay with the candidate that answered last."""

from aircherd.chat.affinity import MAX_CONVERSATIONS, SessionAffinity
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.models import Model
from helpers.chat import A, B

FIRST = Candidate(A, Model(id="m"), "default")
SECOND = Candidate(B, Model(id="n"), None)


def test_last_candidate_is_preferred() -> None:
    """Its model and key are remembered too."""
    affinity = SessionAffinity()
    assert affinity.preferred("c") is None
    affinity.note_answer(FIRST, "c")
    assert affinity.preferred("c") == ("a", "m", "default")
    affinity.note_answer(SECOND, "c")
    assert affinity.preferred("c") == ("b", "n", None)


def test_oldest_conversations_are_dropped() -> None:
    """Clients choose the names, so their number is bounded."""
    affinity = SessionAffinity()
    affinity.note_answer(FIRST, "old")
    affinity.note_answer(FIRST, "active")
    for number in range(MAX_CONVERSATIONS):
        affinity.note_answer(FIRST, "active")
        affinity.note_answer(FIRST, f"c{number}")
    assert affinity.preferred("old") is None
    assert affinity.preferred("active") is not None
    assert repr(affinity) == f"<SessionAffinity of {MAX_CONVERSATIONS} conversations>"
