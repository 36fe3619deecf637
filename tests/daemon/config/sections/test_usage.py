import pytest

from aircherd.config.load import parse_config
from helpers.config_problems import problem


def test_keep_days_is_read() -> None:
    """Without it, attempts are kept forever."""
    assert parse_config("", file="f").keep_days is None
    assert parse_config("[usage]\nkeep_days = 400", file="f").keep_days == 400


@pytest.mark.parametrize(
    ("value", "message"),
    [("7", "must be from 32"), ("true", "must be a whole number"), ('"400"', "must be a whole")],
)
def test_invalid_keep_days_is_reported_at_its_line(value: str, message: str) -> None:
    """At least 32 days are needed for a month's limits."""
    found = problem(f"[usage]\nkeep_days = {value}")
    assert found[:2] == (2, "usage.keep_days")
    assert message in found[2]
