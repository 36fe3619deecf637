"""Machines under several limits at once: nothing is exceeded, and nothing waits or starves."""

import pytest

from helpers.fleet.stress import stress

FOUND = (7, 20, 34, 124)
"""Seeds that have found requests that tried for good, or got nothing of what was left."""


@pytest.mark.parametrize("seed", FOUND)
def test_no_mix_of_limits_is_exceeded_or_left_unused(seed: int) -> None:
    """For more of them, see docs/contributing.md."""
    run = stress(seed)
    assert run.problems == [], run.plan
    assert run.sent
