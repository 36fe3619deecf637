"""The URL of an engine."""

import pytest

from aircherd.config.model import EngineAddress
from aircherd.config.problems import BadValue
from aircherd.config.sections.shared.engine_url import read_engine_url

CANARY = "sk-canary-0123456789abcdef0123456789"


@pytest.mark.parametrize(
    ("url", "address", "shown"),
    [
        (
            "redis://localhost",
            EngineAddress(scheme="redis", host="localhost"),
            "redis://localhost:6379",
        ),
        (
            "rediss://mine@Valkey.example.com:6380/2",
            EngineAddress(
                scheme="rediss", host="valkey.example.com", port=6380, user="mine", database=2
            ),
            "rediss://mine@valkey.example.com:6380/2",
        ),
        (
            "valkeys://[::1]:7000/",
            EngineAddress(scheme="valkeys", host="::1", port=7000),
            "valkeys://[::1]:7000",
        ),
        (
            "unix://mine@/run/valkey/valkey.sock",
            EngineAddress(scheme="unix", path="/run/valkey/valkey.sock", user="mine"),
            "unix://mine@/run/valkey/valkey.sock",
        ),
    ],
)
def test_address_is_read_and_shown(url: str, address: EngineAddress, shown: str) -> None:
    """What is shown can be read again."""
    assert read_engine_url(url) == address
    assert str(address) == shown
    assert read_engine_url(shown) == address


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "is empty"),
        (6379, "must be a string"),
        ("localhost:6379", "must begin with redis://"),
        ("http://localhost", "must begin with redis://"),
        ("REDIS://localhost", "must begin with redis://"),
        ("redis:localhost", "must begin with redis://"),
        ("redis://", "has no valid host or port"),
        ("redis://:6379", "has no valid host or port"),
        ("redis://h/..:1", "must end after the port"),
        ("redis://-h", "has no valid host or port"),
        ("redis://h:0", "has no valid host or port"),
        ("redis://h:70000", "is not a valid URL"),
        ("redis://h:x", "is not a valid URL"),
        ("redis://[::1", "is not a valid URL"),
        ("redis://h/first", "must end after the port"),
        ("redis://h/99999", "must end after the port"),
        ("redis://h?db=1", "must end before any ? or #"),
        ("redis://h/1#x", "must end before any ? or #"),
        ("redis://a b", "without spaces"),
        ("redis://hö", "plain ASCII"),
        ("redis://" + "h" * 3000, "more than 2048 characters"),
        ("redis://:secret@h", "must not contain a password"),
        ("redis://user:secret@h", "must not contain a password"),
        ("redis://user:@h", "must not contain a password"),
        ("unix://:secret@/run/x", "must not contain a password"),
        ("redis://@h", "has no valid user"),
        ("redis://a%20b@h", "has no valid user"),
        ("redis://a%3Asecret@h", "has no valid user"),
        ("unix://run/valkey.sock", "must be the path of a socket"),
        ("unix:///", "must be the path of a socket"),
        (f"rediss://{CANARY}@h", "a key does not belong in the config"),
    ],
)
def test_anything_else_is_refused(url: object, message: str) -> None:
    """Without repeating it: it may contain a password."""
    with pytest.raises(BadValue) as caught:
        read_engine_url(url)
    assert message in caught.value.message
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"
    assert CANARY not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "origin", "can_carry_password"),
    [
        ("redis://h", "redis://h:6379", False),
        ("valkey://me@h/3", "redis://h:6379", False),
        ("redis://localhost", "redis://localhost:6379", True),
        ("redis://[::1]", "redis://[::1]:6379", True),
        ("rediss://h", "rediss://h:6379", True),
        ("valkeys://h:1", "rediss://h:1", True),
        ("unix:///run/x", "unix:///run/x", True),
    ],
)
def test_password_is_bound_to_an_origin(url: str, origin: str, can_carry_password: bool) -> None:
    """It is sent only encrypted, or within this machine."""
    address = read_engine_url(url)
    assert (address.origin, address.can_carry_password) == (origin, can_carry_password)
