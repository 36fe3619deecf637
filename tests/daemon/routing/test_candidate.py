"""Candidates and the records of skipped ones."""

from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.models import Model
from helpers.routing import WORK

CANDIDATE = Candidate(WORK, Model(id="maker/m"), "default")


def test_origin_is_provider_and_model() -> None:
    """The model's name is the one that the provider uses."""
    assert CANDIDATE.origin == "work/maker/m"


def test_skip_names_the_candidate_as_an_attempt_does() -> None:
    """Clients find the same candidate in both."""
    assert CANDIDATE.skipped("rate_limited", "too fast", 5.0) == Skipped(
        provider="work",
        model="maker/m",
        key="default",
        reason="rate_limited",
        message="too fast",
        until=5.0,
    )
