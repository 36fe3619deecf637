"""Requests that daemons pass on to each other."""

import pytest

from aircherd.errors import BadRequest
from aircherd.providers.upstream.circles import MAX_PASSED, check_passed, new_id


def test_every_run_has_an_id_of_its_own() -> None:
    """So a daemon knows its own requests, and no other takes them for its own."""
    assert len({new_id() for _ in range(100)}) == 100


def test_a_request_may_pass_a_few_daemons() -> None:
    """Up to the bound, none of them twice."""
    check_passed([new_id() for _ in range(MAX_PASSED)], "me")


@pytest.mark.parametrize(
    ("passed", "what"),
    [
        (["me"], "its own socket"),
        (["me", "b"], "another daemon"),
        (["a", "me", "b"], "2 other daemons"),
        (list("abcde"), "may pass 4"),
    ],
)
def test_a_circle_and_a_long_way_are_refused(passed: list[str], what: str) -> None:
    """With what closes it."""
    with pytest.raises(BadRequest, match=what) as caught:
        check_passed(passed, "me")
    assert caught.value.data["reason"] == "circle"
