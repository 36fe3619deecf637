"""Which hosts are this machine, and which are addresses."""

import pytest

from aircherd.vocabulary.hosts import host_to_resolve, is_ip_address, is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("api.localhost", True),
        ("a.b.LocalHost", True),
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("192.168.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address in test data
        ("127.1", False),
        ("localhost.example.com", False),
        ("mylocalhost", False),
        ("", False),
    ],
)
def test_loopback_is_decided_without_a_name_server(host: str, expected: bool) -> None:
    """An ambiguous notation of an address does not count."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("10.0.0.1", True), ("fe80::1", True), ("1.2.3.999", False), ("example.com", False)],
)
def test_addresses_are_distinguished_from_names(host: str, expected: bool) -> None:
    """IPv4 and IPv6."""
    assert is_ip_address(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("api.localhost", "localhost"),
        ("localhost", "localhost"),
        ("localhost.test", "localhost.test"),
    ],
)
def test_names_below_localhost_are_not_looked_up(host: str, expected: str) -> None:
    """A resolver that asks the DNS for them could return another machine."""
    assert host_to_resolve(host) == expected
