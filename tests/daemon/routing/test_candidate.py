"""One call that could be made."""

from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.models import Model
from helpers.routing import WORK

CANDIDATE = Candidate(WORK, Model(id="maker/m"), "default")


def test_its_origin_is_what_its_replies_are_marked_with() -> None:
    """The provider, and the model as it is called there."""
    assert CANDIDATE.origin == "work/maker/m"


def test_passing_it_over_names_it_as_an_attempt_would() -> None:
    """So a client finds the same candidate in both."""
    assert CANDIDATE.skipped("rate_limited", "too fast", 5.0) == Skipped(
        provider="work",
        model="maker/m",
        key="default",
        reason="rate_limited",
        message="too fast",
        until=5.0,
    )
