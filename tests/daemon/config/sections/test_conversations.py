"""`[conversations]`: what clients keep."""

import pytest

from aircherd.config.load import parse_config
from helpers.config_problems import problem


@pytest.mark.parametrize(
    ("text", "keep", "days"),
    [
        ("", True, 90),
        ("keep = false", False, 90),
        ("keep = true\nkeep_days = 1", True, 1),
        ("keep_days = 36500", True, 36_500),
        ("keep_days = false", True, None),
    ],
)
def test_the_section_is_read(text: str, keep: bool, days: int | None) -> None:
    """`false` keeps conversations until the user removes them."""
    found = parse_config(f"[conversations]\n{text}", file="f").conversations
    assert (found.keep, found.keep_days) == (keep, days)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("keep = 0", "keep", "must be true or false, not"),
        ('keep = "no"', "keep", "must be true or false, not"),
        ("keep_days = 0", "keep_days", "must be from 1 to 36500"),
        ("keep_days = 36501", "keep_days", "must be from 1 to 36500"),
        ("keep_days = true", "keep_days", "must be a whole number of days"),
        ('keep_days = "90"', "keep_days", "must be a whole number of days"),
        ("days = 3", "days", "unknown"),
    ],
)
def test_problems_are_reported_at_their_line(text: str, name: str, message: str) -> None:
    """With what would be right."""
    found = problem(f"[conversations]\n{text}")
    assert found[:2] == (2, f"conversations.{name}")
    assert message in found[2]
