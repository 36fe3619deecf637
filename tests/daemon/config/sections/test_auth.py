"""`[auth]`: for how long keys are in memory."""

import pytest

from aircherd.config.load import parse_config
from aircherd.config.sections.auth import duration_text, read_duration
from helpers.config_problems import problem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("[auth]", None),
        ("[auth]\nlifetime = false", None),
        ('[auth]\nlifetime = "8h"', 28_800.0),
        ('[auth]\nlifetime = "30min"', 1800.0),
        ('[auth]\nlifetime = "365d"', 31_536_000.0),
        ('[auth]\nlifetime = "1s"', 1.0),
    ],
)
def test_lifetime_is_read(text: str, seconds: float | None) -> None:
    """Without one, keys stay in memory."""
    assert parse_config(text, file="f").auth.lifetime == seconds


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("8", "must be a time with its unit, not a number"),
        ("true", "must be a time with its unit, not true or false"),
        ('"8"', "is not a time with its unit"),
        ('"0h"', "is not a time with its unit"),
        ('"1.5h"', "is not a time with its unit"),
        ('"366d"', "is longer than a year"),
    ],
)
def test_invalid_lifetime_is_reported_at_its_line(value: str, message: str) -> None:
    """With an example: a bare number could be hours or seconds."""
    found = problem(f"[auth]\nlifetime = {value}")
    assert found[:2] == (2, "auth.lifetime")
    assert message in found[2]
    assert '"8h"' in found[2]


@pytest.mark.parametrize("text", ["45s", "90min", "8h", "7d"])
def test_a_time_is_shown_as_it_is_written(text: str) -> None:
    """In the largest unit that fits."""
    assert duration_text(read_duration(text)) == text
    assert duration_text(60 * 60 * 24.0) == "1d"


@pytest.mark.parametrize(
    ("text", "encrypt_with", "identity"),
    [
        ("", None, None),
        ("encrypt_with = false", "", None),
        ('encrypt_with = "systemd-creds"', "systemd-creds", None),
        ('encrypt_with = "age"\nage_identity = "id"', "age", "/home/of/id"),
        ('encrypt_with = "age"\nage_identity = "/token/id"', "age", "/token/id"),
    ],
)
def test_encryption_is_read(text: str, encrypt_with: str | None, identity: str | None) -> None:
    """The identity need not exist: it may be on a token."""
    found = parse_config(f"[auth]\n{text}", file="/home/of/config.toml").auth
    assert (found.encrypt_with, found.age_identity) == (encrypt_with, identity)


@pytest.mark.parametrize("value", ["true", '"gpg"', '""', "1"])
def test_unknown_encryption_is_reported(value: str) -> None:
    """With those that there are."""
    found = problem(f"[auth]\nencrypt_with = {value}")
    assert 'must be one of "systemd-creds", "age"' in str(found)


def test_identity_of_an_unknown_user_is_reported() -> None:
    """`~name` has no meaning then."""
    found = problem('[auth]\nage_identity = "~nosuchuser-x/id"')
    assert "names the home of a user that does not exist" in str(found)
