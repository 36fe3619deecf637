"""The status of an error where clients repeat every 5xx."""

import pytest

from aircherd.http_api.problem import Problem, final_status


@pytest.mark.parametrize(
    ("status", "may_retry", "final"),
    [(503, False, 424), (500, False, 424), (503, True, 503), (429, False, 429), (400, False, 400)],
)
def test_the_status_once_nothing_is_left_to_try(status: int, may_retry: bool, final: int) -> None:
    """What may be asked again keeps it, and so do errors of the client."""
    problem = Problem(
        kind="unavailable", status=status, code="network", message="a", may_retry=may_retry
    )
    assert final_status(status, problem) == final
