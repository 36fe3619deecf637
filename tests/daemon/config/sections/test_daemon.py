"""`[daemon]`: when an unused daemon ends."""

import pytest

from aircherd.config.load import parse_config
from helpers.config_problems import problem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 3600.0),
        ("[daemon]", 3600.0),
        ("[daemon]\nidle_exit = 20", 20.0),
        ("[daemon]\nidle_exit = 90.5", 90.5),
        ("[daemon]\nidle_exit = false", None),
        ("[daemon]\nidle_exit = 0", None),
        ("[daemon]\nidle_exit = 0.0", None),
    ],
)
def test_idle_exit_is_read(text: str, seconds: float | None) -> None:
    """It is in seconds; false and 0 mean never."""
    assert parse_config(text, file="f").daemon.idle_exit == seconds


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("true", "must be a number of seconds"),
        ('"1h"', "must be a number of seconds"),
        ("5", "must be from 20 to"),
        ("-1", "must be from 20 to"),
        ("1e12", "must be from 20 to"),
        ("nan", "must be from 20 to"),
        ("inf", "must be from 20 to"),
    ],
)
def test_invalid_idle_exit_is_reported_at_its_line(value: str, message: str) -> None:
    """With a shorter time, systemd would refuse to start it again so soon."""
    found = problem(f"[daemon]\nidle_exit = {value}")
    assert found[:2] == (2, "daemon.idle_exit")
    assert message in found[2]
