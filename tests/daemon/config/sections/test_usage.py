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


def test_time_zone_is_read() -> None:
    """By default it is that of the machine."""
    assert parse_config("", file="f").time_zone is None
    config = parse_config('[usage]\ntime_zone = "Europe/Berlin"', file="f")
    assert config.time_zone == "Europe/Berlin"


@pytest.mark.parametrize("value", ['"Mars/Base"', '"/etc/localtime"', "1", '""'])
def test_unknown_time_zone_is_reported_with_an_example(value: str) -> None:
    """At its line."""
    found = problem(f"[usage]\ntime_zone = {value}")
    assert found[:2] == (2, "usage.time_zone")


def test_on_failure_is_read() -> None:
    """Requests are served by default."""
    assert parse_config("", file="f").on_failure == "serve"
    config = parse_config('[usage]\nkeep_days = 400\non_failure = "refuse"', file="f")
    assert (config.keep_days, config.on_failure, config.refuses_unknown) == (400, "refuse", True)


def test_another_on_failure_is_reported_with_the_choices() -> None:
    """At its line."""
    found = problem('[usage]\non_failure = "ignore"')
    assert found[:2] == (2, "usage.on_failure")
    assert '"serve", "refuse"' in found[2]
