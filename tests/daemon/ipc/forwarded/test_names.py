"""The names of clients on other machines."""

import pytest

from aircherd.ipc.forwarded.names import UNKNOWN_HOST, clean_host, name_at
from aircherd.vocabulary.hosts import host_of


@pytest.mark.parametrize(
    ("said", "host"),
    [
        ("buildbox", "buildbox"),
        ("Build-Box.example.org", "build-box.example.org"),
        ("  10.0.0.7 ", "10.0.0.7"),
        ("fe80::1", "fe80::1"),
        ("me@laptop", "me-laptop"),
        ("a\x1b[31m\nb", "a-31m-b"),
        ("bücher", "b-cher"),
        ("", UNKNOWN_HOST),
        ("x" * 300, "x" * 64),
    ],
)
def test_a_host_is_cleaned(said: str, host: str) -> None:
    """It has no `@`, no control characters, and a bound."""
    assert clean_host(said) == host


def test_the_host_follows_the_last_at() -> None:
    """So a client that has one in its name is still counted for its own host."""
    name = name_at("vim@laptop", "buildbox")

    assert (name, host_of(name)) == ("vim@laptop@buildbox", "buildbox")
    assert [host_of("vim"), host_of("vim@"), host_of("@buildbox")] == [None, None, None]


def test_a_name_can_be_shown() -> None:
    """It is in lists of this machine, where it must not begin a line or control a terminal."""
    assert name_at("vim\n\x1b[2J\u202e", "buildbox") == "vim??[2J?@buildbox"
